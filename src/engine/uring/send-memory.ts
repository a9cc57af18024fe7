import { defined } from "../../invariant.ts";
import { mapMemory } from "../../native/memory.ts";
import { type BufferPool, PooledBuffer } from "./pooled-buffer.ts";

/** Sizes of buffers. */
const SIZES = [512, 4096, 32_768, 262_144];
/** How much is mapped at once. */
const MAPPED = 1 << 20;

const OF_SIZE = "there are buffers of each size";

/** The longest buffer. */
export const LONGEST = 262_144;

/** Memory for outgoing data that is not already where the kernel may read it. */
export class SendMemory implements BufferPool {
  readonly mayWait = true;
  readonly #free: PooledBuffer[][] = SIZES.map(() => []);

  /** Maps buffers of every size, so that more has to be mapped only if a lot of data is waiting. */
  prepare(): void {
    for (const [index, free] of this.#free.entries())
      if (free.length === 0) free.push(this.#map(index, free));
  }

  /** Returns a buffer for `length` bytes, or the longest. The caller is its only user. */
  take(length: number): PooledBuffer {
    const index = SIZES.findIndex((size) => size >= length || size === LONGEST);
    const free = defined(this.#free[index], OF_SIZE);
    const buffer = free.pop() ?? this.#map(index, free);
    buffer.users = 1;
    return buffer;
  }

  takeBack(buffer: PooledBuffer): void {
    defined(this.#free[buffer.index], OF_SIZE).push(buffer);
  }

  #map(index: number, free: PooledBuffer[]): PooledBuffer {
    const memory = mapMemory(MAPPED);
    const size = defined(SIZES[index], OF_SIZE);
    for (let offset = MAPPED - size; offset > 0; offset -= size)
      free.push(new PooledBuffer(this, index, memory, offset, size));
    return new PooledBuffer(this, index, memory, 0, size);
  }
}
