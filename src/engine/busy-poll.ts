import type { Clock } from "../clock/clock.ts";

/**
 * How many milliseconds a thread polls before the event loop gets its turn: timers, and whatever
 * else is on the loop, wait that long at most.
 */
const SLICE = 0.02;

/**
 * Polling after activity, in place of sleeping until the kernel wakes the thread: its waking takes
 * longer than many an answer.
 */
export class BusyPoll {
  readonly #clock: Clock;
  /** How many milliseconds after activity a thread polls; 0 if it does not. */
  #length = 0;
  #end = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Polls for at least so many microseconds from now on, until `stop()`. */
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

  /** Something happened. */
  active(): void {
    this.#end = this.#clock.now() + this.#length;
  }

  /** Whether the thread is not to sleep yet. */
  get isDue(): boolean {
    return this.#end > 0 && this.#clock.now() < this.#end;
  }

  /** Polls for a slice, or until `found()`. */
  poll(found: () => boolean): boolean {
    const end = Math.min(this.#end, this.#clock.now() + SLICE);
    do {
      if (found()) return true;
    } while (this.#clock.now() < end);
    return false;
  }
}
