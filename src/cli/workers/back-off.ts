/** The first delay after a crash at start, in milliseconds. It doubles up to the longest. */
const FIRST = 100;
const LONGEST = 15_000;

/** A worker that has served this many milliseconds is restarted immediately. */
const STEADY = 1000;

/** How long to wait before restarting a worker that has crashed. */
export class BackOff {
  #delay = 0;

  /** @param served for how many milliseconds it was ready; 0 if it never was */
  next(served: number): number {
    if (served >= STEADY) this.#delay = 0;
    const delay = this.#delay;
    this.#delay = Math.min(LONGEST, Math.max(FIRST, delay * 2));
    return served >= STEADY ? 0 : Math.max(FIRST, delay);
  }
}
