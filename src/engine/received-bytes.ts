import { invalidValue } from "../errors/argument.ts";
import { lengthOf, memoryOf, offsetOf } from "../system/view.ts";

/** An engine's memory that is lent to handlers. Each loan changes `generation`. */
export interface BufferLoan {
  /**
   * Exactly this memory. If a program transfers it, the program owns it, and it is not lent again.
   */
  readonly buffer: ArrayBuffer;
  /** Even while the memory is lent, odd otherwise. */
  generation: number;
}

/**
 * Whether the bytes are a view that a handler received, and its memory was not transferred: then it
 * is plain, and as long as the view says.
 */
export let isAttached: (bytes: Uint8Array) => boolean;

/**
 * Returns the loan that the bytes lie in, from which they may be sent; undefined for the caller's
 * own bytes. Throws a TypeError if the memory may have been reused. It is a function of the module,
 * because a caller that could reach the lender could misstate the address.
 */
export let loanOf: (bytes: Uint8Array) => BufferLoan | undefined;

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

  static {
    Object.defineProperty(ReceivedBytes.prototype, "constructor", { value: Uint8Array });
    isAttached = (bytes) => #loan in bytes && lengthOf(bytes) > 0;
    loanOf = (bytes) => {
      if (#loan in bytes) {
        const loan = bytes.#loan;
        if (bytes.#generation === loan.generation) return loan;
        throw invalidValue(
          "the bytes were received, and their handler has returned: their memory has been reused; copy bytes that you keep",
        );
      }
      if (!lent.has(memoryOf(bytes))) return undefined;
      throw invalidValue(
        "the bytes lie in memory that was received into, but are neither the view that the handler got nor a subarray() of it: copy them",
      );
    };
  }

  constructor(loan: BufferLoan, generation: number, offset: number, length: number) {
    super(loan.buffer, offset, length);
    this.#loan = loan;
    this.#generation = generation;
  }

  /** As Uint8Array's; the result may also be sent without a copy. */
  override subarray(begin = 0, end = lengthOf(this)): Uint8Array<ArrayBuffer> {
    const whole = lengthOf(this);
    const start = clamped(begin, whole);
    const length = Math.max(clamped(end, whole) - start, 0);
    const loan = this.#loan;
    if (memoryOf(this) !== loan.buffer) return super.subarray(begin, end);
    return new ReceivedBytes(loan, this.#generation, offsetOf(this) + start, length);
  }
}

/** Registers a buffer that will be lent. */
export function willBeLent(buffer: ArrayBuffer): void {
  lent.add(buffer);
}

/** A relative index as in ECMA-262, 23.2.3.31, %TypedArray%.prototype.subarray. */
function clamped(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return whole < 0 ? Math.max(length + whole, 0) : Math.min(whole, length);
}
