import { afterThis, type Immediate } from "../../clock/clock.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import { BusyPoll } from "../busy-poll.ts";
import type { Ring } from "./ring.ts";

/** An object with entries to write before the ring is entered. */
export interface Preparing {
  /** Writes the entries of its operations. Calls no handler. */
  prepare(): void;
}

/** An object that has to call a handler for a reason other than a completion. */
export interface DeferredCallbacks {
  runCallbacks(): void;
}

/** The most rounds in a turn, before the event loop continues. */
const ROUNDS = 16;

/** How many completions to take at once: all, or a few between two looks at the clock. */
const ALL = 0x7fffffff;
const FEW = 8;

/**
 * How many milliseconds handlers run before their ticks run, so that the responses of slow handlers
 * do not wait for each other. Smaller batches wake peers more often: with 64 connections, hello
 * over HTTP takes a tenth more processor time in batches of 16.
 */
const SLICE = 1;

/**
 * The bytes that may be sent by plain calls between two turns. Without a limit, a program that does
 * nothing but await its writes would starve the event loop as long as the kernel accepts them. A
 * mebibyte takes some 300 microseconds, and is 16 KiB on each of 64 connections.
 */
const BETWEEN_TURNS = 1_048_576;

/**
 * Decides when the ring is entered and handlers are called. Both happen in turns of the event loop.
 * A turn is a bounded number of rounds of preparing, entering and reaping, and ends early when
 * nothing is left to do.
 */
export class Tick {
  readonly #ring: Ring;
  readonly #completed: (operation: number, generation: number, result: number, flags: number) => void;
  /** Called after each round, before the ring is entered again. */
  readonly #afterRound: () => void;
  /**
   * Only the first `#toPrepare` elements count. The array is never shortened, because V8 sets the
   * length of an array through a slow runtime call.
   */
  readonly #preparing: (Preparing | undefined)[] = [];
  #toPrepare = 0;
  #deferred: DeferredCallbacks[] = [];
  #running = false;
  #maySend = BETWEEN_TURNS;
  /**
   * Whether ticks and promises of this round's handlers must run before more handlers are called.
   */
  #ticksFirst = false;
  /** Whether the previous round ended early to let ticks run. */
  #sliced = false;
  #submission = false;
  /** A turn is scheduled and has not run yet; the eventfd stays disabled. */
  #due = false;
  #immediate: Immediate | undefined;
  readonly busyPoll = new BusyPoll(machineClock);

  constructor(
    ring: Ring,
    completed: (operation: number, generation: number, result: number, flags: number) => void,
    afterRound: () => void,
  ) {
    this.#ring = ring;
    this.#completed = completed;
    this.#afterRound = afterRound;
  }

  /** Schedules `prepare()` before the ring is next entered. */
  deferSubmit(preparing: Preparing): void {
    this.#preparing[this.#toPrepare++] = preparing;
    if (!this.#running) this.#submitSoon();
  }

  /**
   * Whether bytes may be sent by a plain call: only outside a turn, where an entry would be
   * submitted alone and complete in a later turn.
   */
  maySend(length: number): boolean {
    if (this.#running || this.#maySend <= 0) return false;
    this.#maySend -= length;
    return true;
  }

  /** Schedules `runCallbacks()` for a turn. */
  deferCallback(callbacks: DeferredCallbacks): void {
    this.#deferred.push(callbacks);
    if (!this.#running) this.#runSoon();
  }

  /** Whether a turn is scheduled, for which the eventfd need not signal. */
  get isDue(): boolean {
    return this.#due;
  }

  /** Ends the turn after this round, so that ticks and promises run before the next round. */
  letTicksRun(): void {
    this.#ticksFirst = true;
  }

  /** Schedules the submission of written entries. */
  willSubmit(): void {
    if (!this.#running) this.#submitSoon();
  }

  /** One turn. An error it throws is the engine's own; the next turn still runs. */
  readonly run = (): void => {
    if (this.#running) return;
    this.#running = true;
    this.#maySend = BETWEEN_TURNS;
    this.#due = false;
    let isComplete = false;
    try {
      this.#rounds();
      isComplete = true;
    } finally {
      this.#running = false;
      if (!isComplete) this.#runSoon();
    }
  };

  #rounds(): void {
    const ring = this.#ring;
    ring.silence();
    for (let round = 0; ; round++) {
      if (round === ROUNDS) {
        this.#runSoon();
        return;
      }
      this.#prepare();
      if (ring.toEnter) ring.submit();
      if (this.busyPoll.isOn && ring.hasCompletions) this.busyPoll.active();
      if (this.#sliced) this.#reapSlice();
      else ring.reap(this.#completed, ALL);
      this.#runDeferred();
      this.#afterRound();
      if (this.#ticksFirst) {
        this.#leaveToTicks();
        return;
      }
      this.#sliced = false;
      if (this.#toPrepare > 0 || this.#deferred.length > 0 || ring.busy) continue;
      if (this.busyPoll.isDue) {
        if (this.busyPoll.poll(this.#isRingBusy)) continue;
        this.#runSoon();
        return;
      }
      ring.signal();
      if (!ring.busy) return;
      ring.silence();
    }
  }

  #reapSlice(): void {
    const end = machineClock.now() + SLICE;
    do this.#ring.reap(this.#completed, FEW);
    while (this.#ring.hasCompletions && machineClock.now() < end);
  }

  /**
   * Leaves the rest to another turn, so that writes by the ticks are submitted along with those by
   * the handlers.
   */
  #leaveToTicks(): void {
    this.#ticksFirst = false;
    this.#sliced = true;
    if (this.#deferred.length > 0) this.#runSoon();
    this.#submitSoon();
  }

  #prepare(): void {
    const preparing = this.#preparing;
    // This also covers entries added meanwhile.
    for (let index = 0; index < this.#toPrepare; index++) {
      preparing[index]?.prepare();
      preparing[index] = undefined;
    }
    this.#toPrepare = 0;
  }

  #runDeferred(): void {
    const callbacks = this.#deferred;
    if (callbacks.length === 0) return;
    this.#deferred = [];
    for (const each of callbacks) each.runCallbacks();
  }

  /**
   * Outside a turn, for example after an `await`: submits once the caller has finished. Handlers
   * still wait for a turn, so that a program that writes as fast as the kernel takes data does not
   * starve the loop.
   */
  #submitSoon(): void {
    if (this.#submission) return;
    this.#submission = true;
    afterThis(() => {
      try {
        if (!this.#running) this.#submitNow();
      } finally {
        this.#submission = false;
      }
    });
  }

  #submitNow(): void {
    const ring = this.#ring;
    ring.silence();
    this.#prepare();
    this.#afterRound();
    ring.submit();
    if (!this.#due && !this.busyPoll.isDue) {
      if (!ring.busy) ring.signal();
      if (!ring.busy) return;
      ring.silence();
    }
    this.#runSoon();
  }

  readonly #isRingBusy = (): boolean => this.#ring.busy;

  #runSoon(): void {
    this.#due = true;
    this.#immediate ??= machineClock.setImmediate(this.#runIfDue);
  }

  readonly #runIfDue = (): void => {
    this.#immediate = undefined;
    if (this.#due) this.run();
  };
}
