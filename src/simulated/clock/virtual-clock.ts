import { defined, invariant } from "../../invariant.ts";

/** Nanoseconds in a microsecond, a millisecond and a second. */
export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

/**
 * Something that a `VirtualClock` does at a moment. Extend it for frequent events (a packet in
 * flight), so that none needs a closure; otherwise use `clock.timer()`.
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

/** A timer that is created once and scheduled any number of times. */
export class VirtualTimer extends Scheduled {
  readonly #clock: VirtualClock;
  readonly #call: () => void;

  constructor(clock: VirtualClock, call: () => void) {
    super();
    this.#clock = clock;
    this.#call = call;
  }

  /** Makes it due at a moment, replacing any earlier one. */
  startAt(at: number): void {
    this.#clock.add(this, at);
  }

  /** Makes it due after this many nanoseconds, replacing any earlier moment. */
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
  /** When each event of the heap is due, side by side: comparing times looks at no event. */
  #times = new Float64Array(64);

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

  /** Schedules an event at a moment, or now if that has passed, replacing any earlier one. */
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
   * Schedules an event with a rank from `nextOrder()`: a queue of packets has one event, for the
   * packet that arrives first, but each packet keeps its place among other events.
   */
  addRanked(event: Scheduled, at: number, order: number): void {
    invariant(!Number.isNaN(at), "an event has a time");
    if (event.position !== -1) this.#take(event.position);
    event.at = at < this.#now ? this.#now : at;
    event.order = order;
    this.#heap.push(event);
    this.#rise(event, this.#heap.length - 1);
  }

  /** Removes an event, if it is scheduled. */
  cancel(event: Scheduled): void {
    if (event.position === -1) return;
    this.#take(event.position);
    event.at = Number.POSITIVE_INFINITY;
  }

  /** Removes the next event without running it, and moves time to it. */
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

  #put(event: Scheduled, position: number): void {
    this.#heap[position] = event;
    this.#times[position] = event.at;
    event.position = position;
  }

  #rise(event: Scheduled, from: number): void {
    if (this.#heap.length > this.#times.length) this.#grow();
    const heap = this.#heap;
    const times = this.#times;
    const { at } = event;
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent];
      const aboveAt = times[parent] ?? 0;
      if (above === undefined || at > aboveAt || (at === aboveAt && event.order > above.order)) break;
      this.#put(above, position);
      position = parent;
    }
    this.#put(event, position);
  }

  #sink(event: Scheduled, from: number): void {
    const heap = this.#heap;
    const times = this.#times;
    const { length } = heap;
    const { at, order } = event;
    let position = from;
    for (let child = 2 * position + 1; child < length; child = 2 * position + 1) {
      let belowAt = times[child] ?? 0;
      let below = heap[child];
      const otherAt = times[child + 1] ?? 0;
      if (child + 1 < length && otherAt <= belowAt) {
        const other = heap[child + 1];
        if (otherAt < belowAt || isRankedBefore(other, below)) {
          child += 1;
          below = other;
          belowAt = otherAt;
        }
      }
      if (below === undefined || at < belowAt || (at === belowAt && order < below.order)) break;
      this.#put(below, position);
      position = child;
    }
    this.#put(event, position);
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
  }
}

const isRankedBefore = (one: Scheduled | undefined, other: Scheduled | undefined): boolean =>
  one !== undefined && other !== undefined && one.order < other.order;

const before = (one: Scheduled, other: Scheduled): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
