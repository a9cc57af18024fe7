import { defined, invariant } from "../../invariant.ts";
import { isMainThread } from "../../main-thread.ts";
import { FailedCall } from "../../native/failed-call.ts";
import type { Pointer } from "../../native/library.ts";
import { type Memory, mapMemory, viewMemory } from "../../native/memory.ts";
import { AIO, AIO_RING, IO_EVENT, IOCB, setup, submit } from "../../system/linux/aio.ts";
import { errnos } from "../../system/linux/errno.ts";
import { memcpy } from "../../system/linux/libc.ts";
import { SEND_BUFFER, SENDS, type SendBatch } from "./send-batch.ts";

/**
 * Not a multiple of the page size: buffers at the same offset of different pages would compete for
 * a few cache lines.
 */
const STRIDE = SEND_BUFFER + 64;

/**
 * Flags of the sends, best first. Without RWF_NOSIGNAL (before Linux 6.18), a send to a closed
 * connection also raises SIGPIPE, which runtimes ignore; node:net's writes do the same. Without
 * RWF_NOWAIT (which sockets accept since Linux 6.5), a socket that another process made blocking
 * would block the thread.
 */
const FLAGS = [AIO.RWF_NOWAIT | AIO.RWF_NOSIGNAL, AIO.RWF_NOWAIT];

const { EAGAIN, EBADF, EOPNOTSUPP } = errnos;
/** Errors of a single submission: a lack of memory, or the first send's descriptor. */
const passing: ReadonlySet<number> = new Set([-EAGAIN, -EBADF]);

/** The words of the ring of results. */
const HEAD = AIO_RING.head >> 2;
const TAIL = AIO_RING.tail >> 2;
const RESULTS = (AIO_RING.size + IO_EVENT.res) >> 2;
const RESULT = IO_EVENT.size >> 2;
/** The words of a control block. */
const BLOCK = IOCB.size >> 2;
const FD = IOCB.aio_fildes >> 2;
const BUFFER = IOCB.aio_buf >> 2;
const LENGTH = IOCB.aio_nbytes >> 2;

/**
 * Sends with io_submit(2), Linux's asynchronous I/O, which on sockets is synchronous: an operation
 * is complete when the call returns (sock_write_iter() in net/socket.c never defers it), and its
 * result is in the context's ring.
 *
 * Safety: the kernel reads only memory that is never unmapped, only during the call, and writes to
 * the ring, which it unmaps when the process ends.
 */
class AioBatch implements SendBatch {
  readonly #context: Pointer;
  readonly #choices: readonly number[];
  readonly #ring: Int32Array;
  /** How many results the ring holds. */
  readonly #results: number;
  readonly #blocks: Int32Array;
  /** The address of an array that holds the addresses of the control blocks. */
  readonly #pointers: Pointer;
  readonly #buffers: Memory;
  readonly #address: number;
  #count = 0;
  /** The index of the first result. */
  #first = 0;
  /** Undefined if the kernel accepts none of `FLAGS`. */
  #flags: number | undefined;

  constructor(context: Pointer, results: number, flags: readonly number[]) {
    this.#context = context;
    this.#choices = flags;
    this.#results = results;
    // Safety: io_setup() has mapped the ring with at least this many results.
    this.#ring = new Int32Array(viewMemory(context, AIO_RING.size + results * IO_EVENT.size));
    this.#buffers = mapMemory(SENDS * STRIDE);
    this.#address = Number(this.#buffers.pointer);
    const { pointer, buffer } = mapMemory(SENDS * (IOCB.size + BigUint64Array.BYTES_PER_ELEMENT));
    this.#blocks = new Int32Array(buffer, 0, SENDS * BLOCK);
    this.#pointers = pointer + BigInt(SENDS * IOCB.size);
    const pointers = new BigUint64Array(buffer, SENDS * IOCB.size, SENDS);
    for (let index = 0; index < SENDS; index++) {
      pointers[index] = pointer + BigInt(index * IOCB.size);
      this.#blocks[index * BLOCK + (IOCB.aio_lio_opcode >> 2)] = AIO.IOCB_CMD_PWRITE;
    }
    this.#use(flags[0]);
  }

  buffer(index: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffers.buffer, index * STRIDE, SEND_BUFFER);
  }

  add(fd: number, buffer: number, length: number): void {
    const at = this.#count++ * BLOCK;
    const address = this.#address + buffer * STRIDE;
    const blocks = this.#blocks;
    blocks[at + FD] = fd;
    blocks[at + BUFFER] = address;
    blocks[at + BUFFER + 1] = address / 2 ** 32;
    blocks[at + LENGTH] = length;
  }

  send(): number {
    const count = this.#count;
    this.#count = 0;
    if (this.#flags === undefined) return 0;
    const ring = this.#ring;
    this.#first = ring[TAIL] ?? 0;
    const submitted = submit(this.#context, count, this.#pointers);
    if (submitted < 0) {
      this.#refused(submitted);
      return 0;
    }
    const tail = ring[TAIL] ?? 0;
    const complete = (tail - this.#first + this.#results) % this.#results;
    invariant(complete === submitted, "a socket leaves no operation for later");
    ring[HEAD] = tail;
    return submitted;
  }

  result(index: number): number {
    const at = (this.#first + index) % this.#results;
    return this.#ring[RESULTS + at * RESULT] ?? 0;
  }

  #refused(errno: number): void {
    if (passing.has(errno)) return;
    const next = this.#choices.indexOf(defined(this.#flags, "it was used")) + 1;
    this.#use(errno === -EOPNOTSUPP ? this.#choices[next] : undefined);
  }

  #use(flags: number | undefined): void {
    this.#flags = flags;
    if (flags === undefined) return;
    for (let at = IOCB.aio_rw_flags >> 2; at < this.#blocks.length; at += BLOCK) this.#blocks[at] = flags;
  }
}

/**
 * This thread's batch; undefined if the kernel has no io_submit(), or a system call filter blocks
 * it, as containers block io_uring. Only for the main thread: nothing would release the context of
 * a terminated worker thread.
 *
 * @param flags the flags to try, in order
 */
export function openAioBatch(flags: readonly number[] = FLAGS): SendBatch | undefined {
  if (!isMainThread()) return undefined;
  const context = setup(SENDS);
  if (typeof context === "number") return undefined;
  const header = new Uint32Array(AIO_RING.size >> 2);
  // Safety: io_setup() has mapped it.
  memcpy(new Uint8Array(header.buffer), context, AIO_RING.size);
  const word = (offset: number) => defined(header[offset >> 2], "the ring's header has the word");
  if (word(AIO_RING.magic) !== AIO_RING.MAGIC || word(AIO_RING.incompat_features) !== 0) return undefined;
  try {
    return new AioBatch(context, word(AIO_RING.nr), flags);
  } catch (error) {
    if (error instanceof FailedCall) return undefined;
    throw error;
  }
}
