// Writes a line to the system log, as syslog(3) does: a datagram to the daemon's unix socket.
//
//   node examples/syslog.ts "disk is nearly full" [/dev/log]
import { AF, connect, SOCK, send, socket } from "berkeley/posix";

const LOG_USER = 1;
const LOG_WARNING = 4;

const [text = "hello", path = "/dev/log"] = process.argv.slice(2);
using log = socket(AF.UNIX, SOCK.DGRAM);
connect(log, { family: "unix", path });
send(
  log,
  Buffer.from(`<${LOG_USER * 8 + LOG_WARNING}>${timestamp(new Date())} example[${process.pid}]: ${text}`),
);

/** RFC 3164: `Feb  7 09:03:12`, local time, the day padded with a space. */
function timestamp(now: Date): string {
  const [, month, , , time] = now.toString().split(" ");
  return `${month} ${String(now.getDate()).padStart(2)} ${time}`;
}
