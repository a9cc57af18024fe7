import { type Lender, willBeLent } from "../received-bytes.ts";

/** The most that one call receives, and the longest datagram that IP carries. */
const SIZE = 65_536;

/**
 * Memory that is received into, and lent to a handler for the length of its call. It is JavaScript's own: the system knows its
 * address for the length of one call only. Whoever transfers it has it, and another takes its place.
 */
export class ReceiveMemory implements Lender {
  buffer = newBuffer();
  /** All of it. */
  bytes = new Uint8Array(this.buffer);
  generation = 1;

  /** Lends it; gives the generation of the views. */
  lend(): number {
    this.generation++;
    return this.generation;
  }

  /** The handler has returned. */
  takeBack(): void {
    this.generation++;
    if (this.bytes.length > 0) return;
    this.buffer = newBuffer();
    this.bytes = new Uint8Array(this.buffer);
  }
}

function newBuffer(): ArrayBuffer {
  const buffer = new ArrayBuffer(SIZE);
  willBeLent(buffer);
  return buffer;
}
