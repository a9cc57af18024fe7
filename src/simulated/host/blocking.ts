import { errnos } from "../../system/linux/errno.ts";
import type { VirtualClock } from "../clock/virtual-clock.ts";

const { EAGAIN } = errnos;

/** A call that waits, for the report of a deadlock. */
export interface Waiting {
  readonly host: string;
  /** `accept() on tcp 10.0.0.1:80 listening`. */
  readonly what: string;
}

/** A call that can never return: every host waits, and nothing is due. */
export class Deadlock extends Error {
  override readonly name = "Deadlock";
}

/**
 * How many events may happen without waking a blocking call before it counts as stuck. Keepalives
 * of idle connections could continue forever.
 */
const LIMIT = 10_000_000;

/** The waiting calls of the whole network; at most one runs at a time. */
export class Blocking {
  readonly #clock: VirtualClock;
  readonly #report: () => string;
  #waiting: Waiting | undefined;
  #subjects: readonly object[] = [];
  #woken = false;

  /** @param report describes what all others wait for */
  constructor(clock: VirtualClock, report: () => string) {
    this.#clock = clock;
    this.#report = report;
  }

  /** The call that waits at present. */
  get waiting(): Waiting | undefined {
    return this.#waiting;
  }

  /** Something happened to a socket. */
  changed(subject: object): void {
    if (!this.#woken && this.#subjects.includes(subject)) this.#woken = true;
  }

  /**
   * Makes an attempt, and again each time that one of the subjects changed, until it returns
   * something other than -EAGAIN, or the time is up. Meanwhile packets travel and timers of the
   * network expire, but no program runs.
   *
   * @throws Deadlock if nothing is left that could wake it
   */
  run(waiting: Waiting, subjects: readonly object[], timeout: number, attempt: () => number): number {
    let result = attempt();
    if (result !== -EAGAIN || timeout <= 0) return result;
    const deadline = this.#clock.now + timeout;
    this.#waiting = waiting;
    this.#subjects = subjects;
    try {
      while (result === -EAGAIN && this.#advance(deadline)) result = attempt();
      return result === -EAGAIN ? attempt() : result;
    } finally {
      this.#waiting = undefined;
      this.#subjects = [];
    }
  }

  /** Waits, for a limited time, until a condition holds, which any event may cause. */
  wait(waiting: Waiting, timeout: number, holds: () => boolean): void {
    const deadline = this.#clock.now + timeout;
    this.#waiting = waiting;
    try {
      for (let next = this.#clock.nextAt; !holds(); next = this.#clock.nextAt) {
        if (next === undefined || next > deadline) {
          this.#clock.advanceTo(deadline);
          break;
        }
        this.#clock.runNext();
      }
    } finally {
      this.#waiting = undefined;
    }
  }

  /** Advances until a subject changed; returns false once the time is up. */
  #advance(deadline: number): boolean {
    const clock = this.#clock;
    this.#woken = false;
    for (let events = 0; !this.#woken; events += 1) {
      const next = clock.nextAt;
      if (next === undefined || next > deadline) {
        if (deadline === Number.POSITIVE_INFINITY) throw this.#deadlock("nothing is due");
        clock.advanceTo(deadline);
        return false;
      }
      if (events === LIMIT) throw this.#deadlock(`it was not woken by ${LIMIT} events`);
      clock.runNext();
    }
    return true;
  }

  #deadlock(why: string): Deadlock {
    const { host, what } = this.#waiting ?? { host: "a host", what: "a call" };
    const others = this.#report();
    return new Deadlock(
      `${host} blocks forever in ${what}: ${why}, and no host's program runs during a blocking call${others === "" ? "" : `\n${others}`}`,
    );
  }
}
