import { lengthOf, partOf } from "../../system/view.ts";

/**
 * Small writes share chunks of this size, so that each call sends at least this much if that much
 * is queued.
 */
const CHUNK = 16_384;

interface Chunk {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** Copies of the bytes that the system had no space for, in the order to send them. */
export class WriteQueue {
  /** The number of bytes. */
  bytes = 0;
  #chunks: Chunk[] = [];
  /** Chunks before this index have been sent. */
  #first = 0;

  add(bytes: Uint8Array): void {
    const length = lengthOf(bytes);
    this.bytes += length;
    const last = this.#chunks.at(-1);
    const fitting = last === undefined ? 0 : Math.min(last.bytes.length - last.end, length);
    if (last !== undefined && fitting > 0) {
      last.bytes.set(partOf(bytes, 0, fitting), last.end);
      last.end += fitting;
    }
    if (fitting === length) return;
    const rest = partOf(bytes, fitting, length);
    // The first copy is exactly as long as its bytes: most streams never need another.
    const buffer = new Uint8Array(last === undefined ? length : Math.max(CHUNK, length - fitting));
    buffer.set(rest);
    this.#chunks.push({ bytes: buffer, start: 0, end: length - fitting });
  }

  /** The bytes to send next. */
  first(): Uint8Array {
    const chunk = this.#chunks[this.#first];
    return chunk === undefined ? nothing : partOf(chunk.bytes, chunk.start, chunk.end);
  }

  /** Marks `count` bytes as sent. */
  sent(count: number): void {
    const chunk = this.#chunks[this.#first];
    if (chunk === undefined) return;
    this.bytes -= count;
    chunk.start += count;
    if (chunk.start < chunk.end) return;
    this.#first++;
    if (this.bytes === 0) this.clear();
    else if (this.#first === 64) this.#chunks.splice(0, this.#first);
    if (this.#first === 64) this.#first = 0;
  }

  clear(): void {
    if (this.#chunks.length === 0) return;
    this.bytes = 0;
    this.#chunks = [];
    this.#first = 0;
  }
}

const nothing = new Uint8Array(0);
