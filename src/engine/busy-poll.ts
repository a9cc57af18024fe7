import type { Clock } from "../clock/clock.ts";

/**
 * How many milliseconds a thread polls before the event loop gets a turn. Timers and everything
 * else on the loop wait at most this long.
 */
const SLICE = 0.02;

/**
 * Polls after activity instead of sleeping until the kernel wakes the thread: waking up often takes
 * longer than the answer.
 */
export class BusyPoll {
  readonly #clock: Clock;
  /** How many milliseconds to poll after activity; 0 if not at all. */
  #length = 0;
  #end = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now until `stop()`, polls at least this many microseconds after activity. */
  start(microseconds: number): void {
    this.#length = Math.max(this.#length, microseconds / 1000);
  }

  stop(): void {
    this.#length = 0;
    this.#end = 0;
  }

  get isOn(): boolean {
    return this.#length > 0;
  }

  /** Records that something happened. */
  active(): void {
    this.#end = this.#clock.now() + this.#length;
  }

  /** Whether the thread should keep polling rather than sleep. */
  get isDue(): boolean {
    return this.#end > 0 && this.#clock.now() < this.#end;
  }

  /** Polls until the slice is over or `found()` returns true. */
  poll(found: () => boolean): boolean {
    const end = Math.min(this.#end, this.#clock.now() + SLICE);
    do {
      if (found()) return true;
    } while (this.#clock.now() < end);
    return false;
  }
}
