import { afterThis, type Immediate } from "../../clock/clock.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import { BusyPoll } from "../busy-poll.ts";
import type { Ring } from "./ring.ts";

/** An object with entries to write before the ring is entered. */
export interface Preparing {
  /** Writes the entries of its operations. Calls no handler. */
  prepare(): void;
}

/** An object with news for a handler other than a completion. */
export interface Telling {
  tell(): void;
}

/** Rounds in one turn before the event loop gets its turn. */
const ROUNDS = 16;

/** Completions taken at once: all there are, or few, between which the time is checked. */
const ALL = 0x7fffffff;
const FEW = 8;

/**
 * How many milliseconds of handlers run before their ticks, so that the responses of slow ones do
 * not wait for each other. Smaller batches cost more wake-ups of peers: with 64 connections, hello
 * over HTTP takes a tenth more processor time in batches of 16.
 */
const SLICE = 1;

/**
 * The bytes that may be sent by plain calls between two turns. Otherwise a program that only
 * awaits its writes would starve the event loop for as long as the kernel takes them. A mebibyte
 * takes some 300 microseconds, and is 16 KiB on each of 64 connections.
 */
const BETWEEN_TURNS = 1_048_576;

/**
 * Decides when the ring is entered and handlers are called: in turns of the event loop, each a
 * bounded number of rounds of preparing, entering and reaping, until nothing is left to do.
 */
export class Tick {
  readonly #ring: Ring;
  readonly #completed: (operation: number, generation: number, result: number, flags: number) => void;
  /** Called after each round, before the ring is entered again. */
  readonly #afterRound: () => void;
  /**
   * The first `#toPrepare` elements count; the array is never shortened, since V8 sets its length
   * through its runtime.
   */
  readonly #preparing: (Preparing | undefined)[] = [];
  #toPrepare = 0;
  #telling: Telling[] = [];
  #running = false;
  #maySend = BETWEEN_TURNS;
  /** Ticks and promises of the handlers called in this round are to run before further handlers. */
  #ticksFirst = false;
  /** The round before was left to ticks. */
  #sliced = false;
  #submission = false;
  /** A turn was scheduled and has not run; the eventfd stays disabled. */
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
   * Whether bytes may be sent by a plain call: outside of a turn, where an entry would be submitted
   * alone and complete in another turn.
   */
  maySend(length: number): boolean {
    if (this.#running || this.#maySend <= 0) return false;
    this.#maySend -= length;
    return true;
  }

  /** Schedules `tell()` for a turn. */
  deferCallback(telling: Telling): void {
    this.#telling.push(telling);
    if (!this.#running) this.#runSoon();
  }

  /** Whether a turn is scheduled, for which the eventfd need not signal. */
  get isDue(): boolean {
    return this.#due;
  }

  /** Ends the turn after this round, so that ticks and promises run before the next one. */
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
      this.#tell();
      this.#afterRound();
      if (this.#ticksFirst) {
        this.#leaveToTicks();
        return;
      }
      this.#sliced = false;
      if (this.#toPrepare > 0 || this.#telling.length > 0 || ring.busy) continue;
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

  /** What the ticks write is submitted along with what the handlers wrote. */
  #leaveToTicks(): void {
    this.#ticksFirst = false;
    this.#sliced = true;
    if (this.#telling.length > 0) this.#runSoon();
    this.#submitSoon();
  }

  #prepare(): void {
    const preparing = this.#preparing;
    // This also reaches entries added meanwhile.
    for (let index = 0; index < this.#toPrepare; index++) {
      preparing[index]?.prepare();
      preparing[index] = undefined;
    }
    this.#toPrepare = 0;
  }

  #tell(): void {
    const telling = this.#telling;
    if (telling.length === 0) return;
    this.#telling = [];
    for (const each of telling) each.tell();
  }

  /**
   * Outside of a turn, such as after an `await`: submits once the caller has finished, and leaves
   * handlers to a turn, so that a program that writes as fast as the kernel takes data does not
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
