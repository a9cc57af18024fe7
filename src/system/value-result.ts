import type { Memory } from "../native/memory.ts";

/** What a raw call takes as an address: mapped memory by its address, or bytes that live as long as the call. */
export type Bytes = bigint | Uint8Array;

/**
 * Bytes before the buffer, for its length. It comes first: in the last 64 bytes of a page, with no page behind it, the
 * kernel takes 350 ns more to copy it (docs/benchmarks.md).
 */
export const LENGTH_SIZE = 16;

/** How long the value of an option may be: the room that every System has for one. */
export const OPTION_CAPACITY = 16_384;

/**
 * A buffer and its length as one: the value-result argument of accept, recvfrom, getsockname and getsockopt.
 * `length` is what the caller has, before the call, and what the kernel had, after it (it may be more).
 */
export class ValueResult {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same bytes as C ints, since most options are one. */
  readonly ints: Int32Array;
  readonly pointer: Bytes;
  readonly lengthPointer: Bytes;
  readonly #length: Int32Array;

  /** The first 16 bytes of `memory` hold the length; the rest is the buffer. */
  constructor(memory: ArrayBuffer | Memory) {
    const buffer = memory instanceof ArrayBuffer ? memory : memory.buffer;
    const capacity = buffer.byteLength - LENGTH_SIZE;
    this.bytes = new Uint8Array(buffer, LENGTH_SIZE, capacity);
    this.view = new DataView(buffer, LENGTH_SIZE, capacity);
    this.ints = new Int32Array(buffer, LENGTH_SIZE, capacity >> 2);
    this.#length = new Int32Array(buffer, 0, 1);
    // Safety: both pointers lie in one mapping that is never unmapped, or are views of one ArrayBuffer held here.
    this.pointer = memory instanceof ArrayBuffer ? this.bytes : memory.pointer + BigInt(LENGTH_SIZE);
    this.lengthPointer = memory instanceof ArrayBuffer ? new Uint8Array(buffer, 0, 4) : memory.pointer;
  }

  get capacity(): number {
    return this.bytes.byteLength;
  }

  get length(): number {
    return this.#length[0] ?? 0;
  }

  set length(length: number) {
    this.#length[0] = length;
  }

  /** `length`, but never past the buffer. */
  get validLength(): number {
    return Math.min(this.length, this.capacity);
  }

  /** The bytes that are valid. */
  get valid(): Uint8Array {
    return this.bytes.subarray(0, this.validLength);
  }
}
