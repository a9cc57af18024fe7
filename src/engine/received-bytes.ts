import { invalidValue } from "../errors/argument.ts";
import { invariant } from "../invariant.ts";
import { copyOf, lengthOf, memoryOf, offsetOf, partOf } from "../system/view.ts";

/** An engine's memory that is lent to handlers. Each loan changes `generation`. */
export interface BufferLoan {
  /**
   * The whole of this memory. If a program transfers it, the program owns it, and it is never lent
   * again.
   */
  readonly buffer: ArrayBuffer;
  /** Even while the memory is lent, odd otherwise. */
  generation: number;
  /**
   * Called while a handler runs: keeps the memory lent after the handler returns, until
   * `giveBack()`. Returns false if the memory is needed, or if a copy is cheaper because so few
   * bytes are used. May be called again.
   *
   * @param length how many bytes the program keeps
   */
  keep(length: number): boolean;
  /** Ends the loan that `keep()` prolonged; does nothing unless `keep()` returned true. */
  giveBack(): void;
}

/**
 * A copy on V8's heap that is lent like an engine's memory, so that its views expire in the same
 * way.
 */
class LentCopy implements BufferLoan {
  readonly buffer: ArrayBuffer;
  generation = 0;

  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
    willBeLent(buffer);
  }

  keep(): boolean {
    return true;
  }

  giveBack(): void {
    this.generation++;
  }
}

/**
 * Whether the bytes are a view that a handler received, and its memory was not transferred: then
 * the memory is plain, and the view's length is right.
 */
export let isAttached: (bytes: Uint8Array) => boolean;

/**
 * Returns the loan that the bytes lie in, from whose memory they may be sent; undefined for the
 * caller's own bytes. Throws a TypeError if the memory may have been reused. Programs must not
 * reach the loan, since they could change its address, so this is not a method.
 */
export let loanOf: (bytes: Uint8Array) => BufferLoan | undefined;

/**
 * Called in a handler: returns a view of the bytes that stays valid after the handler returns,
 * until `giveBackLent()`. It is the same view, or a view of a copy. Bytes that the handler received
 * as a plain copy are returned as they are.
 *
 * @param holder an object that lives as long as the view, or a part of it, can be used
 */
export let keepLent: (bytes: Uint8Array, holder?: object) => Uint8Array<ArrayBuffer>;

/** Gives back bytes that `keepLent()` kept; does nothing for other bytes. */
export let giveBackLent: (bytes: Uint8Array) => void;

/** Whether the bytes are a view of lent memory, rather than a copy that belongs to the receiver. */
export let isLent: (bytes: Uint8Array) => boolean;

/**
 * Returns the bytes between two offsets (to the end by default): a lent view if the bytes are lent.
 */
export let partOfLent: (bytes: Uint8Array, start: number, end?: number) => Uint8Array;

/** Every buffer that was ever lent. */
const lent = new WeakSet<ArrayBufferLike>();

/**
 * The view that a handler receives: bytes in an engine's memory, valid while the handler runs. Its
 * `constructor` is Uint8Array, so that `slice()` and the like return plain copies, and programs
 * cannot construct this class.
 */
export class ReceivedBytes extends Uint8Array<ArrayBuffer> {
  readonly #loan: BufferLoan;
  readonly #generation: number;
  #holder: object | undefined;

  static {
    Object.defineProperty(ReceivedBytes.prototype, "constructor", { value: Uint8Array });
    isAttached = (bytes) => #loan in bytes && lengthOf(bytes) > 0;
    isLent = (bytes) => #loan in bytes;
    keepLent = (bytes, holder) => {
      const length = lengthOf(bytes);
      if (#loan in bytes && bytes.#loan.keep(length)) {
        bytes.#holder = holder;
        return bytes;
      }
      const copy = #loan in bytes ? copyOf(bytes) : bytes;
      const memory = memoryOf(copy);
      invariant(memory instanceof ArrayBuffer, "engines copy to plain memory");
      return new ReceivedBytes(new LentCopy(memory), 0, offsetOf(copy), length, holder);
    };
    giveBackLent = (bytes) => {
      if (#loan in bytes && bytes.#generation === bytes.#loan.generation) bytes.#loan.giveBack();
    };
    partOfLent = (bytes, start, end = lengthOf(bytes)) => {
      if (!(#loan in bytes) || memoryOf(bytes) !== bytes.#loan.buffer) return partOf(bytes, start, end);
      const at = offsetOf(bytes) + start;
      return new ReceivedBytes(bytes.#loan, bytes.#generation, at, end - start, bytes.#holder);
    };
    loanOf = (bytes) => {
      if (#loan in bytes) {
        const loan = bytes.#loan;
        if (bytes.#generation === loan.generation) return loan;
        throw invalidValue(
          "the bytes were received, and their handler has returned or their loop has moved on: their " +
            "memory has been reused; copy bytes that you keep",
        );
      }
      if (!lent.has(memoryOf(bytes))) return undefined;
      throw invalidValue(
        "the bytes lie in memory that was received into, but are neither the view that the handler got " +
          "nor a subarray() of it: copy them",
      );
    };
  }

  constructor(loan: BufferLoan, generation: number, offset: number, length: number, holder?: object) {
    super(loan.buffer, offset, length);
    this.#loan = loan;
    this.#generation = generation;
    this.#holder = holder;
  }

  /** Like Uint8Array's `subarray()`; the result may also be sent without a copy. */
  override subarray(begin = 0, end = lengthOf(this)): Uint8Array<ArrayBuffer> {
    const whole = lengthOf(this);
    const start = clamped(begin, whole);
    const length = Math.max(clamped(end, whole) - start, 0);
    const loan = this.#loan;
    if (memoryOf(this) !== loan.buffer) return super.subarray(begin, end);
    return new ReceivedBytes(loan, this.#generation, offsetOf(this) + start, length, this.#holder);
  }
}

/** Registers a buffer that will be lent. */
export function willBeLent(buffer: ArrayBuffer): void {
  lent.add(buffer);
}

/** Resolves a relative index as in ECMA-262, 23.2.3.31, %TypedArray%.prototype.subarray. */
function clamped(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return whole < 0 ? Math.max(length + whole, 0) : Math.min(whole, length);
}
