import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { assertFails } from "../../test/conformance.ts";
import {
  ICMPV6_DEST_UNREACH,
  icmpErrors,
  nextPacket,
  packetsOf,
  sendIcmp,
  sendIcmpv6,
} from "../../test/icmp.ts";
import { ip } from "../../test/network-namespace.ts";
import type { Result } from "../errors/result.ts";
import { IP } from "../options/ip.ts";
import { IPV6 } from "../options/ipv6.ts";
import { TCP } from "../options/tcp.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, IPPROTO, POLL, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { type RecvError, tryRecv } from "./recv.ts";
import { tryRecvfrom } from "./recvfrom.ts";
import { type SendError, send, trySend } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace by recv.test.ts and recvfrom.test.ts.
ip("link set lo up");
const bytes = Buffer.from("hello");

/**
 * A UDP socket that is connected to another on the loopback interface, and asks for every error
 * (IP_RECVERR).
 */
function connectedUdp(domain: number, address: string): { client: Socket; from: number; to: number } {
  const peer = socket(domain, SOCK.DGRAM);
  bind(peer, { family: domain === AF.INET ? "ipv4" : "ipv6", address, port: 0 });
  const client = socket(domain, SOCK.DGRAM);
  connect(client, getsockname(peer));
  setsockopt(client, domain === AF.INET ? IP.RECVERR : IPV6.RECVERR, true);
  const to = portOf(peer);
  close(peer);
  return { client, from: portOf(client), to };
}

// Routers reported an error about an earlier message (icmp_err_convert in net/ipv4/icmp.c).
using packets = packetsOf(IPPROTO.UDP);
const { client } = connectedUdp(AF.INET, "127.0.0.1");
send(client, bytes);
const packet = nextPacket(packets);
poll([{ socket: client, events: 0 }], 5000);
assertFails(tryRecv(client, bytes), "ConnectionRefused", "ECONNREFUSED");
for (const [type, code, name, errno] of icmpErrors) {
  for (const call of [tryRecv, tryRecvfrom]) {
    sendIcmp(type, code, packet);
    assert.equal(poll([{ socket: client, events: 0 }], 5000)[0]?.revents, POLL.ERR);
    assertFails(call(client, bytes), name, errno);
  }
}
close(client);

// The same for IPv6 (icmpv6_err_convert in net/ipv6/icmp.c): code 1 is "administratively
// prohibited".
const over6 = connectedUdp(AF.INET6, "::1");
for (const [code, name, errno] of [
  [0, "NetworkUnreachable", "ENETUNREACH"],
  [1, "AccessDenied", "EACCES"],
  [3, "HostUnreachable", "EHOSTUNREACH"],
  [4, "ConnectionRefused", "ECONNREFUSED"],
] as const) {
  sendIcmpv6(ICMPV6_DEST_UNREACH, code, over6);
  assert.equal(poll([{ socket: over6.client, events: 0 }], 5000)[0]?.revents, POLL.ERR);
  assertFails(tryRecv(over6.client, bytes), name, errno);
}
close(over6.client);

// The administrator kills a connection (ss(8), --kill; tcp_abort in net/ipv4/tcp.c).
const calls: ((socket: Socket) => Result<number, RecvError | SendError>)[] = [
  (socket) => tryRecv(socket, bytes),
  (socket) => trySend(socket, bytes),
];
for (const call of calls) {
  using server = socket(AF.INET, SOCK.STREAM);
  listen(server, 1);
  using ended = socket(AF.INET, SOCK.STREAM);
  connect(ended, { family: "ipv4", address: "127.0.0.1", port: portOf(server) });
  spawnSync("ss", ["-tK", "sport", "=", `:${portOf(ended)}`]);
  // Not every machine has ss(8), nor every kernel CONFIG_INET_DIAG_DESTROY.
  if (poll([{ socket: ended, events: 0 }], 0).length > 0)
    assertFails<RecvError | SendError>(call(ended), "ConnectionAborted", "ECONNABORTED");
}

// The peer stops answering; TCP_USER_TIMEOUT ends the connection (tcp(7)).
using server = socket(AF.INET, SOCK.STREAM);
listen(server, 1);
using patient = socket(AF.INET, SOCK.STREAM);
connect(patient, { family: "ipv4", address: "127.0.0.1", port: portOf(server) });
using accepted = accept(server).socket;
assert.ok(!accepted.closed);
setsockopt(patient, TCP.USER_TIMEOUT, 1);
ip("link set lo down");
send(patient, bytes);
assertFails(tryRecv(patient, bytes), "ConnectionTimedOut", "ETIMEDOUT");

// The interface of a packet socket goes down (packet(7)).
ip("link add v0 type veth peer name v1");
ip("link set v0 up");
using frames = socket(AF.PACKET, SOCK.DGRAM);
const link = new Uint8Array(18);
new DataView(link.buffer).setUint16(0, 0x0003);
new DataView(link.buffer).setInt32(2, frames.system.if_nametoindex("v0"), true);
bind(frames, { family: "unknown", number: AF.PACKET, data: link });
ip("link set v0 down");
assertFails(tryRecv(frames, bytes), "NetworkSubsystemFailed", "ENETDOWN");

function portOf(bound: Socket): number {
  const address = getsockname(bound);
  assert.ok("port" in address);
  return address.port;
}
