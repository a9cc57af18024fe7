// Run in its own network namespace, with different limits for incomplete connections
// (tcp_max_syn_backlog) and complete ones (somaxconn).
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { ip } from "../../test/network-namespace.ts";
import { acceptQueue, effectiveBacklog } from "./accept-queue.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { sendto } from "./sendto.ts";
import { socket } from "./socket.ts";

ip("link set lo up");
// Peers that never answer: no other host on this link has an address.
ip("link add silent0 type veth peer name silent1");
ip("addr add 10.9.0.1/16 dev silent0");
ip("link set silent0 up");
ip("link set silent1 up");
const set = (setting: string, value: number) => writeFileSync(`/proc/sys/net/${setting}`, String(value));
// With SYN cookies, incomplete connections are not limited.
set("ipv4/tcp_syncookies", 0);

using raw = socket(AF.INET, SOCK.RAW, IPPROTO.RAW);

/** A peer's SYN, each from another address (RFC 9293, 3.1). */
function syn(peer: number, port: number): void {
  const packet = Buffer.alloc(40);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.byteLength, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(IPPROTO.TCP, 9);
  packet.set([10, 9, 1 + (peer >> 8), peer & 0xff], 12);
  packet.set([10, 9, 0, 1], 16);
  packet.writeUInt16BE(1024 + peer, 20);
  packet.writeUInt16BE(port, 22);
  packet.writeUInt8(0x50, 32);
  packet.writeUInt8(0x02, 33);
  packet.writeUInt16BE(1024, 34);
  packet.writeUInt16BE(checksum(packet), 36);
  sendto(raw, packet, 0, { family: "ipv4", address: "10.9.0.1", port: 0 });
}

/** The checksum of the segment and its pseudo-header: addresses, protocol and length. */
function checksum(packet: Buffer): number {
  let sum = IPPROTO.TCP + 20;
  for (let at = 12; at < 40; at += 2) sum += packet.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** How many connections of a port are in SYN_RECV: state 03 of /proc/net/tcp (proc_net_tcp.rst). */
function incomplete(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return lines.filter(([, here, , state]) => here?.endsWith(local) === true && state === "03").length;
}

function listener(): { server: Socket; port: number } {
  const server = socket(AF.INET, SOCK.STREAM);
  bind(server, { family: "ipv4", address: "10.9.0.1", port: 0 });
  listen(server, 1000);
  const name = getsockname(server);
  assert.ok(name.family === "ipv4");
  return { server, port: name.port };
}

// tcp_conn_request in net/ipv4/tcp_input.c reserves the last quarter for known peers.
for (const [limit, kept] of [
  [16, 13],
  [64, 49],
] as const) {
  set("core/somaxconn", 500);
  set("ipv4/tcp_max_syn_backlog", limit);
  const { server, port } = listener();
  for (let peer = 0; peer < 100; peer++) syn(peer, port);
  assert.equal(incomplete(port), kept, `tcp_max_syn_backlog is ${limit}`);
  assert.equal(effectiveBacklog(server), 500, "and somaxconn is what it was");
  assert.deepEqual(acceptQueue(server), { pending: 0, limit: 500 });
  close(server);
}

set("core/somaxconn", 3);
set("ipv4/tcp_max_syn_backlog", 512);
const { server } = listener();
assert.equal(effectiveBacklog(server), 3);
const clients: Socket[] = [];
for (let count = 0; count < 4; count++) {
  const client = socket(AF.INET, SOCK.STREAM);
  connect(client, getsockname(server));
  clients.push(client);
}
// The queue of complete connections holds one more than its limit.
assert.deepEqual(acceptQueue(server), { pending: 4, limit: 3 });
using late = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
const result = tryConnect(late, getsockname(server));
assert.ok(!result.ok && result.error.name === "ConnectionPending");
assert.deepEqual(acceptQueue(server), { pending: 4, limit: 3 });
for (const each of [...clients, server]) close(each);
