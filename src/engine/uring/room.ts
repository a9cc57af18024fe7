import type { Pointer } from "../../native/library.ts";
import { type Memory, viewMemory } from "../../native/memory.ts";
import { type Lender, willBeLent } from "../received-bytes.ts";

/** Who has rooms, and takes those back that nobody uses any more. */
export interface RoomOwner {
  takeBack(room: Room): void;
  /** Whether one more of its rooms may wait for a slow peer. */
  readonly mayWait: boolean;
}

/**
 * Mapped memory that the kernel receives into or sends from. Those who use it are counted, the kernel's operations among
 * them; the last one gives it back to its owner.
 */
export class Room implements Lender {
  readonly owner: RoomOwner;
  /** What its owner calls it. */
  readonly index: number;
  readonly size: number;
  /** The address, in two halves. */
  readonly low: number;
  readonly high: number;
  generation = 1;
  users = 0;
  #buffer: ArrayBuffer | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #words: Uint32Array | undefined;

  /** Safety: the bytes at `offset` of `memory` must be no other room's. */
  constructor(owner: RoomOwner, index: number, memory: Memory, offset: number, size: number) {
    const address = memory.pointer + BigInt(offset);
    this.owner = owner;
    this.index = index;
    this.size = size;
    this.low = Number(address & 0xffffffffn) | 0;
    this.high = Number(address >> 32n);
  }

  get pointer(): Pointer {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  /** Its memory, made when it is first needed, and again where somebody transferred it. */
  get buffer(): ArrayBuffer {
    if (this.#buffer !== undefined && this.#buffer.byteLength > 0) return this.#buffer;
    this.#buffer = viewMemory(this.pointer, this.size);
    this.#bytes = undefined;
    this.#words = undefined;
    willBeLent(this.#buffer);
    return this.#buffer;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    const { buffer } = this;
    this.#bytes ??= new Uint8Array(buffer);
    return this.#bytes;
  }

  /** The same bytes as 32-bit words. */
  get words(): Uint32Array {
    const { buffer } = this;
    this.#words ??= new Uint32Array(buffer);
    return this.#words;
  }

  release(): void {
    this.users--;
    if (this.users === 0) this.owner.takeBack(this);
  }
}
