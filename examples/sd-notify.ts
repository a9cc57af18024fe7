// Notifies the service manager that this service is ready, as sd_notify(3) does. systemd sets
// NOTIFY_SOCKET for a service of Type=notify.
//
//   NOTIFY_SOCKET=/run/example.sock node examples/sd-notify.ts
import { AF, bind, getsockname, listen, SOCK, sendto, socket } from "berkeley/posix";

using server = socket(AF.INET, SOCK.STREAM);
bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
listen(server, 16);
const address = JSON.stringify(getsockname(server));
console.log(
  notify(`READY=1\nSTATUS=Listening on ${address}\n`) ? "notified the service manager" : "no service manager",
);

/** Returns false if no service manager asked for notifications. */
function notify(state: string): boolean {
  const { NOTIFY_SOCKET } = process.env;
  if (!NOTIFY_SOCKET) return false;
  // A leading @ stands for the NUL byte of an abstract name.
  const path = NOTIFY_SOCKET.replace(/^@/, "\0");
  using notifier = socket(AF.UNIX, SOCK.DGRAM);
  sendto(notifier, Buffer.from(state), 0, { family: "unix", path });
  return true;
}
