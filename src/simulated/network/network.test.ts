import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../../test/simulated/calls.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { SimulatedHost } from "../host/simulated-host.ts";
import type { LinkConditions } from "./link.ts";
import { Network } from "./network.ts";
import { bitsPerSecond, nanoseconds } from "./units.ts";

const { AF, POLL, SOCK } = constants;

const udp = (host: SimulatedHost, port = 0): number => {
  const calls = new Calls(host.system);
  const fd = host.system.socket(AF.INET, SOCK.DGRAM, 0, 2);
  if (port !== 0) assert.equal(calls.bind(fd, `0.0.0.0:${port}`), 0);
  return fd;
};

/** Sends numbered datagrams over a link, and returns what arrives when, in milliseconds. */
function sent(count: number, conditions: LinkConditions, seed = 1) {
  const network = new Network({ seed });
  const [one, other] = [network.host("one"), network.host("other")];
  network.link(one, other, conditions);
  const [from, to] = [udp(one), udp(other, 9)];
  const [a, b] = [new Calls(one.system), new Calls(other.system)];
  const arrivals: [at: number, data: string][] = [];
  for (let index = 0; index < count; index += 1) a.sendTo(from, String(index), `${other.addresses[0]}:9`);
  while (network.clock.runNext()) {
    for (let data = b.recv(to); typeof data === "string"; data = b.recv(to))
      arrivals.push([network.clock.now / 1e6, data]);
  }
  return { arrivals, order: arrivals.map(([, data]) => Number(data)), network };
}

const ascending = (numbers: readonly number[]) =>
  numbers.every((one, at) => at === 0 || one > (numbers[at - 1] ?? 0));

test("loss, duplication and corruption come as often as they should", () => {
  const lost = sent(2_000, { loss: 0.1 }).order.length;
  assert.ok(lost > 1_730 && lost < 1_870, String(lost));
  const twice = sent(2_000, { duplicate: 0.1, rate: "1Gbit/s", queue: 5_000 }).order.length;
  assert.ok(twice > 2_130 && twice < 2_270, String(twice));
  const { order, network } = sent(2_000, { corrupt: 0.1 });
  assert.ok(order.length > 1_730 && order.length < 1_870, String(order.length));
  const other = [...network.hosts][1];
  assert.equal(other?.counters.get("Udp.InCsumErrors"), 2_000 - order.length);
  assert.equal(sent(10, { loss: 1 }).order.length, 0);
});

test("jitter delays, and does not reorder; reorder does", () => {
  const { arrivals, order } = sent(200, { latency: "10ms", jitter: "5ms" });
  assert.ok(ascending(order));
  assert.ok(arrivals.every(([at]) => at >= 10 && at <= 15));
  const overtaken = sent(200, { latency: "10ms", reorder: 0.1 }).order;
  assert.equal(overtaken.length, 200);
  assert.ok(!ascending(overtaken));
});

test("a rate spaces packets, and a full queue drops them", () => {
  // 28 bytes of headers and one of data are 232 bits.
  const { arrivals } = sent(5, { rate: "232kbit/s" });
  assert.deepEqual(
    arrivals.map(([at]) => at),
    [1, 2, 3, 4, 5],
  );
  // One packet is on the link, and two wait.
  assert.deepEqual(sent(5, { rate: "232kbit/s", queue: 2 }).order, [0, 1, 2]);
});

test("equal seeds give equal runs, other seeds others", () => {
  const conditions = { latency: "10ms", jitter: "5ms", loss: 0.1, duplicate: 0.05, reorder: 0.1 } as const;
  const [one, same, other] = [1, 1, 2].map((seed) => sent(100, conditions, seed).network.trace.digest);
  assert.equal(one, same);
  assert.notEqual(one, other);
});

test("packets travel over hosts that forward, and no others", () => {
  const network = new Network({ seed: 1, meshed: false });
  const [client, router, server] = [
    network.host("client"),
    network.host("router", { forwards: true }),
    network.host("server"),
  ];
  network.link(client, router, { latency: "10ms" });
  network.link(router, server, { latency: "10ms" });
  const [a, b] = [new Calls(client.system), new Calls(server.system)];
  const [from, to] = [udp(client), udp(server, 9)];
  a.setInt(from, options.IP_RECVERR, 1);
  a.sendTo(from, "x", `${server.addresses[0]}:9`);
  network.clock.advanceTo(20e6);
  assert.equal(b.recv(to), "x");
  // A TTL of 1 ends at the router, which says so.
  a.setInt(from, options.IP_TTL, 1);
  a.sendTo(from, "x", `${server.addresses[0]}:9`);
  network.clock.advanceTo(40e6);
  assert.equal(a.recv(from), -errnos.EHOSTUNREACH);
  router.sysctl("net.ipv4.ip_forward", 0);
  router.sysctl("net.ipv6.conf.all.forwarding", 0);
  assert.equal(a.sendTo(from, "x", "192.168.0.1:9"), -errnos.ENETUNREACH);
});

test("a narrow link behind a router shrinks the path MTU", () => {
  const network = new Network({ seed: 1 });
  const [client, router, server] = [
    network.host("client"),
    network.host("router", { forwards: true }),
    network.host("server"),
  ];
  network.link(client, router);
  network.link(router, server, { mtu: 1_000 });
  const [a, b] = [new Calls(client.system), new Calls(server.system)];
  const [from, to] = [udp(client), udp(server, 9)];
  a.connect(from, `${server.addresses[0]}:9`);
  assert.equal(a.getInt(from, options.IP_MTU), 1_500);
  a.send(from, "x".repeat(1_400));
  network.clock.advanceTo(1);
  assert.equal(b.recv(to), -errnos.EAGAIN);
  // IP_PMTUDISC_WANT reports it once, and fragments from then on.
  assert.equal(a.send(from, "x".repeat(1_400)), -errnos.EMSGSIZE);
  assert.equal(a.getInt(from, options.IP_MTU), 1_000);
  a.send(from, "x".repeat(1_400));
  network.clock.advanceTo(2);
  assert.equal(String(b.recv(to)).length, 1_400);
});

test("partitions drop or reject, in both directions or one, until healed", () => {
  const network = new Network({ seed: 1 });
  const [one, other] = [network.host("one"), network.host("other")];
  const [a, b] = [new Calls(one.system), new Calls(other.system)];
  const [here, there] = [udp(one, 9), udp(other, 9)];
  const arrives = () => {
    a.sendTo(here, "x", `${other.addresses[0]}:9`);
    b.sendTo(there, "y", `${one.addresses[0]}:9`);
    network.clock.advanceTo(network.clock.now + 1);
    return [b.recv(there) === "x", a.recv(here) === "y"];
  };
  assert.deepEqual(arrives(), [true, true]);
  network.partition(one, other);
  assert.deepEqual(arrives(), [false, false]);
  network.heal(one, other);
  network.partition("one", ["other"], { oneWay: true });
  assert.deepEqual(arrives(), [false, true]);
  network.heal();
  assert.deepEqual(arrives(), [true, true]);
  network.partition(one, other, { mode: "rejecting" });
  a.setInt(here, options.IP_RECVERR, 1);
  a.sendTo(here, "x", `${other.addresses[0]}:9`);
  assert.equal(a.poll(here, POLL.IN), POLL.ERR);
  assert.equal(a.recv(here), -errnos.EHOSTUNREACH);
});

test("hold keeps packets until release", () => {
  const network = new Network({ seed: 1 });
  const [one, other] = [network.host("one"), network.host("other")];
  const [a, b] = [new Calls(one.system), new Calls(other.system)];
  const [from, to] = [udp(one), udp(other, 9)];
  network.hold(one, other);
  a.sendTo(from, "1", `${other.addresses[0]}:9`);
  a.sendTo(from, "2", `${other.addresses[0]}:9`);
  network.clock.advanceTo(1e9);
  assert.equal(b.recv(to), -errnos.EAGAIN);
  network.release(one, other);
  network.clock.advanceTo(2e9);
  assert.deepEqual([b.recv(to), b.recv(to)], ["1", "2"]);
});

test("a rule sees every packet, and decides its fate", () => {
  const network = new Network({ seed: 1 });
  const [one, other] = [network.host("one"), network.host("other")];
  const [a, b] = [new Calls(one.system), new Calls(other.system)];
  const [from, to] = [udp(one), udp(other, 9)];
  const seen: string[] = [];
  const remove = network.rule((packet, { from: sender, to: receiver }) => {
    if (packet.payload.kind !== "udp") return undefined;
    const text = new TextDecoder().decode(packet.payload.data);
    seen.push(`${sender} ${receiver} ${text}`);
    if (text === "drop") return "drop";
    if (text === "late") return { delay: "1s" };
    if (text === "other") {
      const payload = { ...packet.payload, data: new TextEncoder().encode("instead") };
      return { instead: { ...packet, payload } };
    }
    return undefined;
  });
  for (const text of ["drop", "late", "other", "pass"]) a.sendTo(from, text, `${other.addresses[0]}:9`);
  network.clock.advanceTo(1);
  assert.deepEqual([b.recv(to), b.recv(to), b.recv(to)], ["instead", "pass", -errnos.EAGAIN]);
  network.clock.advanceTo(1e9);
  assert.equal(b.recv(to), "late");
  remove();
  a.sendTo(from, "drop", `${other.addresses[0]}:9`);
  network.clock.advanceTo(2e9);
  assert.equal(b.recv(to), "drop");
  assert.deepEqual(seen, ["one other drop", "one other late", "one other other", "one other pass"]);
});

test("an address of our network that nobody has is unreachable after three seconds", () => {
  const network = new Network({ seed: 1 });
  const one = network.host("one");
  const a = new Calls(one.system);
  const fd = udp(one);
  a.setInt(fd, options.IP_RECVERR, 1);
  assert.equal(a.sendTo(fd, "x", "10.9.9.9:9"), 1);
  network.clock.advanceTo(2.9e9);
  assert.equal(a.recv(fd), -errnos.EAGAIN);
  network.clock.advanceTo(3e9);
  assert.equal(a.recv(fd), -errnos.EHOSTUNREACH);
  assert.equal(a.sendTo(fd, "x", "192.168.1.1:9"), -errnos.ENETUNREACH);
});

test("ICMP errors to a peer are limited", () => {
  const network = new Network({ seed: 1 });
  const [one, other] = [network.host("one"), network.host("other")];
  const [a, from] = [new Calls(one.system), udp(one)];
  for (let count = 0; count < 20; count += 1) a.sendTo(from, "x", `${other.addresses[0]}:9`);
  network.clock.advanceTo(1);
  assert.equal(other.counters.get("Icmp.OutMsgs"), 6);
});

test("names resolve to the hosts that have them", () => {
  const network = new Network({ seed: 1 });
  const one = network.host("one", { addresses: ["10.1.1.1", "fd00::7"], names: ["www.example.com"] });
  assert.deepEqual(one.lookup("WWW.example.com", 0), [
    { address: "10.1.1.1", family: 4 },
    { address: "fd00::7", family: 6 },
  ]);
  assert.deepEqual(one.lookup("one", 6), [{ address: "fd00::7", family: 6 }]);
  const assigned = network.host("assigned");
  const linkLocal = assigned.addresses.filter((address) => address.startsWith("fe80:"));
  assert.equal(linkLocal.length, 1);
  assert.deepEqual(
    one.lookup("assigned", 0).map(({ address }) => address),
    assigned.addresses.filter((address) => !linkLocal.includes(address)),
  );
  assert.deepEqual(one.lookup("localhost", 4), [{ address: "127.0.0.1", family: 4 }]);
  assert.deepEqual(one.lookup("nobody", 0), []);
  assert.throws(() => network.host("one"), RangeError);
  assert.throws(() => network.host("two", { addresses: ["10.1.1.1"] }), /already an address of host "one"/);
  assert.throws(() => network.host("three", { addresses: ["10.1.1"] }), RangeError);
});

test("parses times and rates, and rejects nonsense", () => {
  assert.equal(nanoseconds("1.5s", "latency"), 1.5e9);
  assert.equal(nanoseconds("1d", "latency"), 86_400e9);
  assert.equal(nanoseconds(20, "latency"), 20e6);
  assert.equal(bitsPerSecond("56kbit/s", "rate"), 56_000);
  assert.equal(bitsPerSecond(1, "rate"), 1);
  assert.throws(() => nanoseconds(-1, "latency"), /latency must be a time/);
  assert.throws(() => bitsPerSecond(0, "rate"), /rate must be a rate/);
  assert.throws(() => sent(1, { loss: 2 }), /loss must be a probability/);
  assert.throws(() => sent(1, { mtu: 20 }), /mtu must be an integer/);
  const misspelt: object = { duplication: 0.1 };
  assert.throws(() => sent(1, misspelt), { name: "TypeError", message: /no condition duplication, only / });
});
