import type { Clock, Timer } from "../src/clock/clock.ts";
import { machineClock } from "../src/clock/machine-clock.ts";

interface Due {
  readonly call: () => void;
  readonly at: number;
  readonly every: number | undefined;
}

/**
 * A clock that stands still until a test moves it. Its immediates are real: the event loop
 * continues.
 */
export class ManualClock implements Clock {
  #now = 0;
  readonly #due = new Map<Timer, Due>();
  readonly setImmediate = machineClock.setImmediate;
  readonly clearImmediate = machineClock.clearImmediate;
  readonly now = () => this.#now;
  readonly date = () => this.#now;
  readonly setTimeout = (call: () => void, milliseconds: number) => this.#add(call, milliseconds, undefined);
  readonly setInterval = (call: () => void, milliseconds: number) =>
    this.#add(call, milliseconds, milliseconds);
  readonly clearTimeout = (timer: Timer | undefined) => this.#remove(timer);
  readonly clearInterval = this.clearTimeout;

  /** How many calls are still scheduled. */
  get pending(): number {
    return this.#due.size;
  }

  /** Advances the clock by `milliseconds`, and makes the calls due by then. */
  tick(milliseconds: number): void {
    this.#now += milliseconds;
    for (const [timer, { call, at, every }] of [...this.#due]) {
      if (at > this.#now || !this.#due.has(timer)) continue;
      if (every === undefined) this.#remove(timer);
      else this.#due.set(timer, { call, at: at + every, every });
      call();
    }
  }

  #add(call: () => void, milliseconds: number, every: number | undefined): Timer {
    // Represented by a real timer that never fires.
    const timer = machineClock.setTimeout(() => {}, 0x7fffffff).unref();
    this.#due.set(timer, { call, at: this.#now + milliseconds, every });
    return timer;
  }

  #remove(timer: Timer | undefined): void {
    machineClock.clearTimeout(timer);
    if (timer !== undefined) this.#due.delete(timer);
  }
}
