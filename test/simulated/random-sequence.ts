import assert from "node:assert/strict";
import { Random } from "../../src/simulated/clock/random.ts";
import type { NewHost } from "../../src/simulated/network/network.ts";
import { Network } from "../../src/simulated/network/network.ts";
import { machineSystem } from "../../src/system/current.ts";
import { callDifferences } from "./call-differences.ts";
import { Calls } from "./calls.ts";

/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const AT_ONCE = 0x4040;

/** A descriptor on both Systems. */
interface Pair {
  readonly kernel: number;
  readonly simulated: number;
  /** The calls on it so far. */
  readonly calls: string[];
}

const pairOf = (kernel: number, simulated: number): Pair => ({ kernel, simulated, calls: [] });

/** A sequence on both Systems, with the descriptors that each has. */
export class Sequence {
  readonly random: Random;
  readonly log: string[] = [];
  readonly descriptors: Pair[] = [];
  readonly #both: readonly [Calls, Calls];

  constructor(seed: number, kind: string, host: NewHost = {}) {
    const kernel = machineSystem();
    assert.ok(kernel);
    this.random = new Random(seed, kind);
    this.#both = [new Calls(kernel), new Calls(new Network({ seed }).host("one", host).system)];
  }

  pick<Value>(values: readonly Value[]): Value | undefined {
    return values[this.random.below(values.length)];
  }

  /** Makes a call on both, and compares what it returns. */
  same(name: string, call: (calls: Calls, fd: number) => unknown): void {
    const at = this.random.below(this.descriptors.length);
    const pair = this.descriptors[at] ?? pairOf(-1, -1);
    if (callDifferences.some((one) => one.leavesOut(name, pair.calls))) return;
    pair.calls.push(name);
    const fds = [pair.kernel, pair.simulated];
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
      this.descriptors.push(pairOf(fd, simulated[index] ?? -1));
    });
  }

  accept(): void {
    const [kernel, simulated] = this.#both;
    const pair = this.pick(this.descriptors) ?? pairOf(-1, -1);
    const [one, other] = [kernel.accept(pair.kernel), simulated.accept(pair.simulated)];
    assert.equal(Math.min(other, 0), Math.min(one, 0), `accept\n${this.log.slice(-20).join("\n")}`);
    if (one < 0) return;
    kernel.system.setNonblocking(one, true);
    simulated.system.setNonblocking(other, true);
    this.descriptors.push(pairOf(one, other));
  }

  close(): void {
    for (const { kernel } of this.descriptors) this.#both[0].system.close(kernel);
  }
}

/** One call that sockets of every kind have. */
export function step(
  sequence: Sequence,
  name: string,
  named: (text: string | number) => string | number,
): void {
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
