import { isMainThread } from "node:worker_threads";
import type { Pointer } from "../../native/library.ts";
import { detachMapping, type Memory, mapDescriptor, mapMemory } from "../../native/memory.ts";
import { errnos } from "../../system/linux/errno.ts";
import {
  CQE_SIZE,
  enter,
  eventfd,
  IORING,
  IOSQE,
  PARAMS,
  register,
  SQE_SIZE,
  setup,
} from "../../system/linux/io-uring.ts";

import { linux } from "../../system/linux/linux.ts";

/**
 * include/uapi/linux/fs.h. Without it a read of a counter that is 0 waits, O_NONBLOCK or not
 * (io_rw_init_file in io_uring/rw.c), and after some tries does so on a thread of the kernel, which
 * takes signals away from the event loop.
 */
const RWF_NOWAIT = 8;
const READ_ENTRY = first(IORING.OP_READ, IOSQE.CQE_SKIP_SUCCESS);
/**
 * No slot's generation, until it has been used four thousand million times: whoever fails under it
 * tells nobody.
 */
const NOBODY = -1;

/** Called for each completion: the two halves of its user_data, its result, and its flags. */
export type Completed = (operation: number, generation: number, result: number, flags: number) => void;

const { EAGAIN = 0, EBUSY = 0, EINTR = 0, ENOMEM = 0 } = errnos;
/**
 * The kernel charges these pages to RLIMIT_MEMLOCK, which all processes of a user share (8 MiB by
 * default). With the buffer rings, one ring takes 48 KiB. More entries than these take one
 * io_uring_enter() more.
 */
const ENTRIES = 128;
/**
 * Beyond these, the kernel keeps completions in memory of its own until they are asked for
 * (IORING_FEAT_NODROP).
 */
const COMPLETIONS = 1024;

const transient: ReadonlySet<number> = new Set([-EAGAIN, -EBUSY, -EINTR, -ENOMEM]);

const { SETUP_CLAMP, SETUP_CQSIZE, SETUP_SINGLE_ISSUER, SETUP_SUBMIT_ALL, SETUP_TASKRUN_FLAG } = IORING;
const USUAL = SETUP_CLAMP | SETUP_CQSIZE | SETUP_SINGLE_ISSUER | SETUP_SUBMIT_ALL | SETUP_TASKRUN_FLAG;

/**
 * What to set a ring up with, best first. SINGLE_ISSUER came with Linux 6.0, as multishot receiving
 * did; DEFER_TASKRUN, with which completions are gathered until they are asked for, with 6.1.
 */
const SETUPS = [USUAL | IORING.SETUP_DEFER_TASKRUN, USUAL | IORING.SETUP_COOP_TASKRUN];

/**
 * The heads and tails of both rings take less than a page, then come the completions, then the
 * indices of entries.
 */
const RINGS_SIZE = 4096 + COMPLETIONS * CQE_SIZE + ENTRIES * 4;

/** A ring, or why there is none. */
export interface RingSetUp {
  /** Its descriptor, or a negative errno. */
  readonly fd: number;
  /** What the kernel filled in, as `PARAMS` has it. */
  readonly params: Uint32Array;
  /** What the ring lies in, where that is memory of ours. */
  readonly memory: { readonly rings: Memory; readonly entries: Memory } | undefined;
}

/**
 * Sets a ring up. In a worker thread its memory is ours (IORING_SETUP_NO_MMAP): a mapping of the
 * ring's would hold it for as long as the process lives, with all operations and so all sockets of
 * a thread that has ended (vm_file in mm/mmap.c).
 */
export function setupRing(): RingSetUp {
  const memory = isMainThread
    ? undefined
    : { rings: mapMemory(RINGS_SIZE), entries: mapMemory(ENTRIES * SQE_SIZE) };
  let fd = -1;
  let params = new Uint32Array(PARAMS.words);
  for (const flags of SETUPS) {
    params = new Uint32Array(PARAMS.words);
    params[PARAMS.flags] = flags;
    params[PARAMS.cq_entries] = COMPLETIONS;
    if (memory !== undefined) {
      params[PARAMS.flags] = flags | IORING.SETUP_NO_MMAP;
      setPointer(params, PARAMS.cq_user_addr, memory.rings.pointer);
      setPointer(params, PARAMS.sq_user_addr, memory.entries.pointer);
    }
    fd = setup(ENTRIES, params);
    if (fd >= 0) break;
  }
  return { fd, params, memory };
}

function setPointer(params: Uint32Array, word: number, pointer: Pointer): void {
  const { low, high } = halves(pointer);
  params[word] = low;
  params[word + 1] = high;
}

/**
 * An io_uring: entries are written to mapped memory, handed over with one io_uring_enter() a batch,
 * and completions are read from mapped memory. An eventfd tells when there are some.
 *
 * The kernel signals it also for what completes within io_uring_enter() itself, which would wake
 * the loop for nothing. So the signal is off (IORING_CQ_EVENTFD_DISABLED) but while the loop waits.
 * What came while it was off is found by looking at the ring once it is on again: the kernel sets
 * IORING_SQ_TASKRUN before it looks whether to signal (io_req_local_work_add in
 * io_uring/io_uring.c), and we the other way round.
 */
export class Ring {
  readonly fd: number;
  readonly eventfd: number;
  /** Where the eventfd's counter is read to. */
  readonly #counter = halves(mapMemory(8).pointer);
  /** The rings' heads, tails and flags, and the completions. */
  readonly #ring: Int32Array;
  readonly #entries: Int32Array;
  readonly #mask: number;
  readonly #completionMask: number;
  readonly #at: {
    readonly tail: number;
    readonly flags: number;
    readonly completionHead: number;
    readonly completionTail: number;
    readonly completionFlags: number;
    readonly completions: number;
  };
  #tail: number;
  #unsubmitted = 0;
  /**
   * Entries for which there was no room, as arguments of `prepare()`: only where the kernel takes
   * none for now.
   */
  readonly #waiting: Parameters<Ring["prepare"]>[] = [];
  /** What io_uring_enter failed with for good: a negative errno, or 0. */
  #failure = 0;
  #released = false;
  readonly #mappings: readonly Memory[];
  /** Of entries that were prepared after that: operation, generation, result. */
  readonly #refused: number[] = [];

  /**
   * Takes the ring over; the ring's descriptor and the eventfd stay open for as long as the thread
   * lives.
   */
  constructor({ fd, params, memory }: RingSetUp) {
    const param = (word: number) => params[word] ?? 0;
    this.fd = fd;
    const entries = param(PARAMS.sq_entries);
    // One mapping holds both rings (IORING_FEAT_SINGLE_MMAP).
    const size = Math.max(
      param(PARAMS.sq_array) + entries * 4,
      param(PARAMS.cq_cqes) + param(PARAMS.cq_entries) * CQE_SIZE,
    );
    const mappings: Memory[] = [];
    const map = (offset: number, length: number) => {
      const mapped = mapDescriptor(fd, offset, length);
      mappings.push(mapped);
      return mapped;
    };
    this.#mappings = mappings;
    let opened = -1;
    try {
      const rings = memory?.rings ?? map(IORING.OFF_SQ_RING, size);
      const ring = new Int32Array(rings.buffer);
      this.#ring = ring;
      const mapped = memory?.entries ?? map(IORING.OFF_SQES, entries * SQE_SIZE);
      this.#entries = new Int32Array(mapped.buffer);
      const word = (member: number) => param(member) >> 2;
      this.#mask = ring[word(PARAMS.sq_ring_mask)] ?? 0;
      this.#completionMask = ring[word(PARAMS.cq_ring_mask)] ?? 0;
      this.#at = {
        tail: word(PARAMS.sq_tail),
        flags: word(PARAMS.sq_flags),
        completionHead: word(PARAMS.cq_head),
        completionTail: word(PARAMS.cq_tail),
        completionFlags: word(PARAMS.cq_flags),
        completions: word(PARAMS.cq_cqes),
      };
      this.#tail = ring[this.#at.tail] ?? 0;
      const array = word(PARAMS.sq_array);
      for (let index = 0; index < entries; index++) ring[array + index] = index;
      opened = checked("eventfd", eventfd());
      this.eventfd = opened;
      const argument = new Uint8Array(Int32Array.of(opened).buffer);
      checked("IORING_REGISTER_EVENTFD", register(fd, IORING.REGISTER_EVENTFD, argument, 1));
      // A filter of system calls may allow io_uring_setup alone.
      checked("io_uring_enter", enter(fd, 0, 0, IORING.ENTER_GETEVENTS));
      linux.closeAtThreadEnd(fd);
      linux.closeAtThreadEnd(opened);
    } catch (error) {
      for (const mapping of mappings) detachMapping(mapping);
      if (opened >= 0) linux.close(opened);
      linux.close(fd);
      throw error;
    }
  }

  /** Entries that are written and not handed over. */
  get unsubmitted(): number {
    return this.#unsubmitted;
  }

  /**
   * Writes an entry. The arguments are the members of struct io_uring_sqe, the addresses and
   * user_data in two halves; `first` is opcode, flags and ioprio as one (`first()`).
   */
  prepare(
    first: number,
    fd: number,
    offset: number,
    addressLow: number,
    addressHigh: number,
    length: number,
    flags: number,
    operation: number,
    generation: number,
    bufferGroup: number,
  ): void {
    if (this.#failure < 0 || this.#unsubmitted > this.#mask) {
      if (this.#failure === 0) this.submit();
      if (this.#failure < 0 || this.#waiting.length > 0 || this.#unsubmitted > this.#mask) {
        this.#putOff([
          first,
          fd,
          offset,
          addressLow,
          addressHigh,
          length,
          flags,
          operation,
          generation,
          bufferGroup,
        ]);
        return;
      }
    }
    const entries = this.#entries;
    const at = (this.#tail & this.#mask) << 4;
    entries[at] = first;
    entries[at + 1] = fd;
    entries[at + 2] = offset;
    entries[at + 3] = 0;
    entries[at + 4] = addressLow;
    entries[at + 5] = addressHigh;
    entries[at + 6] = length;
    entries[at + 7] = flags;
    entries[at + 8] = operation;
    entries[at + 9] = generation;
    entries[at + 10] = bufferGroup;
    entries[at + 11] = 0;
    entries[at + 12] = 0;
    entries[at + 13] = 0;
    entries[at + 14] = 0;
    entries[at + 15] = 0;
    this.#tail = (this.#tail + 1) | 0;
    this.#unsubmitted++;
  }

  /** Hands over what is written, and has the kernel post the completions that it has gathered. */
  submit(): void {
    while (this.#failure === 0) {
      Atomics.store(this.#ring, this.#at.tail, this.#tail);
      const submitted = enter(this.fd, this.#unsubmitted, 0, IORING.ENTER_GETEVENTS);
      if (submitted < 0) {
        // EINTR: a signal came first. EAGAIN, ENOMEM: no memory for now. EBUSY: completions
        // overflow, and are read after this. The caller sees that the ring is still to be entered.
        if (transient.has(submitted)) return;
        this.#failure = submitted;
        return;
      }
      this.#unsubmitted -= submitted;
      if (this.#waiting.length === 0 || this.#unsubmitted > 0) return;
      const waiting = this.#waiting.splice(0, this.#mask + 1);
      const later = this.#waiting.splice(0);
      for (const entry of waiting) this.prepare(...entry);
      this.#waiting.push(...later);
    }
  }

  #putOff(entry: Parameters<Ring["prepare"]>): void {
    if (!this.#released) this.#waiting.push(entry);
    else this.#refuse(entry);
  }

  /** Instead of the kernel: closes a descriptor, and has all else fail. */
  #refuse(entry: Parameters<Ring["prepare"]>): void {
    const [first, fd, , , , , , operation, generation] = entry;
    const opcode = first & 0xff;
    if (opcode === IORING.OP_CLOSE) this.#refused.push(operation, generation, linux.close(fd));
    else if (opcode !== IORING.OP_ASYNC_CANCEL) this.#refused.push(operation, generation, this.#failure);
  }

  /** What io_uring_enter failed with for good: a negative errno, or 0. */
  get failure(): number {
    return this.#failure;
  }

  /**
   * Ends a ring that has failed: the kernel cancels what it has of it once neither a descriptor nor
   * a mapping holds it. What is prepared from now on fails, but for closing, which is done at once.
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    const close = (first: number, fd: number) => {
      if ((first & 0xff) === IORING.OP_CLOSE) linux.close(fd);
    };
    for (let index = this.#tail - this.#unsubmitted; index !== this.#tail; index++) {
      const at = (index & this.#mask) << 4;
      close(this.#entries[at] ?? 0, this.#entries[at + 1] ?? -1);
    }
    for (const [first, fd] of this.#waiting.splice(0)) close(first, fd);
    this.#unsubmitted = 0;
    for (const mapping of this.#mappings) detachMapping(mapping);
    for (const fd of [this.fd, this.eventfd]) {
      linux.keepAtThreadEnd(fd);
      linux.close(fd);
    }
  }

  /** Whether the ring is to be entered: to hand entries over, or because the kernel asks for it. */
  get toEnter(): boolean {
    if (this.#failure < 0) return false;
    return (
      this.#unsubmitted > 0 ||
      this.#waiting.length > 0 ||
      (Atomics.load(this.#ring, this.#at.flags) & (IORING.SQ_TASKRUN | IORING.SQ_CQ_OVERFLOW)) !== 0
    );
  }

  /**
   * Whether there is anything to do before the loop may wait: to enter it, or completions to read.
   */
  get busy(): boolean {
    const { completionHead, completionTail } = this.#at;
    if (this.#failure < 0 && (!this.#released || this.#refused.length > 0)) return true;
    return this.#ring[completionHead] !== Atomics.load(this.#ring, completionTail) || this.toEnter;
  }

  /** Reads all completions that are there. `completed` must not throw. */
  reap(completed: Completed): void {
    if (this.#released) {
      const refused = this.#refused.splice(0);
      for (let at = 0; at < refused.length; at += 3)
        completed(refused[at] ?? 0, refused[at + 1] ?? 0, refused[at + 2] ?? 0, 0);
      return;
    }
    const ring = this.#ring;
    const { completionHead, completionTail, completions } = this.#at;
    const mask = this.#completionMask;
    let head = ring[completionHead] ?? 0;
    const tail = Atomics.load(ring, completionTail);
    try {
      while (head !== tail) {
        const at = completions + ((head & mask) << 2);
        const operation = ring[at] ?? 0;
        const generation = ring[at + 1] ?? 0;
        const result = ring[at + 2] ?? 0;
        const flags = ring[at + 3] ?? 0;
        head = (head + 1) | 0;
        completed(operation, generation, result, flags);
      }
    } finally {
      // Once for all of them, since V8 compiles it as a call; a thread that is terminated in a
      // handler has its ring closed.
      Atomics.store(ring, completionHead, head);
    }
  }

  /** Has the eventfd signalled from now on. The caller looks at `busy` after that. */
  signal(): void {
    Atomics.store(this.#ring, this.#at.completionFlags, 0);
  }

  /** Has it signalled no more, until `signal()`. */
  silence(): void {
    Atomics.store(this.#ring, this.#at.completionFlags, IORING.CQ_EVENTFD_DISABLED);
  }

  /**
   * Has the eventfd's counter set to 0 when the ring is entered next: an entry costs less than a
   * system call.
   */
  readEventfd(): void {
    if (this.#failure < 0) return;
    const { low, high } = this.#counter;
    this.prepare(READ_ENTRY, this.eventfd, 0, low, high, 8, RWF_NOWAIT, 0, NOBODY, 0);
  }
}

/** The two halves of an address, as `prepare()` takes it. */
export function halves(pointer: Pointer): { readonly low: number; readonly high: number } {
  return { low: Number(pointer & 0xffffffffn) | 0, high: Number(pointer >> 32n) };
}

/** The first word of an entry. */
export function first(opcode: number, flags = 0, ioprio = 0): number {
  return opcode | (flags << 8) | (ioprio << 16);
}

function checked(call: string, returned: number): number {
  if (returned < 0) throw new Error(`${call} failed with ${linux.errnoName(-returned) ?? -returned}`);
  return returned;
}
