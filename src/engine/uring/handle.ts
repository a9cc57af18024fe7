import { errnos } from "../../system/linux/errno.ts";
import { IORING, IOSQE } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Handle } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import type { Loop } from "./loop.ts";
import { type CompletionTarget, type OpTag, userData } from "./operations.ts";
import { first } from "./ring.ts";

const { ECANCELED = 0 } = errnos;

/** The kinds of operations that all have. Others begin at 2. */
const CLOSE: OpTag = 0;
/** Nobody waits for what a cancellation itself gives: what it cancels completes. */
export const CANCEL: OpTag = 1;

const CLOSE_ENTRY = first(IORING.OP_CLOSE);
export const CANCEL_ENTRY = first(IORING.OP_ASYNC_CANCEL, IOSQE.CQE_SKIP_SUCCESS);
/** IORING_ASYNC_CANCEL_ALL of include/uapi/linux/io_uring.h */
const CANCEL_ALL = 1;

/** A descriptor and its operations in the ring. */
export abstract class UringHandle implements Handle, CompletionTarget {
  readonly fd: number;
  protected readonly loop: Loop;
  protected closing = false;
  readonly #slot: number;
  #held = true;
  /** "ended": the descriptor is closed, and no operation is left. */
  #state: "open" | "closing" | "closed" | "ended" = "open";
  #closedCalls: ((errno: number) => void)[] | undefined;
  #closeResult = 0;

  constructor(loop: Loop, fd: number) {
    this.loop = loop;
    this.fd = fd;
    this.#slot = loop.operations.add(this);
    linux.closeAtThreadEnd(fd);
    loop.opened();
  }

  /** Whether the kernel still has operations of it, that of closing aside. */
  protected abstract readonly inFlight: boolean;
  /** The ring has failed: no operation of it completes any more. */
  protected abstract abandon(errno: number): void;
  /** One of the derived class's own operations has completed. */
  protected abstract done(kind: OpTag, result: number, flags: number): void;

  ref(): void {
    if (this.#held || this.#state === "ended") return;
    this.#held = true;
    this.loop.hold();
  }

  unref(): void {
    if (!this.#held) return;
    this.#held = false;
    this.loop.letGo();
  }

  abstract close(done?: (errno: number) => void): void;

  completed(kind: OpTag, result: number, flags: number): void {
    if (kind === CANCEL) return;
    if (kind === CLOSE) this.#state = "closed";
    else this.done(kind, result, flags);
    if (this.#state === "closed" && !this.inFlight) this.#end();
  }

  lost(errno: number): void {
    // Its entry was carried out, or Ring.release() has closed the descriptor instead.
    if (this.#state === "closing") this.#state = "closed";
    this.abandon(errno);
    if (this.#state === "closed" && !this.inFlight) this.#end();
  }

  /** Notes a call to be made once it is closed. */
  protected whenClosed(call: ((errno: number) => void) | undefined): void {
    if (call === undefined) return;
    if (this.#closedCalls === undefined) this.#closedCalls = [];
    this.#closedCalls.push(call);
    if (this.#state === "ended") this.loop.turns.deferCallback(this);
  }

  /** Writes an entry. The arguments are `Ring.prepare()`'s. */
  protected prepareEntry(
    entry: number,
    kind: OpTag,
    offset: number,
    low: number,
    high: number,
    length: number,
    flags: number,
    group: number,
  ): void {
    const { ring, operations } = this.loop;
    const slot = this.#slot;
    const generation = operations.generation(slot);
    ring.prepare(entry, this.fd, offset, low, high, length, flags, userData(slot, kind), generation, group);
    this.loop.turns.willSubmit();
  }

  /**
   * Cancels all operations of a kind; each of them completes, with -ECANCELED if nothing else came
   * first.
   */
  protected cancel(kind: OpTag): void {
    const { operations } = this.loop;
    const generation = operations.generation(this.#slot);
    this.prepareEntry(CANCEL_ENTRY, CANCEL, 0, userData(this.#slot, kind), generation, 0, CANCEL_ALL, 0);
  }

  /**
   * Closes the descriptor. What is in flight has been cancelled by entries before this one: the
   * kernel carries such entries out at once, in order, and an operation has a hold of its file.
   *
   * @param result what those who wait for the end are told
   */
  protected closeDescriptor(result: number): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#closeResult = result;
    linux.keepAtThreadEnd(this.fd);
    this.prepareEntry(CLOSE_ENTRY, CLOSE, 0, 0, 0, 0, 0, 0);
  }

  #end(): void {
    this.#state = "ended";
    this.loop.operations.remove(this.#slot);
    this.unref();
    this.tell();
    this.loop.closed();
  }

  /** Tells those who wait for the end. */
  tell(): void {
    if (this.#state !== "ended") return;
    const calls = this.#closedCalls;
    this.#closedCalls = undefined;
    if (calls !== undefined) for (const call of calls) attempt(call, this.#closeResult);
  }
}

/** Whether it is what an operation that was cancelled gives. */
export const isCancelled = (result: number): boolean => result === -ECANCELED;
