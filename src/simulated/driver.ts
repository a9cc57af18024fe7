import { builtin } from "../builtin.ts";
import { outside } from "./context.ts";
import type { RealWork } from "./real-work.ts";

// Runs a simulation on the runtime's event loop: whenever the program has nothing left to do, the
// simulation takes its next step.

/** The simulation, as its driver sees it. */
export interface Steps {
  /**
   * Moves the network to the next thing that a program does, such as a timer of its own, and does
   * it. Returns false if nothing is due any more. Throws what the program throws.
   */
  step(): boolean;
  /** Whether virtual time follows real time: then nothing is due for a while, and that is fine. */
  readonly followsRealTime: boolean;
  /** How many packets were sent so far. */
  readonly packets: number;
  /** Virtual time, for people: "at 3.02 s". */
  readonly time: string;
  /** A report of who waits for what. */
  report(): string;
}

/**
 * Steps that the driver takes in one turn of the event loop; ticks and microtasks run in between.
 */
const STEPS_PER_TURN = 16;

/**
 * How many real milliseconds may pass with nothing due before the simulation counts as stuck: some
 * work of the runtime, such as that of other threads, cannot be seen.
 */
const GRACE = 200;

/** Turns that wait for real immediates: a program that always has one must not stop the time. */
const MOST_TURNS = 100;

const timers = builtin("node:timers");
export const realSetTimeout = timers?.setTimeout ?? globalThis.setTimeout;
export const realNow = performance.now.bind(performance);

/** Calls a function in a later turn of the event loop, after ticks and microtasks. */
let nextTurn: (call: () => void) => void =
  timers?.setImmediate ??
  ((call) => {
    nextTurn = byMessage();
    nextTurn(call);
  });

/** A browser's setTimeout() waits for at least 4 ms. */
function byMessage(): (call: () => void) => void {
  const calls: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener("message", () => calls.shift()?.());
  port1.start();
  return (call) => {
    calls.push(call);
    port2.postMessage(null);
  };
}

/** A simulation that can never end by itself. */
export class StuckError extends Error {
  override readonly name = "StuckError";
}

interface Waiter {
  readonly predicate: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Driver {
  readonly #steps: Steps;
  readonly #work: RealWork;
  readonly #idleTimers: number;
  #waiters: Waiter[] = [];
  #running = false;
  #fail: (error: unknown) => void = () => {};
  /** Since when nothing has been due, in real time. */
  #idleSince: number | undefined;
  #turnsWaited = 0;
  #packets = 0;
  #withoutPackets = 0;

  /** @param idleTimers how many steps may follow one another without a packet */
  constructor(steps: Steps, work: RealWork, idleTimers: number) {
    this.#steps = steps;
    this.#work = work;
    this.#idleTimers = idleTimers;
  }

  /** Runs until a promise settles, and settles as it does; rejects if the simulation is stuck. */
  async run<Value>(program: Promise<Value>): Promise<Value> {
    try {
      return await new Promise<Value>((resolve, reject) => {
        this.#running = true;
        this.#fail = reject;
        program.then(resolve, reject);
        outside(() => nextTurn(this.#turn));
      });
    } finally {
      this.#running = false;
      this.#waiters = [];
    }
  }

  /** Ends the simulation with an error. */
  fail(error: unknown): void {
    if (!this.#running) return;
    this.#running = false;
    this.#fail(error);
  }

  /** Resolves once a predicate, checked after each step, is true. */
  until(predicate: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ predicate, resolve, reject });
    });
  }

  readonly #turn = (): void => {
    if (!this.#running) return;
    if (this.#isBusy) {
      this.#waitForWork();
      return;
    }
    if (!this.#work.hasImmediates) this.#turnsWaited = 0;
    const steps = this.#steps.followsRealTime ? 1 : STEPS_PER_TURN;
    for (let step = 1; step < steps; step += 1) nextTurn(this.#step);
    nextTurn(this.#turn);
    this.#step();
  };

  get #isBusy(): boolean {
    return this.#work.pending || (this.#work.hasImmediates && this.#turnsWaited < MOST_TURNS);
  }

  /** Real work is under way: checks again soon, and less often after a while. */
  #waitForWork() {
    this.#turnsWaited += 1;
    if (this.#turnsWaited < 200) nextTurn(this.#turn);
    else realSetTimeout(this.#turn, 1);
  }

  readonly #step = (): void => {
    if (!this.#running || this.#isBusy || this.#askWaiters()) return;
    try {
      if (!this.#steps.step()) this.#nothingDue();
      else if (!this.#steps.followsRealTime) {
        this.#idleSince = undefined;
        this.#countStep();
      }
    } catch (error) {
      this.fail(error);
    }
  };

  /** Returns whether one is true now, whose program then runs before the next step. */
  #askWaiters(): boolean {
    if (this.#waiters.length === 0) return false;
    const before = this.#waiters;
    this.#waiters = before.filter(({ predicate, resolve, reject }) => {
      try {
        if (!predicate()) return true;
        resolve();
      } catch (error) {
        reject(error);
      }
      return false;
    });
    return this.#waiters.length < before.length;
  }

  #nothingDue() {
    const now = realNow();
    this.#idleSince ??= now;
    if (now - this.#idleSince < GRACE) return;
    throw new StuckError(
      `stuck ${this.#steps.time}: everyone waits, and nothing is due\n${this.#steps.report()}`,
    );
  }

  #countStep() {
    const { packets } = this.#steps;
    this.#withoutPackets = packets === this.#packets ? this.#withoutPackets + 1 : 0;
    this.#packets = packets;
    if (this.#withoutPackets <= this.#idleTimers) return;
    throw new StuckError(
      `stuck ${this.#steps.time}: the last ${this.#idleTimers} timers and handlers sent no packet; raise idleTimers if that is right\n${this.#steps.report()}`,
    );
  }
}
