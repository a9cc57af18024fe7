import { defined } from "../../invariant.ts";
import { type Memory, mapMemory } from "../../native/memory.ts";
import { BUF, BUF_REG, IORING, register } from "../../system/linux/io-uring.ts";
import { type LentBufferOwner, LoanedBuffer, type PooledBuffer } from "./pooled-buffer.ts";
import type { Ring } from "./ring.ts";
import { checked } from "./ring-setup.ts";

/** How much memory programs may take by transferring buffers (1 MiB). It is never unmapped. */
const MOST_TRANSFERRED = 1 << 20;

/** A handle that waits for a receive buffer. */
export interface BufferWaiter {
  /** Buffers may be available again. */
  onBuffersAvailable(): void;
}

/**
 * Buffers that the kernel receives into, in a ring shared with the kernel
 * (IORING_REGISTER_PBUF_RING). Their number depends on how many are in use at once, not on the
 * number of connections. They are created on demand, up to a limit.
 */
export class ReceiveBuffers implements LentBufferOwner {
  readonly group: number;
  readonly #size: number;
  readonly #limit: number;
  /** Schedules `feed()`. */
  readonly #feedSoon: () => void;
  readonly #buffers: LoanedBuffer[] = [];
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  #tail = 0;
  /** The tail that the kernel has seen. */
  #published = 0;
  /** How many the kernel has, including those not yet published. */
  #available = 0;
  /** The handles for which the kernel had no buffer left. */
  #starved: BufferWaiter[] = [];
  /** How many bytes of memory programs have taken. */
  #transferred = 0;

  /**
   * @param limit a power of two, at most 32768 (IORING_MAX_ENTRIES in io_uring/kbuf.c)
   * @param feedSoon schedules `feed()` between two turns of the engine
   */
  constructor(
    ring: Ring,
    group: number,
    size: number,
    first: number,
    limit: number,
    feedSoon: () => void = () => {},
  ) {
    const memory = mapMemory(limit * BUF.size);
    const argument = new DataView(new ArrayBuffer(BUF_REG.size));
    argument.setBigUint64(BUF_REG.ring_addr, memory.pointer, true);
    argument.setUint32(BUF_REG.ring_entries, limit, true);
    argument.setUint16(BUF_REG.bgid, group, true);
    const returned = register(ring.fd, IORING.REGISTER_PBUF_RING, new Uint8Array(argument.buffer), 1);
    checked("IORING_REGISTER_PBUF_RING", returned);
    this.group = group;
    this.#size = size;
    this.#limit = limit;
    this.#feedSoon = feedSoon;
    this.#words = new Uint32Array(memory.buffer);
    this.#halves = new Uint16Array(memory.buffer);
    this.#add(first);
  }

  /**
   * Returns the buffer that a completion names. The kernel no longer has it, and the caller is its
   * only user.
   */
  taken(flags: number): LoanedBuffer {
    const index = flags >>> IORING.CQE_BUFFER_SHIFT;
    const buffer = defined(this.#buffers[index], "the kernel names buffers that it was given");
    this.#available--;
    buffer.users = 1;
    return buffer;
  }

  /**
   * Whether a buffer may wait for a peer. The kernel always keeps half of them, so that slow peers
   * cannot stop the others.
   */
  get mayWait(): boolean {
    return this.#buffers.length - this.#available <= this.#limit >> 1;
  }

  /**
   * The kernel had no buffer left for this handle. Doubles the number of buffers, if the limit and
   * the available memory allow that, and notifies the handle once there are some.
   */
  starve(starved: BufferWaiter): void {
    this.#starved.push(starved);
    try {
      this.#add(Math.min(this.#buffers.length, this.#limit - this.#buffers.length));
    } catch {
      // Out of memory: the handle waits until a buffer is returned.
    }
  }

  /**
   * False once programs have transferred too many buffers, since that memory is never unmapped:
   * then they get copies.
   */
  get lends(): boolean {
    return this.#transferred < MOST_TRANSFERRED;
  }

  /** Notifies waiting handles, once the kernel has any buffer. */
  feed(): void {
    if (this.#starved.length === 0 || this.#available === 0) return;
    const starved = this.#starved;
    this.#starved = [];
    for (const each of starved) each.onBuffersAvailable();
  }

  takeBack(buffer: PooledBuffer): void {
    if (defined(this.#buffers[buffer.index], "it is one of them").isTransferred) this.#replace(buffer.index);
    else this.#give(buffer);
  }

  givenBack(): void {
    if (this.#starved.length > 0) this.#feedSoon();
  }

  /** Replaces a buffer that a program has transferred. */
  #replace(index: number): void {
    this.#transferred += this.#size;
    let memory: Memory;
    try {
      memory = mapMemory(this.#size);
    } catch {
      // Out of memory: there is one buffer fewer.
      return;
    }
    const buffer = new LoanedBuffer(this, index, memory, 0, this.#size);
    this.#buffers[index] = buffer;
    this.#give(buffer);
  }

  #give(buffer: PooledBuffer): void {
    const at = this.#tail & (this.#limit - 1);
    const word = at * (BUF.size >> 2);
    this.#words[word] = buffer.low;
    this.#words[word + 1] = buffer.high;
    this.#words[word + (BUF.len >> 2)] = buffer.size;
    this.#halves[(at * BUF.size + BUF.bid) >> 1] = buffer.index;
    this.#tail = (this.#tail + 1) & 0xffff;
    this.#available++;
  }

  /**
   * Gives returned buffers to the kernel, many at once, since V8 compiles an atomic store as a
   * call.
   */
  publish(): void {
    if (this.#published === this.#tail) return;
    this.#published = this.#tail;
    Atomics.store(this.#halves, BUF.resv >> 1, this.#tail);
  }

  #add(count: number): void {
    if (count === 0) return;
    const memory = mapMemory(count * this.#size);
    for (let index = 0; index < count; index++) {
      const buffer = new LoanedBuffer(this, this.#buffers.length, memory, index * this.#size, this.#size);
      this.#buffers.push(buffer);
      this.takeBack(buffer);
    }
    this.publish();
  }
}
