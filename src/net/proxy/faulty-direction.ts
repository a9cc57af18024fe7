import type { Clock, Timer } from "../../clock/clock.ts";
import type { Diversion, Pipe } from "../connection/pipe.ts";
import { changesBytes, type Faults } from "./faults.ts";

/** How many bytes to hold back before receiving pauses. */
const MOST_HELD = 262_144;

/** With a rate, pieces take at most this many milliseconds. */
const LONGEST_PIECE = 20;

/** Bytes, or undefined for the end, and when they may be sent. */
interface Held {
  readonly bytes: Uint8Array | undefined;
  readonly due: number;
}

/** The connection whose bytes are held back. */
interface Source {
  readonly closed: boolean;
  pause(): void;
  resume(): void;
}

/** One direction of a connection with faults: holds back what its source sends. */
export class FaultyDirection implements Diversion {
  readonly #clock: Clock;
  readonly #pipe: Pipe;
  readonly #from: Source;
  /** How many bytes may pass before the connection is reset. */
  readonly #pass: (bytes: number) => number;
  #faults: Faults;
  #held: Held[] = [];
  #heldBytes = 0;
  #paused = false;
  #timer: Timer | undefined;
  /** When the rate allows the next bytes. */
  #next = 0;

  constructor(clock: Clock, pipe: Pipe, from: Source, faults: Faults, pass: (bytes: number) => number) {
    this.#clock = clock;
    this.#pipe = pipe;
    this.#from = from;
    this.#faults = faults;
    this.#pass = pass;
    pipe.divert(this);
  }

  change(faults: Faults): void {
    this.#faults = faults;
    if (changesBytes(faults)) this.#pipe.divert(this);
    this.#proceed();
  }

  /** A view that is valid during the call. */
  onData(view: Uint8Array): void {
    const { slice = Number.POSITIVE_INFINITY, rate } = this.#faults;
    const ofRate = rate === undefined ? Number.POSITIVE_INFINITY : (rate * LONGEST_PIECE) / 1000;
    const longest = Math.max(1, Math.floor(Math.min(slice, ofRate, view.length)));
    const due = this.#due();
    const bytes = new Uint8Array(view);
    for (let at = 0; at < bytes.length; at += longest)
      this.#held.push({ bytes: bytes.subarray(at, at + longest), due });
    this.#heldBytes += bytes.length;
    this.#proceed();
  }

  onEnd(): void {
    this.#held.push({ bytes: undefined, due: this.#due() });
    this.#proceed();
  }

  /** The target has sent everything. */
  onDrain(): void {
    this.#proceed();
  }

  /** Drops the data held back. */
  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#held = [];
    this.#heldBytes = 0;
  }

  #due(): number {
    const { latency = 0, jitter = 0 } = this.#faults;
    const due = this.#clock.now() + Math.max(0, latency + jitter * (2 * Math.random() - 1));
    return Math.max(due, this.#held.at(-1)?.due ?? 0);
  }

  /** Sends what is due, and returns when to try again; undefined if an event will trigger it. */
  #proceed(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const wait = this.#sendDue();
    if (wait !== undefined) this.#timer = this.#clock.setTimeout(() => this.#proceed(), wait).unref();
    this.#holdSource();
    if (this.#held.length === 0 && !changesBytes(this.#faults)) this.#pipe.divert(undefined);
  }

  /**
   * Returns the delay in milliseconds before the next attempt; undefined if an event will trigger
   * it.
   */
  #sendDue(): number | undefined {
    for (;;) {
      const [first] = this.#held;
      if (first === undefined || this.#faults.stall === true) return undefined;
      const now = this.#clock.now();
      const { rate, slice } = this.#faults;
      const due = Math.max(first.due, rate === undefined ? 0 : this.#next);
      if (due > now) return due - now;
      // The rest follows once the target has sent this.
      if (this.#pipe.to.pendingBytes >= MOST_HELD) return undefined;
      this.#held.shift();
      if (!this.#send(first.bytes, now)) return undefined;
      // Each slice is a separate segment, in a turn of its own.
      if (slice !== undefined && first.bytes !== undefined) return 0;
    }
  }

  /** Returns false once there is nothing more to send. */
  #send(bytes: Uint8Array | undefined, now: number): boolean {
    if (bytes === undefined) {
      this.#pipe.finish();
      return false;
    }
    this.#heldBytes -= bytes.length;
    const { rate } = this.#faults;
    if (rate !== undefined) this.#next = Math.max(this.#next, now) + (bytes.length * 1000) / rate;
    const allowed = this.#pass(bytes.length);
    if (allowed > 0) this.#pipe.send(bytes.subarray(0, allowed));
    return allowed === bytes.length;
  }

  #holdSource(): void {
    const isFull = this.#heldBytes >= MOST_HELD;
    if (isFull === this.#paused || this.#from.closed) return;
    this.#paused = isFull;
    if (isFull) this.#from.pause();
    else this.#from.resume();
  }
}
