import { defined } from "../invariant.ts";
import type { Memory } from "../native/memory.ts";

/**
 * The address argument of a raw call: the address of mapped memory, or bytes that live as long as
 * the call.
 */
export type Bytes = bigint | Uint8Array;

/**
 * Bytes before the buffer, for its length. The length comes first: in the last 64 bytes of a page
 * with no page after it, the kernel takes 350 ns more to copy it (docs/benchmarks.md).
 */
export const LENGTH_SIZE = 16;

/** The longest option value: every System has a buffer of this size. */
export const OPTION_CAPACITY = 16_384;

/**
 * A buffer and its length in one: the value-result argument of accept, recvfrom, getsockname and
 * getsockopt. `length` is the caller's size before the call, and the kernel's after it, which may
 * be larger.
 */
export class ValueResult {
  readonly capacity: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same bytes as C ints, since most options are one. */
  readonly ints: Int32Array;
  readonly pointer: Bytes;
  /**
   * `pointer` as a number, which is cheaper to write than a bigint; undefined if it is not mapped,
   * until a structure that points to it is first written. Safety: the memory of an ArrayBuffer does
   * not move, and no other code has this one and could transfer it.
   */
  location: number | undefined;
  readonly lengthPointer: Bytes;
  readonly #length: Int32Array;

  /** The first 16 of the `size` bytes at `offset` hold the length; the others are the buffer. */
  constructor(memory: ArrayBuffer | Memory, offset = 0, size = bufferOf(memory).byteLength - offset) {
    const buffer = bufferOf(memory);
    const start = offset + LENGTH_SIZE;
    const capacity = size - LENGTH_SIZE;
    this.capacity = capacity;
    this.bytes = new Uint8Array(buffer, start, capacity);
    this.view = new DataView(buffer, start, capacity);
    this.ints = new Int32Array(buffer, start, capacity >> 2);
    this.#length = new Int32Array(buffer, offset, 1);
    // Safety: both pointers lie in one mapping that is never unmapped, or are views of one
    // ArrayBuffer held here.
    if (memory instanceof ArrayBuffer) {
      this.pointer = this.bytes;
      this.location = undefined;
      this.lengthPointer = new Uint8Array(buffer, offset, 4);
    } else {
      this.pointer = memory.pointer + BigInt(start);
      this.location = Number(this.pointer);
      this.lengthPointer = memory.pointer + BigInt(offset);
    }
  }

  /** Whether the other holds the same bytes; may return false if the memory beyond them differs. */
  holdsSameAs({ length, ints }: ValueResult): boolean {
    if (length !== this.length || length > this.capacity) return false;
    for (let at = 0; at * 4 < length; at += 1) if (ints[at] !== this.ints[at]) return false;
    return true;
  }

  /** Returns this one if `size` bytes fit, otherwise separate memory for one call. */
  withBufferFor(length: number): ValueResult {
    return length <= this.capacity ? this : new ValueResult(new ArrayBuffer(LENGTH_SIZE + length));
  }

  get length(): number {
    return defined(this.#length[0], "the length is one int");
  }

  set length(length: number) {
    this.#length[0] = length;
  }

  /** `length`, but never more than the buffer. */
  get validLength(): number {
    return Math.min(this.length, this.capacity);
  }

  /** The valid bytes. */
  get valid(): Uint8Array {
    return this.bytes.subarray(0, this.validLength);
  }
}

function bufferOf(memory: ArrayBuffer | Memory): ArrayBuffer {
  return memory instanceof ArrayBuffer ? memory : memory.buffer;
}
