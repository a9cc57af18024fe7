import { errnos } from "../../system/linux/errno.ts";
import { linux } from "../../system/linux/linux.ts";
import type { System } from "../../system/system.ts";
import type { Handle } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import type { Loop } from "./loop.ts";
import { CANCEL, HoldingOperation } from "./operation.ts";
import type { OpTag } from "./operations.ts";
import { prepClose } from "./sqe.ts";

/** A tag that all handles use, like CANCEL. Tags of derived classes start at 2. */
const CLOSE: OpTag = 0;

/** A descriptor and its operations in the ring. */
export abstract class UringHandle extends HoldingOperation implements Handle {
  readonly fd: number;
  /**
   * "stopped": close() or similar was called, and written data is still being sent. "closing": the
   * kernel has the operation that closes the descriptor. "closed": it has completed, and the handle
   * ends with its last operation. "releasing": release() was called, and the kernel still has
   * operations. "released": it has none, and the caller owns the descriptor.
   */
  #state: "open" | "stopped" | "closing" | "closed" | "releasing" | "released" = "open";
  #closedCalls: ((errno: number) => void)[] | undefined;
  #closeResult = 0;

  constructor(loop: Loop, fd: number) {
    super(loop);
    this.fd = fd;
    linux.closeAtThreadEnd(fd);
  }

  /** A getter, because a field would cost memory in every connection. */
  get system(): System {
    return linux;
  }

  /** Whether operations other than closing are in flight. */
  protected abstract readonly inFlight: boolean;
  /** The ring has failed, so none of its operations will complete. */
  protected abstract abandon(errno: number): void;
  /** One of the derived class's own operations has completed. */
  protected abstract done(tag: OpTag, result: number, flags: number): void;

  abstract close(done?: (errno: number) => void): void;

  /** Whether close() or similar was called, so that no handler is called any more. */
  protected get stopped(): boolean {
    return this.#state !== "open";
  }

  /** Whether `closeDescriptor()` was called or the descriptor is released. */
  protected get closing(): boolean {
    return this.#state === "closing" || this.#state === "closed" || this.released;
  }

  /** Whether the descriptor will be released once the kernel has no more operations. */
  protected get releasing(): boolean {
    return this.#state === "releasing";
  }

  protected get released(): boolean {
    return this.#state === "released";
  }

  /** The first half of closing. */
  protected stop(): void {
    if (this.#state === "open" || this.releasing) this.#state = "stopped";
  }

  /** The first half of releasing. */
  protected stopToRelease(): void {
    if (this.#state === "open") this.#state = "releasing";
  }

  /** The second half of releasing: nothing is in flight. */
  protected releaseDescriptor(): void {
    this.#state = "released";
    linux.keepAtThreadEnd(this.fd);
    this.end();
  }

  override completed(tag: OpTag, result: number, flags: number): void {
    if (tag === CANCEL) return;
    if (tag === CLOSE) this.#state = "closed";
    else this.done(tag, result, flags);
    if (this.#state === "closed" && !this.inFlight) this.end();
  }

  override lost(errno: number): void {
    // The close entry was processed, or Ring.release() has closed the descriptor instead.
    if (this.#state === "closing") this.#state = "closed";
    this.abandon(errno);
    if (this.#state === "closed" && !this.inFlight) this.end();
  }

  /** Registers a function to call once it is closed. */
  protected whenClosed(call: ((errno: number) => void) | undefined): void {
    if (call === undefined) return;
    if (this.#closedCalls === undefined) this.#closedCalls = [call];
    else this.#closedCalls.push(call);
    if (this.hasEnded) this.loop.tick.deferCallback(this);
  }

  /**
   * The second half of closing. Earlier entries have cancelled the operations in flight: the kernel
   * processes such entries immediately and in order, and each operation holds a reference to its
   * file.
   *
   * @param result passed to the functions that wait for the end
   */
  protected closeDescriptor(result: number): void {
    if (this.closing) return;
    this.#state = "closing";
    this.#closeResult = result;
    linux.keepAtThreadEnd(this.fd);
    prepClose(this.getSqe(CLOSE), { fd: this.fd });
  }

  override runCallbacks(): void {
    if (!this.hasEnded) return;
    const calls = this.#closedCalls;
    this.#closedCalls = undefined;
    if (calls !== undefined) for (const call of calls) attempt(call, this.#closeResult);
  }
}

const { ECANCELED } = errnos;

/** Whether this is the result of a cancelled operation. */
export const isCancelled = (result: number): boolean => result === -ECANCELED;
