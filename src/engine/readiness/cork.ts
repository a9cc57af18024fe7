import { writeText } from "../write-text.ts";

/** Longer writes get their own call: copying them would cost as much. */
const LONGEST = 4096;
const BUFFER = 16_384;

/** A sender whose writes can be corked. */
export interface Sender {
  /** Sends the bytes, which are valid only during the call. */
  sendGathered(bytes: Uint8Array): void;
}

/**
 * Gathers the small writes of handlers until they have returned, and sends them in one call:
 * separate calls for a header and a body cost twice as much, and with Nagle's algorithm a round
 * trip. It holds the writes of one stream at a time.
 */
export class Cork {
  readonly #bytes = Buffer.allocUnsafeSlow(BUFFER);
  /** Views of the first N bytes, indexed by N, for common lengths. */
  readonly #views: (Uint8Array | undefined)[] = [];
  #length = 0;
  #sender: Sender | undefined;

  /** Whether the bytes are short enough to be gathered. */
  static takes(length: number): boolean {
    return length <= LONGEST;
  }

  /**
   * Adds a sender's bytes, at most as many as `takes()` allows; first flushes whatever they do not
   * fit beside.
   */
  add(sender: Sender, bytes: Uint8Array, length: number): void {
    if (this.#sender !== sender || this.#length + length > BUFFER) {
      this.send();
      this.#sender = sender;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += length;
  }

  /** Adds a string of at most `most` bytes in the same way; returns its length. */
  addText(sender: Sender, text: string, encoding: BufferEncoding, most: number): number {
    if (this.#sender !== sender || this.#length + most > BUFFER) {
      this.send();
      this.#sender = sender;
    }
    const added = writeText(this.#bytes, this.#length, most, text, encoding);
    this.#length += added;
    return added;
  }

  /** How many gathered bytes belong to a sender. */
  of(sender: Sender): number {
    return this.#sender === sender ? this.#length : 0;
  }

  /** Sends the gathered bytes. */
  send(): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    const length = this.#length;
    this.#sender = undefined;
    this.#length = 0;
    sender.sendGathered(this.#view(length));
  }

  /** Drops a sender's gathered bytes. */
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
