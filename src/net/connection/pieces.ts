import { own, type Take } from "./reading.ts";

/** The source of an iterator. @internal */
export interface PieceSource {
  readNext<As>(take: Take<As>, keepsAhead: boolean): Promise<As>;
}

/**
 * Iterates over the chunks of a connection. An async generator would cost 550 bytes more for each
 * waiting connection.
 */
export class Pieces implements AsyncIterableIterator<Uint8Array, void, void> {
  readonly #source: PieceSource;
  #left = false;

  constructor(source: PieceSource) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    return this.#left ? Promise.resolve(asResult(null)) : this.#source.readNext(ownResult, false);
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#left = true;
    return Promise.resolve(asResult(null));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const ownResult = (piece: Uint8Array | null): IteratorResult<Uint8Array, void> => asResult(own(piece));

/** Converts what was read to the result of an iterator. */
export function asResult(piece: Uint8Array | null): IteratorResult<Uint8Array, void> {
  return piece === null ? { value: undefined, done: true } : { value: piece, done: false };
}
