import { lengthOf, memoryOf } from "../system/view.ts";

/** Memory of an engine's own that handlers are lent: whenever it is lent anew, `generation` is another. */
export interface Lender {
  /** Over this memory and no more. Where a program transfers it, the memory is the program's, and is not lent again. */
  readonly buffer: ArrayBuffer;
  /** Even while the memory is lent, odd while it is not. */
  generation: number;
}

/** Every buffer that was ever lent. */
const lent = new WeakSet<ArrayBufferLike>();

/**
 * What a handler gets: bytes in an engine's memory, good for as long as it runs. `slice()` and its like give plain Uint8Arrays,
 * which are copies.
 */
export class ReceivedBytes extends Uint8Array<ArrayBuffer> {
  readonly #lender: Lender;
  readonly #generation: number;

  static get [Symbol.species]() {
    return Uint8Array;
  }

  constructor(lender: Lender, generation: number, offset: number, length: number) {
    super(lender.buffer, offset, length);
    this.#lender = lender;
    this.#generation = generation;
  }

  /** As Uint8Array's; what it gives may be sent from where it lies, too. */
  override subarray(begin = 0, end = this.length): Uint8Array<ArrayBuffer> {
    const start = clamped(begin, this.length);
    const length = Math.max(clamped(end, this.length) - start, 0);
    if (this.buffer !== this.#lender.buffer) return super.subarray(begin, end);
    return new ReceivedBytes(this.#lender, this.#generation, this.byteOffset + start, length);
  }

  /** Whether they are such bytes, whose memory nobody has transferred: it is plain, and as long as they say. */
  static isAttached(bytes: Uint8Array): boolean {
    return #lender in bytes && lengthOf(bytes) > 0;
  }

  /**
   * Whose memory the bytes lie in, and may be sent from; undefined for bytes of the caller's own.
   *
   * @throws TypeError if the memory may hold other bytes by now
   */
  static lenderOf(bytes: Uint8Array): Lender | undefined {
    if (#lender in bytes) {
      const lender = bytes.#lender;
      if (bytes.#generation === lender.generation) return lender;
      throw new TypeError(
        "the bytes were received, and their handler has returned: their memory holds others by now; copy bytes that are to be kept",
      );
    }
    if (!lent.has(memoryOf(bytes))) return undefined;
    throw new TypeError(
      "the bytes lie in memory that was received into, and are not the view that the handler was given, nor a subarray() of it: copy them",
    );
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
