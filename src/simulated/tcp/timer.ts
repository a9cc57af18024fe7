import { Scheduled, type VirtualClock } from "../clock/virtual-clock.ts";

/** The owner of a timer. */
export interface TimerOwner {
  timerDue(timer: ConnectionTimer): void;
}

/**
 * A timer of a connection, made once. Most are postponed at every segment and seldom come due, so
 * postponing leaves the event where it is: when the clock reaches it, it moves on.
 */
export class ConnectionTimer extends Scheduled {
  readonly #clock: VirtualClock;
  readonly #owner: TimerOwner;
  /** When it is really due. */
  expires = Number.POSITIVE_INFINITY;

  constructor(clock: VirtualClock, owner: TimerOwner) {
    super();
    this.#clock = clock;
    this.#owner = owner;
  }

  get running(): boolean {
    return this.expires !== Number.POSITIVE_INFINITY;
  }

  startAt(at: number): void {
    this.expires = at;
    if (!this.scheduled || at < this.at) this.#clock.add(this, at);
  }

  startIn(delay: number): void {
    this.startAt(this.#clock.now + delay);
  }

  stop(): void {
    if (this.expires === Number.POSITIVE_INFINITY) return;
    this.expires = Number.POSITIVE_INFINITY;
    this.#clock.cancel(this);
  }

  override due(): void {
    if (this.#clock.now < this.expires) {
      this.#clock.add(this, this.expires);
      return;
    }
    this.expires = Number.POSITIVE_INFINITY;
    this.#owner.timerDue(this);
  }
}
