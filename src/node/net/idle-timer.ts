import type { Clock, Timer } from "../../clock/clock.ts";

/** The timer of `socket.setTimeout()`, on the clock of a simulated host. */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Starts it with another delay; 0 only stops it. */
  start(milliseconds: number): void {
    this.stop();
    if (milliseconds > 0) this.#timer = this.#clock.setTimeout(this.#expired, milliseconds).unref();
  }

  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
