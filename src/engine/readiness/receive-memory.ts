import { lengthOf } from "../../system/view.ts";
import { type BufferLoan, willBeLent } from "../received-bytes.ts";

/** The most that one call receives, and the longest datagram that IP carries. */
const SIZE = 65_536;

/**
 * Memory to receive into, lent to a handler for the length of its call. It is JavaScript's own: the
 * system knows its address only during one call. If a program transfers it, the program keeps it,
 * and new memory replaces it.
 */
export class ReceiveMemory implements BufferLoan {
  buffer = newBuffer();
  generation = 1;
  #bytes = new Uint8Array(this.buffer);
  #first: Uint8Array | undefined;

  /**
   * The whole buffer. It may have been transferred at any time, since a program can keep the buffer
   * of a view: receiving into length 0 would look like an end.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.isTransferred) {
      this.buffer = newBuffer();
      this.#bytes = new Uint8Array(this.buffer);
      this.#first = undefined;
    }
    return this.#bytes;
  }

  /** The first bytes, in a view that is used again for the same length. */
  first(length: number): Uint8Array {
    if (this.#first?.length !== length) this.#first = this.bytes.subarray(0, length);
    return this.#first;
  }

  /** A program has taken the received bytes. */
  get isTransferred(): boolean {
    return lengthOf(this.#bytes) === 0;
  }

  /** Lends the buffer; returns the generation of the views. */
  lend(): number {
    this.generation++;
    return this.generation;
  }

  /** The handler has returned. */
  takeBack(): void {
    this.generation++;
  }
}

function newBuffer(): ArrayBuffer {
  const buffer = new ArrayBuffer(SIZE);
  willBeLent(buffer);
  return buffer;
}
