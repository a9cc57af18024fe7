import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { socket, trySocket } from "./socket.ts";

// Run in its own network namespace, where at first no group may create ping sockets, and then
// root's may.
writeFileSync("/proc/sys/net/ipv4/ping_group_range", "1 0");
assertFails(trySocket(AF.INET, SOCK.DGRAM, IPPROTO.ICMP), "AccessDenied", "EACCES");
writeFileSync("/proc/sys/net/ipv4/ping_group_range", "0 0");
socket(AF.INET, SOCK.DGRAM, IPPROTO.ICMP)[Symbol.dispose]();

writeFileSync("/proc/sys/net/mptcp/enabled", "0");
assertFails(trySocket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP), "ProtocolNotSupported", "ENOPROTOOPT");
