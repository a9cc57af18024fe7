import { defined, invariant } from "../../invariant.ts";

/** Nanoseconds in a microsecond, a millisecond and a second. */
export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

/**
 * Something that a `VirtualClock` does at a moment. Extend it for events of which there are many
 * (a packet on its way), so that none needs a closure; otherwise use `clock.timer()`.
 */
export abstract class Scheduled {
  /** When it is due, in nanoseconds; Infinity if it is not scheduled. */
  at = Number.POSITIVE_INFINITY;
  /** Its rank among events of the same moment. Only the clock sets this and the next one. */
  order = 0;
  position = -1;

  get scheduled(): boolean {
    return this.position !== -1;
  }

  /** Called once the clock has reached `at`; may schedule itself again. */
  abstract due(): void;
}

/** A timer that is made once and scheduled as often as its owner likes. */
export class VirtualTimer extends Scheduled {
  readonly #clock: VirtualClock;
  readonly #call: () => void;

  constructor(clock: VirtualClock, call: () => void) {
    super();
    this.#clock = clock;
    this.#call = call;
  }

  /** Makes it due at a moment, instead of any earlier choice. */
  startAt(at: number): void {
    this.#clock.add(this, at);
  }

  /** Makes it due after so many nanoseconds, instead of any earlier choice. */
  startIn(delay: number): void {
    this.#clock.add(this, this.#clock.now + delay);
  }

  stop(): void {
    this.#clock.cancel(this);
  }

  override due(): void {
    this.#call();
  }
}

/**
 * The time of a simulation, in nanoseconds since it began, and the events that lie ahead. It moves
 * only when `runNext()` or `advanceTo()` move it. Events of the same moment happen in the order in
 * which they were scheduled.
 */
export class VirtualClock {
  #now = 0;
  #scheduled = 0;
  readonly #heap: Scheduled[] = [];

  get now(): number {
    return this.#now;
  }

  /** How many events lie ahead. */
  get pending(): number {
    return this.#heap.length;
  }

  /** When the next event is due; undefined if there is none. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** A timer for repeated use, not scheduled yet. */
  timer(call: () => void): VirtualTimer {
    return new VirtualTimer(this, call);
  }

  /** Makes a call at a moment, or now if that has passed. */
  schedule(at: number, call: () => void): VirtualTimer {
    const timer = new VirtualTimer(this, call);
    this.add(timer, at);
    return timer;
  }

  /** Schedules an event at a moment, or now if that has passed, instead of any earlier choice. */
  add(event: Scheduled, at: number): void {
    this.addRanked(event, at, this.nextOrder());
  }

  /** Takes the rank that the next event would have. */
  nextOrder(): number {
    const order = this.#scheduled;
    this.#scheduled += 1;
    return order;
  }

  /**
   * Schedules an event under a rank that `nextOrder()` gave: a queue of packets has one event, for
   * the packet that arrives first, and yet each packet keeps its place among other events.
   */
  addRanked(event: Scheduled, at: number, order: number): void {
    invariant(!Number.isNaN(at), "an event has a time");
    if (event.position !== -1) this.#take(event.position);
    event.at = at < this.#now ? this.#now : at;
    event.order = order;
    this.#heap.push(event);
    this.#rise(event, this.#heap.length - 1);
  }

  /** Takes an event out, if it is scheduled. */
  cancel(event: Scheduled): void {
    if (event.position === -1) return;
    this.#take(event.position);
    event.at = Number.POSITIVE_INFINITY;
  }

  /** Takes the next event out without running it. Time moves on to it. */
  takeNext(): Scheduled | undefined {
    const event = this.#heap[0];
    if (event === undefined) return undefined;
    this.#take(0);
    this.#now = event.at;
    event.at = Number.POSITIVE_INFINITY;
    return event;
  }

  /** Moves to the next event, and runs it. Returns false if there is none. */
  runNext(): boolean {
    const event = this.takeNext();
    event?.due();
    return event !== undefined;
  }

  /** Moves to a moment, running what is due until then, including that moment. */
  advanceTo(at: number): void {
    for (let next = this.nextAt; next !== undefined && next <= at; next = this.nextAt) this.runNext();
    if (at > this.#now) this.#now = at;
  }

  #take(position: number): void {
    const heap = this.#heap;
    const event = defined(heap[position], "a position is within the heap");
    const last = defined(heap.pop(), "the heap holds the event");
    event.position = -1;
    if (last === event) return;
    if (before(last, event)) this.#rise(last, position);
    else this.#sink(last, position);
  }

  #rise(event: Scheduled, from: number): void {
    const heap = this.#heap;
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(event, above)) break;
      heap[position] = above;
      above.position = position;
      position = parent;
    }
    heap[position] = event;
    event.position = position;
  }

  #sink(event: Scheduled, from: number): void {
    const heap = this.#heap;
    let position = from;
    for (;;) {
      let child = 2 * position + 1;
      let below = heap[child];
      if (below === undefined) break;
      const other = heap[child + 1];
      if (other !== undefined && before(other, below)) {
        below = other;
        child += 1;
      }
      if (!before(below, event)) break;
      heap[position] = below;
      below.position = position;
      position = child;
    }
    heap[position] = event;
    event.position = position;
  }
}

const before = (one: Scheduled, other: Scheduled): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
