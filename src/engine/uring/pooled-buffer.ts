import type { Pointer } from "../../native/library.ts";
import { type Memory, viewMemory } from "../../native/memory.ts";
import { bufferLengthOf } from "../../system/view.ts";
import { type BufferLoan, ReceivedBytes, willBeLent } from "../received-bytes.ts";
import { type Address, halves } from "./sqe.ts";

/** The owner of buffers, which takes back unused ones. */
export interface BufferPool {
  takeBack(buffer: PooledBuffer): void;
  /** Whether another of its buffers may wait for a slow peer. */
  readonly mayWait: boolean;
}

/**
 * Mapped memory that the kernel receives into or sends from. Users, including the kernel's
 * operations, are counted; the last one returns it to its owner.
 */
export class PooledBuffer implements Address {
  readonly owner: BufferPool;
  /** Identifies the buffer to its owner. */
  readonly index: number;
  readonly size: number;
  /** The address, in two halves. */
  readonly low: number;
  readonly high: number;
  users = 0;
  readonly #mapping: ArrayBuffer;
  readonly #offset: number;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #words: Uint32Array | undefined;
  #text: Buffer | undefined;

  /** Safety: no other buffer may use the bytes at `offset` of `memory`. */
  constructor(owner: BufferPool, index: number, memory: Memory, offset: number, size: number) {
    const address = memory.pointer + BigInt(offset);
    this.owner = owner;
    this.index = index;
    this.size = size;
    const { low, high } = halves(address);
    this.low = low;
    this.high = high;
    this.#mapping = memory.buffer;
    this.#offset = offset;
  }

  get pointer(): Pointer {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  /** The address as a number: user-space addresses are below 2^53. */
  get location(): number {
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= new Uint8Array(this.#mapping, this.#offset, this.size);
    return this.#bytes;
  }

  /** The same bytes as 32-bit words. */
  get words(): Uint32Array {
    this.#words ??= new Uint32Array(this.#mapping, this.#offset, this.size >> 2);
    return this.#words;
  }

  /** The same bytes as a Buffer, for strings. */
  get text(): Buffer {
    this.#text ??= Buffer.from(this.#mapping, this.#offset, this.size);
    return this.#text;
  }

  release(): void {
    this.users--;
    if (this.users === 0) this.owner.takeBack(this);
  }
}

/** The owner of buffers that are lent to handlers. */
export interface LentBufferOwner extends BufferPool {
  /** Whether handlers get the buffers themselves, rather than copies. */
  readonly lends: boolean;
  /** A program has given a buffer back, during a turn of the engine or between turns. */
  givenBack(): void;
}

/**
 * A buffer whose bytes are lent to handlers. Its ArrayBuffer is created along with it rather than
 * when data arrives, because terminating a worker thread at that moment would crash the process
 * (viewMemory).
 */
export class LoanedBuffer extends PooledBuffer implements BufferLoan {
  generation = 1;
  readonly buffer: ArrayBuffer;
  /** Lent beyond the end of the handler. */
  #kept = false;
  readonly #owner: LentBufferOwner;
  #first: Uint8Array | undefined;

  /** Safety: as for PooledBuffer. */
  constructor(owner: LentBufferOwner, index: number, memory: Memory, offset: number, size: number) {
    super(owner, index, memory, offset, size);
    this.#owner = owner;
    this.buffer = viewMemory(this.pointer, size);
    willBeLent(this.buffer);
  }

  /** Whether a program now owns the memory, so that the kernel must never get it again. */
  get isTransferred(): boolean {
    return bufferLengthOf(this.buffer) === 0;
  }

  /**
   * The bytes for a handler: a view of the buffer, or a copy if a program transferred it while the
   * kernel had it.
   */
  lent(generation: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (this.isTransferred || !this.#owner.lends) return this.bytes.slice(offset, offset + length);
    return new ReceivedBytes(this, generation, offset, length);
  }

  /** The handler that borrowed it has returned. */
  handlerReturned(): void {
    if (!this.#kept) this.generation++;
  }

  keep(): boolean {
    if (this.#kept) return true;
    if (!this.#owner.mayWait) return false;
    this.#kept = true;
    this.users++;
    return true;
  }

  giveBack(): void {
    if (!this.#kept) return;
    this.#kept = false;
    this.generation++;
    this.release();
    this.#owner.givenBack();
  }

  /** The first bytes; the view is reused while the length stays the same. */
  first(length: number): Uint8Array {
    if (this.#first?.length !== length) this.#first = this.bytes.subarray(0, length);
    return this.#first;
  }
}
