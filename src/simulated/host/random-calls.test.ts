import assert from "node:assert/strict";
import { release } from "node:os";
import { test } from "node:test";
import { Calls } from "../../../test/simulated/calls.ts";
import { machineSystem } from "../../system/current.ts";
import "../../system/host.ts";
import { constants } from "../../system/linux/constants.ts";
import { options } from "../../system/linux/options.ts";
import { Random } from "../clock/random.ts";
import { Network } from "../network/network.ts";

// Random calls on the kernel and on a simulated host, result by result. BERKELEY_RANDOM_CALLS is
// how many sequences of 60 calls there are of each kind of socket.

const { AF, SOCK } = constants;
const SEQUENCES = Number(process.env.BERKELEY_RANDOM_CALLS ?? 100);

/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const AT_ONCE = 0x4040;

const isLinux618 = process.platform === "linux" && release().startsWith("6.18.");

/** A sequence on both Systems, with the descriptors that each has. */
class Sequence {
  readonly random: Random;
  readonly log: string[] = [];
  readonly descriptors: [kernel: number, simulated: number][] = [];
  readonly #both: readonly [Calls, Calls];

  constructor(seed: number, kind: string) {
    const kernel = machineSystem();
    assert.ok(kernel);
    this.random = new Random(seed, kind);
    this.#both = [new Calls(kernel), new Calls(new Network({ seed }).host("one").system)];
  }

  pick<Value>(values: readonly Value[]): Value | undefined {
    return values[this.random.below(values.length)];
  }

  /** Makes a call on both, and compares what it returns. */
  same(name: string, call: (calls: Calls, fd: number) => unknown): void {
    const at = this.random.below(this.descriptors.length);
    const fds = this.descriptors[at] ?? [-1, -1];
    const [kernel, simulated] = this.#both.map((calls, index) => call(calls, fds[index] ?? -1));
    this.log.push(`${at} ${name}: ${JSON.stringify(kernel)}`);
    assert.deepEqual(simulated, kernel, `\n${this.log.slice(-20).join("\n")}`);
    if (name === "close") this.descriptors.splice(at, 1);
  }

  /** Opens descriptors on both. */
  open(name: string, call: (calls: Calls) => readonly number[]): void {
    this.log.push(name);
    const [kernel = [], simulated = []] = this.#both.map((calls) => call(calls));
    kernel.forEach((fd, index) => {
      this.descriptors.push([fd, simulated[index] ?? -1]);
    });
  }

  accept(): void {
    const [kernel, simulated] = this.#both;
    const [here, there] = this.pick(this.descriptors) ?? [-1, -1];
    const [one, other] = [kernel.accept(here), simulated.accept(there)];
    assert.equal(Math.min(other, 0), Math.min(one, 0), `accept\n${this.log.slice(-20).join("\n")}`);
    if (one < 0) return;
    kernel.system.setNonblocking(one, true);
    simulated.system.setNonblocking(other, true);
    this.descriptors.push([one, other]);
  }

  close(): void {
    for (const [kernel] of this.descriptors) this.#both[0].system.close(kernel);
  }
}

/** One call that sockets of every kind have. */
function step(sequence: Sequence, name: string, named: (text: string | number) => string | number): void {
  const { random } = sequence;
  const flags = sequence.pick([0, 0, 0, 0x02, 0x20, 0x80]) ?? 0;
  const data = "x".repeat(sequence.pick([0, 1, 5, 300, 3_000]) ?? 0);
  switch (random.below(10)) {
    case 0:
      sequence.same(`bind ${name}`, (calls, fd) => calls.bind(fd, name));
      break;
    case 1:
      sequence.same(`connect ${name}`, (calls, fd) => calls.connect(fd, name));
      break;
    case 2:
    case 3:
      sequence.same(`send ${data.length}`, (calls, fd) => calls.send(fd, data, AT_ONCE));
      break;
    case 4:
      sequence.same(`sendto ${data.length} ${name}`, (calls, fd) => calls.sendTo(fd, data, name, AT_ONCE));
      break;
    case 5:
    case 6: {
      const size = sequence.pick([0, 1, 4, 1_000, 70_000]) ?? 0;
      sequence.same(`recv ${size} ${flags}`, (calls, fd) => calls.recv(fd, size, flags | AT_ONCE));
      break;
    }
    case 7:
      sequence.same("poll", (calls, fd) => calls.poll(fd));
      break;
    case 8: {
      const how = random.below(4);
      sequence.same(`shutdown ${how}`, (calls, fd) => calls.system.shutdown(fd, how));
      break;
    }
    default:
      if (random.chance(0.4)) sequence.same("close", (calls, fd) => calls.system.close(fd));
      else sequence.same("names", (calls, fd) => [named(calls.name(fd)), named(calls.peer(fd))]);
  }
}

function unixSequence(seed: number): void {
  const sequence = new Sequence(seed, "unix");
  const { random } = sequence;
  for (let count = 0; count < 60; count += 1) {
    const name = `\0berkeley ${process.pid} ${seed} ${sequence.pick(["a", "b", "c"])}`;
    const choice = sequence.descriptors.length < 2 ? 0 : random.below(14);
    if (choice === 0 && sequence.descriptors.length < 9) {
      const type = sequence.pick([SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) ?? SOCK.STREAM;
      if (random.chance(0.5))
        sequence.open(`socket ${type}`, ({ system }) => [system.socket(AF.UNIX, type, 0, 3)]);
      else
        sequence.open(`pair ${type}`, ({ system }) => {
          const fds = new Int32Array(2);
          system.socketpair(AF.UNIX, type, 0, fds, 3);
          return [...fds];
        });
    } else if (choice === 1) {
      const backlog = random.below(3);
      sequence.same(`listen ${backlog}`, ({ system }, fd) => system.listen(fd, backlog));
    } else if (choice === 2) sequence.accept();
    else step(sequence, name, (text) => text);
  }
  sequence.close();
}

const HOSTS = ["127.0.0.1:", "127.0.0.2:", "[::1]:", "[::ffff:127.0.0.1]:", "0.0.0.0:", "[::]:"];
const FLAGS = [options.SO_REUSEADDR, options.IPV6_V6ONLY, options.SO_ERROR, options.SO_BROADCAST];

function udpSequence(seed: number): void {
  const sequence = new Sequence(seed, "udp");
  const { random } = sequence;
  const base = 20_000 + ((seed * 7) % 12_000);
  // Ports that nobody chose differ.
  const named = (text: string | number) =>
    typeof text === "number"
      ? text
      : text.replace(/:(\d+)$/, (all, port) =>
          Number(port) === 0 || Math.abs(Number(port) - base) < 3 ? all : ":any",
        );
  for (let count = 0; count < 60; count += 1) {
    const name = `${sequence.pick(HOSTS)}${base + random.below(3)}`;
    const choice = sequence.descriptors.length < 2 ? 0 : random.below(12);
    if (choice === 0 && sequence.descriptors.length < 9) {
      const family = random.chance(0.6) ? AF.INET : AF.INET6;
      sequence.open(`socket ${family}`, ({ system }) => [system.socket(family, SOCK.DGRAM, 0, 3)]);
    } else if (choice === 1) {
      const option = sequence.pick(FLAGS) ?? options.SO_ERROR;
      const value = random.below(2);
      sequence.same(`option ${option.number} ${value}`, (calls, fd) => [
        calls.setInt(fd, option, value),
        calls.getInt(fd, option),
      ]);
    } else step(sequence, name, named);
  }
  sequence.close();
}

test(`${SEQUENCES} random sequences on unix sockets are as on Linux 6.18`, { skip: !isLinux618 }, () => {
  for (let seed = 1; seed <= SEQUENCES; seed += 1) unixSequence(seed);
});

test(`${SEQUENCES} random sequences on UDP sockets are as on Linux 6.18`, { skip: !isLinux618 }, () => {
  for (let seed = 1; seed <= SEQUENCES; seed += 1) udpSequence(seed);
});
