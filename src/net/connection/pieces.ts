import type { PulledStream } from "./pulled-stream.ts";

/**
 * The pieces of a connection, one after the other: an async generator would take 550 bytes more of
 * each that waits.
 */
export class Pieces implements AsyncIterableIterator<Uint8Array, void, void> {
  readonly #pulled: PulledStream;
  #left = false;

  constructor(pulled: PulledStream) {
    this.#pulled = pulled;
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    return this.#left ? Promise.resolve(asResult(null)) : this.#pulled.next();
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#left = true;
    return Promise.resolve(asResult(null));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What an iterator gives for what `read()` gives. */
export function asResult(piece: Uint8Array | null): IteratorResult<Uint8Array, void> {
  return piece === null ? { value: undefined, done: true } : { value: piece, done: false };
}
