import { IORING } from "../../system/linux/io-uring.ts";
import type { Loop } from "./loop.ts";
import { type CompletionTarget, type OpTag, userData } from "./operations.ts";
import { prepCancel64, type Sqe } from "./sqe.ts";

/** Nobody waits for what a cancellation itself gives. Other tags are 0, and from 2 on. */
export const CANCEL: OpTag = 1;

/**
 * What has operations in the ring, from one to several at once, by tags of its own: it has a slot,
 * which their completions name.
 */
export abstract class UringOperation implements CompletionTarget {
  protected readonly loop: Loop;
  readonly #slot: number;

  constructor(loop: Loop) {
    this.loop = loop;
    this.#slot = loop.operations.add(this);
  }

  abstract completed(tag: OpTag, result: number, flags: number): void;
  abstract lost(errno: number): void;

  /** The next entry, whose completion comes with this tag. The caller prepares it at once. */
  protected getSqe(tag: OpTag): Sqe {
    const { ring, operations, tick } = this.loop;
    const slot = this.#slot;
    const sqe = ring.getSqe();
    sqe.setUserData(userData(slot, tag), operations.generation(slot));
    tick.willSubmit();
    return sqe;
  }

  /**
   * Cancels all operations of a tag; each of them completes, with -ECANCELED if nothing else came
   * first.
   */
  protected cancelAll(tag: OpTag): void {
    const low = userData(this.#slot, tag);
    const high = this.loop.operations.generation(this.#slot);
    prepCancel64(this.getSqe(CANCEL), { low, high, flags: IORING.ASYNC_CANCEL_ALL });
  }

  /** It has no operation any more, and gives its slot back. */
  protected deregister(): void {
    this.loop.operations.remove(this.#slot);
  }
}

/** Operations that hold the process until they have ended, but for `unref()`. */
export abstract class HoldingOperation extends UringOperation {
  #state: "holding" | "not holding" | "ended" = "holding";

  constructor(loop: Loop) {
    super(loop);
    loop.opened();
  }

  protected get hasEnded(): boolean {
    return this.#state === "ended";
  }

  ref(): void {
    if (this.#state !== "not holding") return;
    this.#state = "holding";
    this.loop.hold();
  }

  unref(): void {
    if (this.#state !== "holding") return;
    this.#state = "not holding";
    this.loop.letGo();
  }

  /** Ends it: `tell()` calls those who wait for that. */
  protected end(): void {
    this.deregister();
    this.unref();
    this.#state = "ended";
    this.tell();
    this.loop.closed();
  }

  /** Calls those who wait for the end, where it has ended. */
  abstract tell(): void;
}
