/**
 * Iterates over the datagrams of a socket, with one promise for each; an async generator takes
 * three.
 */
export class DatagramIterator<Datagram> implements AsyncGenerator<Datagram, void, void> {
  readonly #next: () => Promise<IteratorResult<Datagram, void>>;
  #left = false;

  constructor(next: () => Promise<IteratorResult<Datagram, void>>) {
    this.#next = next;
  }

  next(): Promise<IteratorResult<Datagram, void>> {
    return this.#left ? Promise.resolve(asResult<Datagram>(null)) : this.#next();
  }

  return(): Promise<IteratorResult<Datagram, void>> {
    this.#left = true;
    return Promise.resolve(asResult<Datagram>(null));
  }

  throw(error: unknown): Promise<IteratorResult<Datagram, void>> {
    this.#left = true;
    return Promise.reject(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#left = true;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Converts a datagram, or null at the end, to the result of an iterator. */
export function asResult<Datagram>(datagram: Datagram | null): IteratorResult<Datagram, void> {
  return datagram === null ? { value: undefined, done: true } : { value: datagram, done: false };
}
