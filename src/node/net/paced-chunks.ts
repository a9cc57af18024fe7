import { afterTicks } from "../../clock/next-tick.ts";
import { lengthOf } from "../../system/view.ts";

/** A copy, since the engine owns the memory. `Buffer.from()` costs twice as much. */
export function copied(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(lengthOf(bytes));
  copy.set(bytes);
  return copy;
}

/**
 * Gives chunks that arrive together one at a time, with ticks and promises between them, as libuv
 * does. A program may read once for each `readable`, and since Node 26 `read()` returns a single
 * chunk: the others would wait for an event that may never come.
 */
export class PacedChunks {
  readonly #give: (chunk: Buffer) => void;
  readonly #chunks: Buffer[] = [];
  readonly #afterwards: (() => void)[] = [];
  #isDue = false;
  #isStopped = false;

  constructor(give: (chunk: Buffer) => void) {
    this.#give = give;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#giveSoon();
  }

  /** Calls back once every chunk is given: the end or a failure comes after the data. */
  whenEmpty(call: () => void): void {
    this.#afterwards.push(call);
  }

  /** The Socket stops reading. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The Socket reads again. */
  start(): void {
    this.#isStopped = false;
    if (!this.isEmpty) this.#giveSoon();
  }

  #giveSoon() {
    if (this.#isDue || this.#isStopped) return;
    this.#isDue = true;
    afterTicks(() => this.#giveNext());
  }

  #giveNext() {
    this.#isDue = false;
    if (this.#isStopped) return;
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#give(chunk);
    if (!this.isEmpty) this.#giveSoon();
    else for (const call of this.#afterwards.splice(0)) call();
  }
}
