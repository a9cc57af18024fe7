import type { Clock, Timer } from "../../clock/clock.ts";

/** Something with a time limit. */
export interface Deadline {
  /** When it ends, by the clock; set by `Deadlines.add()`. */
  due: number;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  /** It expired, and has been removed from the Deadlines. */
  onDue(): void;
}

/**
 * Deadlines of the same length, most of which are removed before they expire. Since they expire in
 * the order in which they were added, one timer serves all of them.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** The length of each. */
  readonly milliseconds: number;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.milliseconds = milliseconds;
  }

  add(deadline: Deadline): void {
    if (this.milliseconds === Number.POSITIVE_INFINITY) return;
    deadline.due = this.#clock.now() + this.milliseconds;
    deadline.previous = this.#last;
    if (this.#last === undefined) this.#first = deadline;
    else this.#last.next = deadline;
    this.#last = deadline;
    if (this.#timer === undefined) this.#wait(this.milliseconds);
  }

  /** Does nothing if it was not added. */
  remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous !== undefined) previous.next = next;
    else if (this.#first === deadline) this.#first = next;
    if (next !== undefined) next.previous = previous;
    else if (this.#last === deadline) this.#last = previous;
    deadline.previous = undefined;
    deadline.next = undefined;
  }

  /**
   * The timer does not keep the process running; the objects with deadlines do. It stays when all
   * are removed.
   */
  #wait(milliseconds: number): void {
    this.#timer = this.#clock.setTimeout(this.#look, milliseconds).unref();
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const deadline = this.#first;
      this.remove(deadline);
      deadline.onDue();
    }
    // onDue() may have added one, with a timer.
    if (this.#first !== undefined && this.#timer === undefined)
      this.#wait(Math.max(1, this.#first.due - now));
  };
}
