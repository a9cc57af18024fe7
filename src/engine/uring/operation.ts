import { IORING } from "../../system/linux/io-uring.ts";
import type { Loop } from "./loop.ts";
import { type CompletionTarget, type OpTag, userData } from "./operations.ts";
import { prepCancel64, type Sqe } from "./sqe.ts";

/** The tag of cancellations, whose own results are ignored. Other tags are 0, and 2 or more. */
export const CANCEL: OpTag = 1;

/**
 * An object with one or more operations in the ring, which tags distinguish. Its slot routes their
 * completions to it.
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

  /**
   * Returns the next entry, whose completion carries this tag. The caller must prepare it
   * immediately.
   */
  protected getSqe(tag: OpTag): Sqe {
    const { ring, operations, tick } = this.loop;
    const slot = this.#slot;
    const sqe = ring.getSqe();
    sqe.setUserData(userData(slot, tag), operations.generation(slot));
    tick.willSubmit();
    return sqe;
  }

  /**
   * The result of the operation with this tag, if it has completed but `completed()` was not called
   * yet. Only for operations with a single result.
   */
  protected peekResult(tag: OpTag): number | undefined {
    const { ring, operations } = this.loop;
    return ring.peek(userData(this.#slot, tag), operations.generation(this.#slot));
  }

  /**
   * Cancels all operations with this tag. Each still completes, with -ECANCELED unless it finished
   * first.
   */
  protected cancelAll(tag: OpTag): void {
    const low = userData(this.#slot, tag);
    const high = this.loop.operations.generation(this.#slot);
    prepCancel64(this.getSqe(CANCEL), { low, high, flags: IORING.ASYNC_CANCEL_ALL });
  }

  /** Releases the slot. Call it once no operations are left. */
  protected deregister(): void {
    this.loop.operations.remove(this.#slot);
  }
}

/** An operation that keeps the process running until it has ended, unless unref'd. */
export abstract class HoldingOperation extends UringOperation {
  #state: "holding" | "not holding" | "ended" = "holding";

  constructor(loop: Loop) {
    super(loop);
    loop.opened();
  }

  protected get hasEnded(): boolean {
    return this.#state === "ended";
  }

  hasRef(): boolean {
    return this.#state === "holding";
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

  /** Ends the operation. `runCallbacks()` later calls the functions that wait for the end. */
  protected end(): void {
    this.deregister();
    this.unref();
    this.#state = "ended";
    this.runCallbacks();
    this.loop.closed();
  }

  /** Calls the functions that wait for the end, if the operation has ended. */
  abstract runCallbacks(): void;
}
