import { defined } from "../../invariant.ts";
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
} from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import { checked, type RingSetUp } from "./ring-setup.ts";
import { type Address, halves, prepRead, Sqe } from "./sqe.ts";

/**
 * include/uapi/linux/fs.h. Without it a read of a counter that is 0 waits, O_NONBLOCK or not
 * (io_rw_init_file in io_uring/rw.c), and after some tries does so on a thread of the kernel, which
 * takes signals away from the event loop.
 */
const RWF_NOWAIT = 8;
/**
 * No slot's generation, until it has been used four thousand million times: whoever fails under it
 * tells nobody.
 */
const NOBODY = -1;

/** Called for each completion: the two halves of its user_data, its result, and its flags. */
export type Completed = (operation: number, generation: number, result: number, flags: number) => void;

const { EAGAIN, EBUSY, EINTR, ENOMEM } = errnos;
const transient: ReadonlySet<number> = new Set([-EAGAIN, -EBUSY, -EINTR, -ENOMEM]);

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
  readonly #counter: Address;
  /** The rings' heads, tails and flags, and the completions. */
  readonly #ring: Int32Array;
  /** Points at the entry that was got last. */
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
  /** How many entries may be unsubmitted: 0 while some wait, or once the ring has failed. */
  #limit: number;
  /** Entries for which there was no room: only where the kernel takes none for now, or any more. */
  #waiting: Sqe[] = [];
  /** What io_uring_enter failed with for good: a negative errno, or 0. */
  #failure = 0;
  #released = false;
  readonly #mappings: readonly Memory[];

  /**
   * Takes the ring over; the ring's descriptor and the eventfd stay open for as long as the thread
   * lives.
   */
  constructor({ fd, params, memory }: RingSetUp) {
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

  /** The next entry. The caller prepares it at once; the object is the next entry's after that. */
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
        this.#limit = 0;
        return;
      }
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

  /** What io_uring_enter failed with for good: a negative errno, or 0. */
  get failure(): number {
    return this.#failure;
  }

  /**
   * Ends a ring that has failed: the kernel cancels what it has of it once neither a descriptor nor
   * a mapping holds it. What is prepared from now on fails, but for closing, when completions are
   * next read.
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

  /**
   * The entries that are not handed over. The object is the same for each that lies in the ring.
   */
  protected *unsubmittedEntries(): Generator<Sqe> {
    const sqe = new Sqe(this.#sqe.words);
    const first = (this.#tail - this.#unsubmitted) | 0;
    for (let index = first; index !== this.#tail; index = (index + 1) | 0) {
      sqe.at = (index & this.#mask) << 4;
      yield sqe;
    }
    yield* this.#waiting;
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
    if (this.#failure < 0 && (!this.#released || this.#waiting.length > 0)) return true;
    return this.#ring[completionHead] !== Atomics.load(this.#ring, completionTail) || this.toEnter;
  }

  /** Reads all completions that are there. `completed` must not throw. */
  reap(completed: Completed): void {
    if (this.#released) {
      this.#refuse(completed);
      return;
    }
    const ring = this.#ring;
    const { completionHead, completionTail, completions } = this.#at;
    const mask = this.#completionMask;
    // Always within the ring, here and below: `?? 0` is for the compiler alone, and V8 drops it.
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

  /** Instead of the kernel: closes descriptors, and has all else fail. */
  #refuse(completed: Completed): void {
    const refused = this.#waiting;
    this.#waiting = [];
    for (const { opcode, fd, userDataLow, userDataHigh } of refused) {
      if (opcode === IORING.OP_CLOSE) completed(userDataLow, userDataHigh, linux.close(fd), 0);
      else if (opcode !== IORING.OP_ASYNC_CANCEL) completed(userDataLow, userDataHigh, this.#failure, 0);
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
    const sqe = this.getSqe();
    sqe.setUserData(0, NOBODY);
    prepRead(sqe, { fd: this.eventfd, into: this.#counter, length: 8, flags: RWF_NOWAIT });
    sqe.addFlags(IOSQE.CQE_SKIP_SUCCESS);
  }
}

/** A word of a structure of the kernel's, which has it. */
function wordOf(words: Int32Array | Uint32Array, index: number): number {
  return defined(words[index], "the kernel's structure has the word");
}
