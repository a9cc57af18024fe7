import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls, valueResult } from "../../../test/simulated/calls.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { EDGE, EXCEPTIONAL, READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import { Network } from "../network/network.ts";
import type { SimulatedHost } from "./simulated-host.ts";

const { AF, POLL, SOCK } = constants;

function host(options = {}) {
  const network = new Network({ seed: 1 });
  const one = network.host("one", options);
  return { network, one, a: new Calls(one.system) };
}

/** Runs everything that is due, kernels first, as the loop of a simulation does. */
function settle({ clock, program }: Network, until = clock.now): void {
  for (;;) {
    const next = Math.min(clock.nextAt ?? Number.POSITIVE_INFINITY, program.nextAt);
    if (next > until) break;
    if ((clock.nextAt ?? Number.POSITIVE_INFINITY) <= program.nextAt) clock.runNext();
    else {
      clock.advanceTo(next);
      program.runNext();
    }
  }
  clock.advanceTo(until);
}

function pairOf(calls: Calls): [number, number] {
  const fds = new Int32Array(2);
  assert.equal(calls.system.socketpair(AF.UNIX, SOCK.STREAM, 0, fds, 2), 0);
  return [fds[0] ?? -1, fds[1] ?? -1];
}

function queueOf(on: SimulatedHost, ready: () => void) {
  const queue = on.openReadinessQueue(ready);
  assert.ok(typeof queue !== "number");
  return queue;
}

test("a descriptor is the lowest free number", () => {
  const { a } = host();
  const open = () => a.system.socket(AF.INET, SOCK.STREAM, 0, 0);
  assert.deepEqual([open(), open(), open()], [3, 4, 5]);
  assert.equal(a.system.close(4), 0);
  assert.equal(a.system.close(4), -errnos.EBADF);
  assert.deepEqual([open(), open()], [4, 6]);
  assert.equal(a.system.listen(99, 1), -errnos.EBADF);
});

test("RLIMIT_NOFILE limits descriptors: EMFILE, and nothing is lost", () => {
  const { one, a } = host();
  one.sysctl("fs.rlimit_nofile", 5);
  const open = () => a.system.socket(AF.INET, SOCK.STREAM, 0, 0);
  assert.deepEqual([open(), open(), open()], [3, 4, -errnos.EMFILE]);
  a.system.close(3);
  assert.equal(a.system.socketpair(AF.UNIX, SOCK.STREAM, 0, new Int32Array(2), 0), -errnos.EMFILE);
  assert.equal(open(), 3);
});

test("a readiness queue calls back once, in the program queue, and reports as long as it is ready", () => {
  const { network, one, a } = host();
  const [here, there] = pairOf(a);
  let told = 0;
  const queue = queueOf(one, () => {
    told += 1;
  });
  assert.equal(queue.add(here, READABLE, 7, 8), 0);
  assert.equal(queue.add(here, READABLE, 7, 8), -errnos.EEXIST);
  settle(network);
  assert.equal(told, 0);
  a.send(there, "one");
  a.send(there, "two");
  assert.equal(told, 0);
  settle(network);
  assert.equal(told, 1);
  assert.equal(queue.look(), 1);
  assert.deepEqual([queue.slot(0), queue.generation(0), queue.ready(0)], [7, 8, READABLE]);
  // Still readable, so it is reported again.
  settle(network);
  assert.equal(told, 2);
  a.recv(here);
  assert.equal(queue.look(), 0);
  settle(network);
  assert.equal(told, 2);
  assert.equal(queue.remove(here), 0);
  assert.equal(queue.remove(here), -errnos.ENOENT);
});

test("an edge-triggered registration is reported once for each arrival", () => {
  const { one, a } = host();
  const [here, there] = pairOf(a);
  const queue = queueOf(one, () => {});
  queue.add(here, READABLE | WRITABLE | EDGE, 1, 1);
  assert.equal(queue.look(), 1);
  assert.equal(queue.ready(0), WRITABLE);
  assert.equal(queue.look(), 0);
  a.send(there, "x");
  assert.equal(queue.look(), 1);
  assert.equal(queue.look(), 0);
  a.send(there, "y");
  assert.equal(queue.look(), 1);
  assert.equal(queue.ready(0) & READABLE, READABLE);
  a.system.close(there);
  assert.equal(queue.look(), 1);
  assert.equal(queue.ready(0), READABLE | WRITABLE | EXCEPTIONAL);
  // A closed descriptor is no longer watched.
  a.system.close(here);
  assert.equal(queue.look(), 0);
});

test("look() reports at most 256 descriptors, and then the others", () => {
  const { one, a } = host();
  const queue = queueOf(one, () => {});
  for (let count = 0; count < 300; count += 1) {
    const fd = a.system.socket(AF.INET, SOCK.DGRAM, 0, 2);
    queue.add(fd, WRITABLE, fd, 0);
  }
  const slots = new Set<number>();
  for (let look = 0; look < 2; look += 1) {
    const count = queue.look();
    assert.equal(count, 256);
    for (let index = 0; index < count; index += 1) slots.add(queue.slot(index));
  }
  assert.equal(slots.size, 300);
});

test("a readiness queue is itself a descriptor that poll() and queues can watch", () => {
  const { one, a } = host();
  const [here, there] = pairOf(a);
  const [inner, outer] = [queueOf(one, () => {}), queueOf(one, () => {})];
  inner.add(here, READABLE, 1, 1);
  assert.equal(outer.add(inner.fd, READABLE, 2, 2), 0);
  assert.equal(a.poll(inner.fd, POLL.IN), 0);
  a.send(there, "x");
  assert.equal(a.poll(inner.fd, POLL.IN), POLL.IN);
  assert.equal(outer.look(), 1);
  assert.equal(a.recv(inner.fd), -errnos.ENOTSOCK);
});

test("a crash ends every call with EBADF, and a restart begins with nothing", () => {
  const { network, one, a } = host();
  const other = new Calls(network.host("other").system);
  const [here, there] = [
    a.system.socket(AF.INET, SOCK.DGRAM, 0, 2),
    other.system.socket(AF.INET, SOCK.DGRAM, 0, 2),
  ];
  a.bind(here, "0.0.0.0:9");
  let crashes = 0;
  let told = 0;
  one.onCrash(() => {
    crashes += 1;
  });
  const queue = queueOf(one, () => {
    told += 1;
  });
  queue.add(here, READABLE, 1, 1);
  one.system.clock.setTimeout(() => assert.fail("its program is dead"), 5);
  one.crash();
  assert.equal(crashes, 1);
  assert.equal(a.recv(here), -errnos.EBADF);
  assert.equal(a.system.socket(AF.INET, SOCK.DGRAM, 0, 0), -errnos.EBADF);
  assert.equal(a.system.getNonblocking(here), -errnos.EBADF);
  assert.equal(a.system.setNonblocking(here, false), -errnos.EBADF);
  assert.equal(a.system.getCloseOnExec(here), -errnos.EBADF);
  assert.equal(a.system.setCloseOnExec(here, false), -errnos.EBADF);
  other.sendTo(there, "x", `${one.addresses[0]}:9`);
  settle(network, 1e9);
  assert.equal(told, 0);
  one.restart();
  const again = new Calls(one.system);
  const fd = again.system.socket(AF.INET, SOCK.DGRAM, 0, 2);
  assert.equal(again.bind(fd, "0.0.0.0:9"), 0);
  assert.equal(a.recv(fd), -errnos.EBADF);
  other.sendTo(there, "y", `${one.addresses[0]}:9`);
  settle(network, 2e9);
  assert.equal(again.recv(fd), "y");
});

test("a paused host's program waits, its kernel does not", () => {
  const { network, one, a } = host();
  const [here, there] = pairOf(a);
  const events: string[] = [];
  const queue = queueOf(one, () => events.push("ready"));
  queue.add(here, READABLE, 1, 1);
  one.system.clock.setTimeout(() => events.push("timer"), 10);
  one.pause();
  a.send(there, "x");
  settle(network, 1e9);
  assert.deepEqual(events, []);
  assert.equal(a.poll(here, POLL.IN), POLL.IN);
  one.resume();
  settle(network, 1e9);
  assert.deepEqual(events, ["ready", "timer"]);
});

test("the host's clock: timers, intervals, immediates, and skew", () => {
  const { network, one } = host();
  const { clock } = one.system;
  const events: string[] = [];
  const at = (name: string) => () => events.push(`${name} ${network.clock.now / 1e6}`);
  const interval = clock.setInterval(at("interval"), 10);
  clock.setTimeout(at("timeout"), 25);
  clock.clearTimeout(clock.setTimeout(at("never"), 5));
  clock.setImmediate(at("immediate"));
  settle(network, 30e6);
  clock.clearInterval(interval);
  settle(network, 100e6);
  assert.deepEqual(events, ["immediate 0", "interval 10", "interval 20", "timeout 25", "interval 30"]);
  assert.equal(clock.now(), 100);
  assert.equal(clock.date(), 946_684_800_100);
  one.hostClock.skew({ offset: 5_000, rate: 2 });
  clock.setTimeout(at("fast"), 10);
  settle(network, 200e6);
  assert.equal(events.at(-1), "fast 105");
  assert.equal(clock.now(), 300);
  assert.equal(clock.date(), 946_684_805_300);
});

test("sysctls have Linux's names", () => {
  const { one } = host({ sysctls: { "net.core.somaxconn": 2 } });
  assert.equal(one.sysctl("net.core.somaxconn"), 2);
  one.sysctl("net.ipv4.tcp_rmem", "4096 8192 16384");
  assert.deepEqual(one.sysctl("net.ipv4.tcp_rmem"), [4_096, 8_192, 16_384]);
  assert.throws(() => one.sysctl("net.ipv4.no_such"), /no sysctl net\.ipv4\.no_such/);
  assert.throws(() => one.sysctl("net.ipv4.tcp_rmem", "1 2"), /takes 3 numbers/);
});

test("privileged ports are root's; ports of other hosts are unaffected", () => {
  const { a } = host({ user: 1_000 });
  const open = () => a.system.socket(AF.INET, SOCK.STREAM, 0, 0);
  assert.equal(a.bind(open(), "0.0.0.0:80"), -errnos.EACCES);
  assert.equal(a.bind(open(), "0.0.0.0:1024"), 0);
  assert.equal(a.bind(open(), "10.9.9.9:1024"), -errnos.EADDRNOTAVAIL);
  assert.equal(a.system.bind(open(), valueResult(new Uint8Array(15))), -errnos.EINVAL);
});
