import type { Engine } from "../../src/engine/engine.ts";
import { openPoller } from "../../src/engine/readiness/on-machine.ts";
import { ReadinessEngine } from "../../src/engine/readiness/readiness.ts";
import { host } from "../../src/system/host.ts";
import type { System } from "../../src/system/system.ts";
import { enginesHere } from "./engines-here.ts";
import { FailingRing } from "./failing-ring.ts";

/** The calls that can be made to fail. */
export type FailingCall = "accept" | "connect" | "recv" | "send";

/**
 * Which calls fail, and how often each was made: as a system call, or as an operation in the ring.
 */
export class Failures {
  readonly made: Record<FailingCall, number> = { accept: 0, connect: 0, recv: 0, send: 0 };
  readonly #next: Record<FailingCall, number[]> = { accept: [], connect: [], recv: [], send: [] };

  /**
   * The next calls of this kind fail with these, in turn; later ones are passed to the kernel
   * again.
   */
  failWith(call: FailingCall, errnos: readonly number[]): void {
    this.#next[call].push(...errnos);
  }

  /** Called before a call: the negative errno that it should fail with instead, or undefined. */
  take(call: FailingCall): number | undefined {
    this.made[call]++;
    return this.#next[call].shift();
  }
}

/** An engine on the real kernel, some of whose calls a test makes fail. */
export interface FailingEngine {
  readonly engine: Engine;
  readonly failures: Failures;
}

/** Each of the engines of this host. Each ring lives as long as the thread. */
export function failingEngines(): FailingEngine[] {
  return enginesHere.map(({ name }) => (name === "uring" ? failingUring() : failingReadiness()));
}

function failingReadiness(): FailingEngine {
  const failures = new Failures();
  const system: System = {
    ...host,
    accept: (...call) => failures.take("accept") ?? host.accept(...call),
    connect: (...call) => failures.take("connect") ?? host.connect(...call),
    recv: (...call) => failures.take("recv") ?? host.recv(...call),
    send: (...call) => failures.take("send") ?? host.send(...call),
  };
  return { engine: new ReadinessEngine(system, openPoller), failures };
}

function failingUring(): FailingEngine {
  const failures = new Failures();
  return { engine: FailingRing.engine((call) => failures.take(call)), failures };
}
