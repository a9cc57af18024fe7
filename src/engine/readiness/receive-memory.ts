import { lengthOf } from "../../system/view.ts";
import { type BufferLoan, willBeLent } from "../received-bytes.ts";

/** The most that one call receives, and the longest datagram that IP carries. */
const SIZE = 65_536;

/**
 * Memory that is received into, and lent to a handler for the length of its call. It is
 * JavaScript's own: the system knows its address for the length of one call only. Whoever transfers
 * it has it, and another takes its place.
 */
export class ReceiveMemory implements BufferLoan {
  buffer = newBuffer();
  generation = 1;
  #bytes = new Uint8Array(this.buffer);

  /**
   * All of it. It may be transferred at any time, since a program can keep the buffer of a view: a
   * call of length 0 would find an end.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.isTransferred) {
      this.buffer = newBuffer();
      this.#bytes = new Uint8Array(this.buffer);
    }
    return this.#bytes;
  }

  /** What was received is a program's own now. */
  get isTransferred(): boolean {
    return lengthOf(this.#bytes) === 0;
  }

  /** Lends it; gives the generation of the views. */
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
