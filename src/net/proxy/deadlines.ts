import type { Clock, Timer } from "../../clock/clock.ts";

/** Something that may take only so long. */
export interface Deadline {
  /** When it ends, by the clock; set by `Deadlines.add()`. */
  due: number;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  /** It took too long, and is no longer among the Deadlines. */
  onDue(): void;
}

/**
 * Deadlines that all are as long, of which most are removed before they end: one timer serves all
 * of them, since they end in the order in which they were added.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** How long each is. */
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

  /** Does nothing if it is not there. */
  remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous !== undefined) previous.next = next;
    else if (this.#first === deadline) this.#first = next;
    if (next !== undefined) next.previous = previous;
    else if (this.#last === deadline) this.#last = previous;
    deadline.previous = undefined;
    deadline.next = undefined;
  }

  /** What has a deadline keeps the process running itself. The timer stays when all are removed. */
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
