// A server and a client that use Multipath TCP, or TCP where the system lacks it.
//
//   node examples/mptcp.ts
import * as posix from "berkeley/posix";

const { AF, IPPROTO, SOCK } = posix;

using listener = streamSocket();
posix.bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
posix.listen(listener, 16);
using client = streamSocket();
posix.connect(client, posix.getsockname(listener));
using server = posix.accept(listener).socket;
posix.send(client, Buffer.from("hello"));
const buffer = Buffer.alloc(100);
console.log(`${protocol(server)}: ${buffer.toString("utf8", 0, posix.recv(server, buffer))}`);

/** MPTCP is a protocol argument of socket(). With a peer that lacks it, the kernel uses TCP. */
function streamSocket(): posix.Socket {
  const multipath = posix.trySocket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP);
  if (multipath.ok) return multipath.value;
  if (multipath.error.name !== "ProtocolNotSupported") throw multipath.error;
  return posix.socket(AF.INET, SOCK.STREAM);
}

function protocol({ protocol }: posix.Socket): string {
  return protocol === IPPROTO.MPTCP ? "MPTCP" : "TCP";
}
