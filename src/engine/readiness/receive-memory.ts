import { lengthOf } from "../../system/view.ts";
import { type BufferLoan, willBeLent } from "../received-bytes.ts";

/** The most that one call receives, and the longest datagram that IP carries. */
export const MOST_BYTES = 65_536;

/**
 * A program keeps a view of fewer bytes as a copy: other memory would leave the processor's cache.
 */
const LEAST_KEPT = 4096;

/**
 * How many may be kept by programs at once (16 MiB), and how many of those are used again (4 MiB):
 * new memory costs more than copying to it, since it is cleared.
 */
const MOST_KEPT = 256;
const MOST_SPARE = 64;

/**
 * The memory that a thread receives into. Where a program keeps what it received, other memory
 * takes its place.
 */
export class ReceiveMemories {
  current = new ReceiveMemory(this);
  readonly #spare: ReceiveMemory[] = [];
  #kept = 0;

  /** Replaces the current one, which a program keeps; returns false if too many are kept. */
  keep(): boolean {
    if (this.#kept === MOST_KEPT) return false;
    this.#kept++;
    this.current = this.#spare.pop() ?? new ReceiveMemory(this);
    return true;
  }

  giveBack(memory: ReceiveMemory): void {
    this.#kept--;
    if (this.#spare.length < MOST_SPARE) this.#spare.push(memory);
  }
}

/**
 * Memory to receive into, lent to a handler for the length of its call. It is JavaScript's own: the
 * system knows its address only during one call. If a program transfers it, the program keeps it,
 * and new memory replaces it.
 */
export class ReceiveMemory implements BufferLoan {
  buffer = newBuffer();
  generation = 1;
  /** Undefined if it cannot be kept. */
  readonly #owner: ReceiveMemories | undefined;
  /** Lent for longer than a handler runs. */
  #kept = false;
  #bytes = new Uint8Array(this.buffer);
  #view: Uint8Array | undefined;

  constructor(owner?: ReceiveMemories) {
    this.#owner = owner;
  }

  /**
   * The whole buffer. It may have been transferred at any time, since a program can keep the buffer
   * of a view: receiving into length 0 would look like an end.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.isTransferred) {
      this.buffer = newBuffer();
      this.#bytes = new Uint8Array(this.buffer);
      this.#view = undefined;
    }
    return this.#bytes;
  }

  /** The first bytes, for the engine alone. One view serves as long as the length is the same. */
  view(length: number): Uint8Array {
    if (this.#view === undefined || lengthOf(this.#view) !== length)
      this.#view = new Uint8Array(this.buffer, 0, length);
    return this.#view;
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
    if (!this.#kept) this.generation++;
  }

  keep(length: number): boolean {
    if (this.#kept) return true;
    if (length < LEAST_KEPT || this.#owner?.keep() !== true) return false;
    this.#kept = true;
    return true;
  }

  giveBack(): void {
    if (!this.#kept) return;
    this.#kept = false;
    this.generation++;
    this.#owner?.giveBack(this);
  }
}

function newBuffer(): ArrayBuffer {
  const buffer = new ArrayBuffer(MOST_BYTES);
  willBeLent(buffer);
  return buffer;
}
