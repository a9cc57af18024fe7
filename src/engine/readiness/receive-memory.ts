import { lengthOf } from "../../system/view.ts";
import { type BufferLoan, willBeLent } from "../received-bytes.ts";

/** The most bytes that one call receives; also the longest datagram that IP carries. */
export const MOST_BYTES = 65_536;

/**
 * If a program keeps fewer bytes than this, it gets a copy: switching to other memory would cost
 * cache misses.
 */
const LEAST_KEPT = 4096;

/**
 * How many buffers programs may keep at once (16 MiB), and how many of those are reused (4 MiB):
 * new memory is zeroed, which costs more than copying to it.
 */
const MOST_KEPT = 256;
const MOST_SPARE = 64;

/**
 * The memory that a thread receives into. If a program keeps what it received, other memory
 * replaces it.
 */
export class ReceiveMemories {
  current = new ReceiveMemory(this);
  readonly #spare: ReceiveMemory[] = [];
  #kept = 0;

  /**
   * Replaces the current buffer, because a program keeps it. Returns false if programs keep too
   * many.
   */
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
 * Memory to receive into, lent to a handler while it runs. It is an ordinary ArrayBuffer: the
 * system has its address only during a call. If a program transfers it, new memory replaces it.
 */
export class ReceiveMemory implements BufferLoan {
  buffer = newBuffer();
  generation = 1;
  /** Undefined if programs cannot keep it. */
  readonly #owner: ReceiveMemories | undefined;
  /** Lent beyond the end of the handler. */
  #kept = false;
  #bytes = new Uint8Array(this.buffer);
  #view: Uint8Array | undefined;

  constructor(owner?: ReceiveMemories) {
    this.#owner = owner;
  }

  /**
   * The whole buffer; a new one if a program has transferred it, since receiving into 0 bytes would
   * look like the peer's end. (A program can get at the buffer through a view.)
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.isTransferred) {
      this.buffer = newBuffer();
      this.#bytes = new Uint8Array(this.buffer);
      this.#view = undefined;
    }
    return this.#bytes;
  }

  /** The first bytes, for the engine only. The view is reused while the length stays the same. */
  view(length: number): Uint8Array {
    if (this.#view === undefined || lengthOf(this.#view) !== length)
      this.#view = new Uint8Array(this.buffer, 0, length);
    return this.#view;
  }

  /** Whether a program has transferred the buffer. */
  get isTransferred(): boolean {
    return lengthOf(this.#bytes) === 0;
  }

  /** Lends the buffer; returns the generation for its views. */
  lend(): number {
    this.generation++;
    return this.generation;
  }

  /** Ends the loan, as the handler has returned. */
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
