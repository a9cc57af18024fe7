import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls, message, valueResult } from "../../../test/simulated/calls.ts";
import { readCmsgs } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { Network } from "../network/network.ts";

const { AF, MSG, POLL, SHUT, SOCK } = constants;

/** Two hosts, and a network whose time has not advanced yet. */
function pair(conditions = {}) {
  const network = new Network({ seed: 1, conditions });
  const one = network.host("one", { addresses: ["10.0.0.1", "fd00::1"] });
  const other = network.host("other", { addresses: ["10.0.0.2", "fd00::2"] });
  return { network, one, other, a: new Calls(one.system), b: new Calls(other.system) };
}

const udp = (calls: Calls, family = AF.INET) => calls.system.socket(family, SOCK.DGRAM, 0, 2);

test("a datagram arrives after the latency of the link", () => {
  const { network, one, other, a, b } = pair();
  network.link(one, other, { latency: "20ms" });
  const [client, server] = [udp(a), udp(b)];
  assert.equal(b.bind(server, "10.0.0.2:53"), 0);
  assert.equal(a.sendTo(client, "hello", "10.0.0.2:53"), 5);
  assert.equal(b.recv(server), -errnos.EAGAIN);
  network.clock.advanceTo(19_999_999);
  assert.equal(b.recv(server), -errnos.EAGAIN);
  network.clock.advanceTo(20_000_000);
  assert.deepEqual(b.recvFrom(server), ["hello", String(a.name(client)).replace("0.0.0.0", "10.0.0.1")]);
});

test("a blocking recv() advances the network until the datagram is there", () => {
  const { network, one, other, a, b } = pair();
  network.link(one, other, { latency: "1h" });
  const server = b.system.socket(AF.INET, SOCK.DGRAM, 0, 0);
  b.bind(server, "0.0.0.0:53");
  const client = udp(a);
  a.sendTo(client, "late", "10.0.0.2:53");
  assert.equal(b.recv(server), "late");
  assert.equal(network.clock.now, 3_600e9);
});

test("a call that can never return fails with a report of who waits for what", () => {
  const { a } = pair();
  const socket = a.system.socket(AF.INET, SOCK.DGRAM, 0, 0);
  a.bind(socket, "10.0.0.1:53");
  assert.throws(() => a.recv(socket), {
    name: "Deadlock",
    message: /one blocks forever in recv\(\) on udp 10\.0\.0\.1:53: nothing is due/,
  });
});

test("SO_RCVTIMEO ends a blocking recv() in virtual time", () => {
  const { network, a } = pair();
  const socket = a.system.socket(AF.INET, SOCK.DGRAM, 0, 0);
  const timeval = new Uint8Array(16);
  new DataView(timeval.buffer).setUint32(0, 90, true);
  const { level, number } = options.SO_RCVTIMEO;
  assert.equal(a.system.setsockopt(socket, level, number, valueResult(timeval)), 0);
  assert.equal(a.recv(socket), -errnos.EAGAIN);
  assert.equal(network.clock.now, 90e9);
});

test("on loopback, a datagram is there when sendto() returns", () => {
  const { a } = pair();
  const [one, other] = [udp(a), udp(a, AF.INET6)];
  a.bind(other, "[::]:7");
  assert.equal(a.sendTo(one, "x", "127.0.0.1:7"), 1);
  assert.equal(a.poll(other, POLL.IN), POLL.IN);
  assert.match(String(a.recvFrom(other)), /^x,\[::ffff:127\.0\.0\.1\]:\d+$/);
});

test("a closed port answers with ECONNREFUSED, to a connected socket only", () => {
  const { network, a } = pair();
  const [connected, free] = [udp(a), udp(a)];
  a.connect(connected, "10.0.0.2:9");
  assert.equal(a.send(connected, "x"), 1);
  assert.equal(a.sendTo(free, "x", "10.0.0.2:9"), 1);
  network.clock.advanceTo(1);
  assert.equal(a.poll(connected, POLL.IN), POLL.ERR);
  assert.equal(a.recv(connected), -errnos.ECONNREFUSED);
  assert.equal(a.recv(connected), -errnos.EAGAIN);
  assert.equal(a.recv(free), -errnos.EAGAIN);
});

test("IP_RECVERR queues the error with the datagram that it is about", () => {
  const { network, a } = pair();
  const socket = udp(a);
  a.setInt(socket, options.IP_RECVERR, 1);
  a.sendTo(socket, "lost", "10.0.0.2:9");
  network.clock.advanceTo(1);
  assert.equal(a.recv(socket), -errnos.ECONNREFUSED);
  const buffer = new Uint8Array(16);
  const control = valueResult(new Uint8Array(0), 256);
  control.length = 256;
  const received = message({ data: [buffer], control });
  assert.equal(a.system.recvmsg(socket, received, MSG.ERRQUEUE), 4);
  assert.equal(received.flags, MSG.ERRQUEUE);
  const [cmsg] = readCmsgs(control.valid, a.system).cmsgs;
  // ee_errno, ee_origin ICMP, ee_type 3, ee_code 3.
  assert.deepEqual([...(cmsg?.data.subarray(0, 7) ?? [])], [errnos.ECONNREFUSED, 0, 0, 0, 2, 3, 3]);
  assert.deepEqual([...(cmsg?.data.subarray(20, 24) ?? [])], [10, 0, 0, 2]);
});

test("a datagram larger than the MTU is fragmented, unless that is forbidden", () => {
  const { network, a, b } = pair();
  const server = udp(b);
  b.bind(server, "10.0.0.2:53");
  const client = udp(a);
  assert.equal(a.sendTo(client, "x".repeat(5_000), "10.0.0.2:53"), 5_000);
  network.clock.advanceTo(1);
  assert.equal(String(b.recv(server)).length, 5_000);
  a.setInt(client, options.IP_MTU_DISCOVER, 2);
  assert.equal(a.sendTo(client, "x".repeat(5_000), "10.0.0.2:53"), -errnos.EMSGSIZE);
  assert.equal(a.sendTo(client, "x".repeat(1_472), "10.0.0.2:53"), 1_472);
  assert.equal(a.sendTo(client, "x".repeat(1_473), "10.0.0.2:53"), -errnos.EMSGSIZE);
});

test("a full receive buffer drops datagrams, and SO_RXQ_OVFL counts them", () => {
  const { a } = pair();
  const [one, other] = [udp(a), udp(a)];
  a.bind(other, "127.0.0.1:7");
  a.setInt(other, options.SO_RCVBUF, 1);
  for (let count = 0; count < 10; count += 1) a.sendTo(one, "x", "127.0.0.1:7");
  let received = 0;
  while (typeof a.recv(other) === "string") received += 1;
  // 2304 bytes hold two of 832, as on Linux 6.18.
  assert.equal(received, 2);
});

test("SO_REUSEPORT spreads peers over sockets, and a peer stays with its socket", () => {
  const { a } = pair();
  const servers = [0, 1, 2].map(() => {
    const server = udp(a);
    a.setInt(server, options.SO_REUSEPORT, 1);
    assert.equal(a.bind(server, "127.0.0.1:7"), 0);
    return server;
  });
  const clients = Array.from({ length: 30 }, () => udp(a));
  for (const client of [...clients, ...clients]) a.sendTo(client, "x", "127.0.0.1:7");
  const counts = servers.map((server) => {
    let count = 0;
    while (typeof a.recv(server) === "string") count += 1;
    return count;
  });
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    60,
  );
  assert.ok(
    counts.every((count) => count > 0 && count % 2 === 0),
    String(counts),
  );
});

test("shutdown() of an unconnected socket fails, but still shuts it down", () => {
  const { a } = pair();
  const socket = udp(a);
  assert.equal(a.system.shutdown(socket, SHUT.RDWR), -errnos.ENOTCONN);
  assert.equal(a.sendTo(socket, "x", "127.0.0.1:7"), -errnos.EPIPE);
  assert.ok(a.poll(socket) & POLL.HUP);
});

test("connect() to AF_UNSPEC forgets the peer, and a port that bind() did not choose", () => {
  const { a } = pair();
  const socket = udp(a);
  a.connect(socket, "10.0.0.2:9");
  assert.equal(a.peer(socket), "10.0.0.2:9");
  assert.equal(a.system.connect(socket, valueResult(new Uint8Array(16))), 0);
  assert.equal(a.peer(socket), -errnos.ENOTCONN);
  assert.equal(a.name(socket), "0.0.0.0:0");
});

test("multicast reaches the sockets that joined, on every host, and loops back", () => {
  const { network, a, b } = pair();
  const join = (calls: Calls, fd: number, from: string) => {
    const mreq = new Uint8Array([239, 1, 2, 3, ...from.split(".").map(Number)]);
    const { level, number } = options.IP_ADD_MEMBERSHIP;
    return calls.system.setsockopt(fd, level, number, valueResult(mreq));
  };
  const [sender, here, there, deaf] = [udp(a), udp(a), udp(b), udp(b)];
  for (const [calls, fd] of [
    [a, here],
    [b, there],
    [b, deaf],
  ] as const) {
    calls.setInt(fd, options.SO_REUSEADDR, 1);
    calls.bind(fd, "0.0.0.0:7");
  }
  b.setInt(deaf, options.IP_MULTICAST_ALL, 0);
  assert.equal(join(a, here, "10.0.0.1"), 0);
  assert.equal(join(a, here, "10.0.0.1"), -errnos.EADDRINUSE);
  assert.equal(join(b, there, "0.0.0.0"), 0);
  assert.equal(a.sendTo(sender, "all", "239.1.2.3:7"), 3);
  network.clock.advanceTo(1);
  assert.deepEqual([a.recv(here), b.recv(there), b.recv(deaf)], ["all", "all", -errnos.EAGAIN]);
});

test("broadcast needs SO_BROADCAST, and reaches every host", () => {
  const { network, a, b } = pair();
  const [sender, there] = [udp(a), udp(b)];
  b.bind(there, "0.0.0.0:7");
  assert.equal(a.sendTo(sender, "all", "10.0.0.255:7"), -errnos.EACCES);
  a.setInt(sender, options.SO_BROADCAST, 1);
  assert.equal(a.sendTo(sender, "all", "10.0.0.255:7"), 3);
  network.clock.advanceTo(1);
  assert.equal(b.recv(there), "all");
});

test("an IPv6 socket that is bound to an IPv4 address stays with IPv4, and V6ONLY with IPv6", () => {
  const { a } = pair();
  const mapped = udp(a, AF.INET6);
  a.bind(mapped, "[::ffff:127.0.0.1]:7");
  assert.equal(a.sendTo(mapped, "x", "[::1]:9"), -errnos.EAFNOSUPPORT);
  assert.equal(a.connect(mapped, "[::1]:9"), -errnos.EAFNOSUPPORT);
  const only = udp(a, AF.INET6);
  a.setInt(only, options.IPV6_V6ONLY, 1);
  assert.equal(a.sendTo(only, "x", "127.0.0.1:9"), -errnos.ENETUNREACH);
  assert.equal(a.connect(only, "127.0.0.1:9"), -errnos.EAFNOSUPPORT);
});

test("UDP_GRO joins datagrams that were sent as one, and tells their length", () => {
  const { a } = pair();
  const [one, other] = [udp(a), udp(a)];
  a.bind(other, "127.0.0.1:7");
  a.setInt(other, options.UDP_GRO, 1);
  a.setInt(one, options.UDP_SEGMENT, 100);
  assert.equal(a.sendTo(one, "x".repeat(250), "127.0.0.1:7"), 250);
  const control = valueResult(new Uint8Array(64));
  assert.equal(a.system.recvmsg(other, message({ data: [new Uint8Array(1_000)], control }), 0), 250);
  const [cmsg] = readCmsgs(control.valid, a.system).cmsgs;
  assert.deepEqual([cmsg?.level, cmsg?.number, cmsg?.data[0]], [17, 104, 100]);
});
