import { invalidValue } from "../errors/argument.ts";
import { lengthOf, memoryOf, offsetOf } from "../system/view.ts";

/**
 * Memory of an engine's own that handlers are lent: whenever it is lent anew, `generation` is
 * another.
 */
export interface BufferLoan {
  /**
   * Over this memory and no more. Where a program transfers it, the memory is the program's, and is
   * not lent again.
   */
  readonly buffer: ArrayBuffer;
  /** Even while the memory is lent, odd while it is not. */
  generation: number;
}

/**
 * Whether they are bytes that a handler was given, whose memory nobody has transferred: it is
 * plain, and as long as they say.
 */
export let isAttached: (bytes: Uint8Array) => boolean;

/**
 * Whose memory the bytes lie in, and may be sent from; undefined for bytes of the caller's own.
 * Throws a TypeError if the memory may hold other bytes by now. A function of the module: a caller
 * that got at the lender could say where it lies.
 */
export let loanOf: (bytes: Uint8Array) => BufferLoan | undefined;

/** Every buffer that was ever lent. */
const lent = new WeakSet<ArrayBufferLike>();

/**
 * What a handler gets: bytes in an engine's memory, good for as long as it runs. Their
 * `constructor` is Uint8Array, so `slice()` and its like give plain copies, and this class, with
 * which bytes could be made up, stays ours.
 */
export class ReceivedBytes extends Uint8Array<ArrayBuffer> {
  readonly #loan: BufferLoan;
  readonly #generation: number;

  static {
    Object.defineProperty(ReceivedBytes.prototype, "constructor", { value: Uint8Array });
    isAttached = (bytes) => #loan in bytes && lengthOf(bytes) > 0;
    loanOf = (bytes) => {
      if (#loan in bytes) {
        const loan = bytes.#loan;
        if (bytes.#generation === loan.generation) return loan;
        throw invalidValue(
          "the bytes were received, and their handler has returned: their memory holds others by now; copy bytes that are to be kept",
        );
      }
      if (!lent.has(memoryOf(bytes))) return undefined;
      throw invalidValue(
        "the bytes lie in memory that was received into, and are not the view that the handler was given, nor a subarray() of it: copy them",
      );
    };
  }

  constructor(loan: BufferLoan, generation: number, offset: number, length: number) {
    super(loan.buffer, offset, length);
    this.#loan = loan;
    this.#generation = generation;
  }

  /** As Uint8Array's; what it gives may be sent from where it lies, too. */
  override subarray(begin = 0, end = lengthOf(this)): Uint8Array<ArrayBuffer> {
    const whole = lengthOf(this);
    const start = clamped(begin, whole);
    const length = Math.max(clamped(end, whole) - start, 0);
    const loan = this.#loan;
    if (memoryOf(this) !== loan.buffer) return super.subarray(begin, end);
    return new ReceivedBytes(loan, this.#generation, offsetOf(this) + start, length);
  }
}

/** Notes that a buffer will be lent. */
export function willBeLent(buffer: ArrayBuffer): void {
  lent.add(buffer);
}

/** A relative index as in ECMA-262, 23.2.3.31, %TypedArray%.prototype.subarray. */
function clamped(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return whole < 0 ? Math.max(length + whole, 0) : Math.min(whole, length);
}
