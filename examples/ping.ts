// Sends an ICMP echo request and prints the round-trip time. A raw socket needs CAP_NET_RAW, a
// datagram socket (which strips the IP header) a group in net.ipv4.ping_group_range.
//
//   node examples/ping.ts 127.0.0.1
import { AF, IPPROTO, recv, SO, SOCK, sendto, setsockopt, trySocket } from "berkeley/posix";

const ECHO = 8;
const ECHO_REPLY = 0;
const [address = "127.0.0.1"] = process.argv.slice(2);

const raw = trySocket(AF.INET, SOCK.RAW, IPPROTO.ICMP);
const made = raw.ok ? raw : trySocket(AF.INET, SOCK.DGRAM, IPPROTO.ICMP);
if (!made.ok) throw raw.ok ? made.error : raw.error;
using pinger = made.value;
setsockopt(pinger, SO.RCVTIMEO, 1000);

const echo = Buffer.from([ECHO, 0, 0, 0, 0, 0, 0, 1, ...Buffer.from("berkeley")]);
echo.writeUInt16BE(process.pid & 0xffff, 4);
echo.writeUInt16BE(checksum(echo), 2);
const start = performance.now();
sendto(pinger, echo, 0, { family: "ipv4", address, port: 0 });

const packet = Buffer.alloc(1500);
for (let type = ECHO, same = false; type !== ECHO_REPLY || !same; ) {
  const received = packet.subarray(0, recv(pinger, packet));
  const reply = received.subarray(raw.ok ? ((received[0] ?? 0) & 15) * 4 : 0);
  type = reply[0] ?? ECHO;
  same =
    reply.subarray(8).equals(echo.subarray(8)) && (!raw.ok || reply.readUInt16BE(4) === echo.readUInt16BE(4));
}
console.log(`${address} answered a ${raw.ok ? "raw" : "datagram"} socket in ${performance.now() - start} ms`);

/** RFC 1071: the ones' complement of the ones' complement sum of the words. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
