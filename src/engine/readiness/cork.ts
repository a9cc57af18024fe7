/** More than these go in a call of their own: copying them would cost as much. */
const LONGEST = 4096;
const BUFFER = 16_384;

/** Who can have bytes gathered. */
export interface Sender {
  /** Sends them. They are the sender's for the length of the call. */
  sendGathered(bytes: Uint8Array): void;
}

/**
 * What handlers write in small pieces, gathered until they have returned, so that it goes in one
 * call: a header and a body that go one by one cost two calls, and with Nagle's algorithm a round
 * trip. There is room for one stream at a time.
 */
export class Cork {
  readonly #bytes = new Uint8Array(BUFFER);
  /** Views of the first so many bytes, by their number, for lengths that come often. */
  readonly #views: (Uint8Array | undefined)[] = [];
  #length = 0;
  #sender: Sender | undefined;

  /** Whether bytes are short enough to be gathered. */
  static takes(length: number): boolean {
    return length <= LONGEST;
  }

  /**
   * Adds bytes of a sender's, at most as many as `takes()` says; sends what there is no room
   * beside.
   */
  add(sender: Sender, bytes: Uint8Array, length: number): void {
    if (this.#sender !== sender || this.#length + length > BUFFER) {
      this.send();
      this.#sender = sender;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += length;
  }

  /** How many bytes there are of a sender's. */
  of(sender: Sender): number {
    return this.#sender === sender ? this.#length : 0;
  }

  /** Sends what is there. */
  send(): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    const length = this.#length;
    this.#sender = undefined;
    this.#length = 0;
    sender.sendGathered(this.#view(length));
  }

  /** Drops what is there of a sender's. */
  drop(sender: Sender): void {
    if (this.#sender !== sender) return;
    this.#sender = undefined;
    this.#length = 0;
  }

  #view(length: number): Uint8Array {
    if (length > LONGEST) return this.#bytes.subarray(0, length);
    this.#views[length] ??= this.#bytes.subarray(0, length);
    return this.#views[length];
  }
}
