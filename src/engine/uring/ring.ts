import { machineClock } from "../../clock/machine-clock.ts";
import { ringErrno } from "../../errors/engine-errno.ts";
import { defined } from "../../invariant.ts";
import { detachMapping, type Memory, mapDescriptor, mapMemory } from "../../native/memory.ts";
import { CLOSE_ON_EXEC } from "../../system/descriptor-flags.ts";
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
} from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import { PATIENCE } from "../patience.ts";
import { checked, type RingSetUp } from "./ring-setup.ts";
import { type Address, halves, prepPollAdd, prepRead, Sqe } from "./sqe.ts";

/**
 * From include/uapi/linux/fs.h. Without it, reading a counter of 0 blocks even with O_NONBLOCK
 * (io_rw_init_file in io_uring/rw.c), and after some attempts does so on a kernel thread, which
 * takes signals away from the event loop.
 */
const RWF_NOWAIT = 8;
/**
 * A generation that a slot reaches only after four billion uses: a failure of an entry with this
 * generation is not reported.
 */
const NOBODY = -1;

/** Called for each completion with the two halves of its user_data, its result, and its flags. */
export type Completed = (operation: number, generation: number, result: number, flags: number) => void;

const { AF, POLL, SOCK } = linux.constants;
const { EAGAIN, EBUSY, EINTR, ENOMEM } = errnos;
const transient: ReadonlySet<number> = new Set([-EAGAIN, -EBUSY, -EINTR, -ENOMEM]);

/** What the event loop watches on this kernel. */
let suitable: "eventfd" | "ring" | undefined;

/**
 * An io_uring: entries are written to mapped memory and submitted in batches with io_uring_enter();
 * completions are read from mapped memory. An eventfd signals that completions are available, on
 * kernels that signal it without delay.
 *
 * The kernel signals it even for completions within io_uring_enter() itself, which would wake the
 * loop for nothing. So the signal is enabled only while the loop waits
 * (IORING_CQ_EVENTFD_DISABLED). Checking the ring after enabling it catches completions in between:
 * the kernel sets IORING_SQ_TASKRUN before it checks whether to signal (io_req_local_work_add in
 * io_uring/io_uring.c), and we do it in the opposite order.
 */
export class Ring {
  readonly fd: number;
  readonly eventfd: number;
  /** What the event loop watches: the eventfd, or the ring itself. */
  readonly watched: number;
  /** The memory that the eventfd's counter is read into. */
  readonly #counter: Address;
  /** The rings' heads, tails and flags, and the completions. */
  readonly #ring: Int32Array;
  /** Points at the latest entry. */
  readonly #sqe: Sqe;
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
   * How many entries may be unsubmitted: 0 while some wait for space, or once the ring has failed.
   */
  #limit: number;
  /**
   * Entries for which the ring has no space, because the kernel takes none for now, or ever again.
   */
  #waiting: Sqe[] = [];
  /**
   * The error that the ring failed with, usually that of io_uring_enter: a negative errno, or 0.
   */
  #failure = 0;
  /** When io_uring_enter began to fail, in milliseconds; undefined if the last call succeeded. */
  #failingSince: number | undefined;
  #released = false;
  readonly #mappings: readonly Memory[];

  /**
   * Takes ownership of the ring. Its descriptor and the eventfd stay open until the thread ends.
   *
   * @param watches what the event loop watches, if not what suits the kernel
   */
  constructor({ fd, params, memory }: RingSetUp, watches?: "eventfd" | "ring") {
    this.fd = fd;
    const entries = wordOf(params, PARAMS.sq_entries);
    const offset = (member: number) => wordOf(params, member);
    // One mapping holds both rings (IORING_FEAT_SINGLE_MMAP).
    const size = Math.max(
      offset(PARAMS.sq_array) + entries * 4,
      offset(PARAMS.cq_cqes) + wordOf(params, PARAMS.cq_entries) * CQE_SIZE,
    );
    const mappings: Memory[] = [];
    const map = (at: number, length: number) => {
      const mapped = mapDescriptor(fd, at, length);
      mappings.push(mapped);
      return mapped;
    };
    this.#mappings = mappings;
    let opened = -1;
    try {
      this.#counter = halves(mapMemory(8).pointer);
      const rings = memory?.rings ?? map(IORING.OFF_SQ_RING, size);
      const ring = new Int32Array(rings.buffer);
      this.#ring = ring;
      const mapped = memory?.entries ?? map(IORING.OFF_SQES, entries * SQE_SIZE);
      this.#sqe = new Sqe(new Int32Array(mapped.buffer));
      const word = (member: number) => offset(member) >> 2;
      this.#mask = wordOf(ring, word(PARAMS.sq_ring_mask));
      this.#limit = this.#mask + 1;
      this.#completionMask = wordOf(ring, word(PARAMS.cq_ring_mask));
      this.#at = {
        tail: word(PARAMS.sq_tail),
        flags: word(PARAMS.sq_flags),
        completionHead: word(PARAMS.cq_head),
        completionTail: word(PARAMS.cq_tail),
        completionFlags: word(PARAMS.cq_flags),
        completions: word(PARAMS.cq_cqes),
      };
      this.#tail = wordOf(ring, this.#at.tail);
      const array = word(PARAMS.sq_array);
      for (let index = 0; index < entries; index++) ring[array + index] = index;
      opened = checked("eventfd", eventfd());
      this.eventfd = opened;
      const argument = new Uint8Array(Int32Array.of(opened).buffer);
      checked("IORING_REGISTER_EVENTFD", register(fd, IORING.REGISTER_EVENTFD, argument, 1));
      // A system call filter may allow io_uring_setup but nothing else.
      checked("io_uring_enter", enter(fd, 0, 0, IORING.ENTER_GETEVENTS));
      suitable ??= this.#signalsAtOnce() ? "eventfd" : "ring";
      this.watched = (watches ?? suitable) === "ring" ? fd : opened;
      linux.closeAtThreadEnd(fd);
      linux.closeAtThreadEnd(opened);
    } catch (error) {
      for (const mapping of mappings) detachMapping(mapping);
      if (opened >= 0) linux.close(opened);
      linux.close(fd);
      throw error;
    }
  }

  /** Entries written but not submitted. */
  get unsubmitted(): number {
    return this.#unsubmitted;
  }

  /**
   * Returns the next entry. The caller must prepare it immediately; the object is reused for the
   * entry after it.
   */
  getSqe(): Sqe {
    if (this.#unsubmitted >= this.#limit) return this.#getSqeWhenFull();
    const sqe = this.#sqe;
    sqe.at = (this.#tail & this.#mask) << 4;
    this.#tail = (this.#tail + 1) | 0;
    this.#unsubmitted++;
    return sqe;
  }

  #getSqeWhenFull(): Sqe {
    if (this.#limit > 0) this.submit();
    if (this.#unsubmitted < this.#limit) return this.getSqe();
    this.#limit = 0;
    const sqe = new Sqe();
    this.#waiting.push(sqe);
    return sqe;
  }

  /** Submits the entries, and makes the kernel post the completions that it has gathered. */
  submit(): void {
    while (this.#failure === 0) {
      Atomics.store(this.#ring, this.#at.tail, this.#tail);
      const submitted = enter(this.fd, this.#unsubmitted, 0, IORING.ENTER_GETEVENTS);
      if (submitted < 0) {
        // EINTR: a signal came first. EAGAIN, ENOMEM: no memory for now. EBUSY: completions
        // overflow, and are read next. The caller sees that the ring still has to be entered.
        if (transient.has(submitted) && this.#mayBeTemporary()) return;
        this.fail(submitted);
        return;
      }
      this.#failingSince = undefined;
      this.#unsubmitted -= submitted;
      if (this.#waiting.length === 0 || this.#unsubmitted > 0) return;
      this.#limit = this.#mask + 1;
      for (const entry of this.#waiting.splice(0, this.#limit)) {
        const sqe = this.getSqe();
        sqe.copyFrom(entry);
      }
      if (this.#waiting.length > 0) this.#limit = 0;
    }
  }

  /** Marks the ring as failed: nothing more is submitted. `errno` is negative. */
  fail(errno: number): void {
    this.#failure = errno;
    this.#limit = 0;
  }

  #mayBeTemporary(): boolean {
    const now = machineClock.now();
    this.#failingSince ??= now;
    return now - this.#failingSince < PATIENCE;
  }

  /**
   * The error that the ring failed with, usually that of io_uring_enter: a negative errno, or 0.
   */
  get failure(): number {
    return this.#failure;
  }

  /**
   * Abandons a failed ring: the kernel cancels its operations once no descriptor or mapping refers
   * to it. From now on, entries fail when completions are next read, except that closes are carried
   * out.
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const { opcode, fd } of this.unsubmittedEntries()) if (opcode === IORING.OP_CLOSE) linux.close(fd);
    this.#unsubmitted = 0;
    this.#waiting = [];
    for (const mapping of this.#mappings) detachMapping(mapping);
    for (const fd of [this.fd, this.eventfd]) {
      linux.keepAtThreadEnd(fd);
      linux.close(fd);
    }
  }

  /** The entries not submitted yet. The same object is yielded for each entry in the ring. */
  protected *unsubmittedEntries(): Generator<Sqe> {
    const sqe = new Sqe(this.#sqe.words);
    const first = (this.#tail - this.#unsubmitted) | 0;
    for (let index = first; index !== this.#tail; index = (index + 1) | 0) {
      sqe.at = (index & this.#mask) << 4;
      yield sqe;
    }
    yield* this.#waiting;
  }

  /** Whether the ring has to be entered, to submit entries or because the kernel asks for it. */
  get toEnter(): boolean {
    if (this.#failure < 0) return false;
    return (
      this.#unsubmitted > 0 ||
      this.#waiting.length > 0 ||
      (Atomics.load(this.#ring, this.#at.flags) & (IORING.SQ_TASKRUN | IORING.SQ_CQ_OVERFLOW)) !== 0
    );
  }

  /** Whether the ring has to be entered or completions have to be read before the loop may wait. */
  get busy(): boolean {
    if (this.#failure < 0 && (!this.#released || this.#waiting.length > 0)) return true;
    return this.hasCompletions || this.toEnter;
  }

  /** Whether completions are available. */
  get hasCompletions(): boolean {
    const { completionHead, completionTail } = this.#at;
    return this.#ring[completionHead] !== Atomics.load(this.#ring, completionTail);
  }

  /**
   * The result of the first available completion with this user_data, or undefined. Does not
   * consume the completion.
   */
  peek(operation: number, generation: number): number | undefined {
    if (this.#released) return undefined;
    const ring = this.#ring;
    const { completionHead, completionTail, completions } = this.#at;
    const tail = Atomics.load(ring, completionTail);
    for (let head = ring[completionHead] ?? 0; head !== tail; head = (head + 1) | 0) {
      const at = completions + ((head & this.#completionMask) << 2);
      if (ring[at] === operation && ring[at + 1] === generation) return ring[at + 2];
    }
    return undefined;
  }

  /** Reads the available completions, at most `most`. `completed` must not throw. */
  reap(completed: Completed, most: number): void {
    if (this.#released) {
      this.#refuse(completed);
      return;
    }
    const ring = this.#ring;
    const { completionHead, completionTail, completions } = this.#at;
    const mask = this.#completionMask;
    // Always within the ring, here and below: `?? 0` only satisfies the compiler, and V8 drops it.
    let head = ring[completionHead] ?? 0;
    const available = (Atomics.load(ring, completionTail) - head) | 0;
    const end = (head + Math.min(available, most)) | 0;
    try {
      while (head !== end) {
        const at = completions + ((head & mask) << 2);
        const operation = ring[at] ?? 0;
        const generation = ring[at + 1] ?? 0;
        const result = ring[at + 2] ?? 0;
        const flags = ring[at + 3] ?? 0;
        head = (head + 1) | 0;
        completed(operation, generation, result, flags);
      }
    } finally {
      // A single store, since V8 compiles it as a call. If the thread is terminated in a handler,
      // its ring is closed anyway.
      Atomics.store(ring, completionHead, head);
    }
  }

  /** Completes entries in place of the kernel: closes descriptors, and fails everything else. */
  #refuse(completed: Completed): void {
    const refused = this.#waiting;
    this.#waiting = [];
    for (const { opcode, fd, userDataLow, userDataHigh } of refused) {
      if (opcode === IORING.OP_CLOSE) completed(userDataLow, userDataHigh, linux.close(fd), 0);
      else if (opcode !== IORING.OP_ASYNC_CANCEL)
        completed(userDataLow, userDataHigh, ringErrno(this.#failure), 0);
    }
  }

  /**
   * Whether the eventfd is readable as soon as an event that an entry waits for has happened. Linux
   * 6.12.117 defers the signal to RCU, marks it as pending, and never clears the mark: it signals
   * once, and never again (io_eventfd_signal in io_uring/eventfd.c). False if unknown, since
   * watching the ring works on every kernel.
   */
  #signalsAtOnce(): boolean {
    const pair = new Int32Array(2);
    if (linux.socketpair(AF.UNIX, SOCK.STREAM, 0, pair, CLOSE_ON_EXEC) < 0) return false;
    const [watched = -1, other = -1] = pair;
    const sqe = this.getSqe();
    sqe.setUserData(0, NOBODY);
    prepPollAdd(sqe, { fd: watched, events: POLL.IN });
    this.submit();
    linux.close(other);
    const signals = linux.poll([{ fd: this.eventfd, events: POLL.IN, revents: 0 }], 0) === 1;
    linux.close(watched);
    this.readEventfd();
    this.submit();
    // The poll's, and the read's if the counter was 0.
    this.reap(() => {}, 2);
    return signals;
  }

  /** Enables the eventfd. The caller must check `busy` after that. */
  signal(): void {
    Atomics.store(this.#ring, this.#at.completionFlags, 0);
  }

  /** Disables the eventfd until `signal()`. */
  silence(): void {
    Atomics.store(this.#ring, this.#at.completionFlags, IORING.CQ_EVENTFD_DISABLED);
  }

  /**
   * Resets the eventfd's counter when the ring is next entered, since an entry costs less than a
   * call.
   */
  readEventfd(): void {
    if (this.#failure < 0 || this.watched === this.fd) return;
    const sqe = this.getSqe();
    sqe.setUserData(0, NOBODY);
    prepRead(sqe, { fd: this.eventfd, into: this.#counter, length: 8, flags: RWF_NOWAIT });
    sqe.addFlags(IOSQE.CQE_SKIP_SUCCESS);
  }
}

/** A word of a kernel structure, known to exist. */
function wordOf(words: Int32Array | Uint32Array, index: number): number {
  return defined(words[index], "the kernel's structure has the word");
}
