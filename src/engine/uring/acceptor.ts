import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IORING } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Acceptor, AcceptorHandlers } from "../engine.ts";
import { attempt, uncaught } from "../uncaught.ts";
import { wakeAcceptors } from "../wake-acceptors.ts";
import { isCancelled, UringHandle } from "./handle.ts";
import type { Loop } from "./loop.ts";
import type { OpTag } from "./operations.ts";
import { prepAccept, prepMultishotAccept } from "./sqe.ts";

const ONE: OpTag = 2;
const ALL: OpTag = 3;

const { SOCK } = constants;
const FLAGS = SOCK.CLOEXEC | SOCK.NONBLOCK;
const { EAGAIN, EINTR } = errnos;

/**
 * The number of single accept operations in flight. More would not help: each is replaced when it
 * completes.
 */
const AHEAD = 16;

export class UringAcceptor extends UringHandle implements Acceptor {
  readonly #handlers: AcceptorHandlers;
  #wanted = 0;
  /** Operations in flight. */
  #ones = 0;
  #all = false;
  /**
   * One of them ended without a connection. It may have swallowed the wake-up meant for another
   * waiter.
   */
  #untaken = false;
  /** Functions to call once no operation is left; undefined unless pausing. */
  #pausing: (() => void)[] | undefined;

  constructor(loop: Loop, fd: number, handlers: AcceptorHandlers) {
    super(loop, fd);
    this.#handlers = handlers;
  }

  accept(count: number): void {
    if (!(count >= 1)) throw new RangeError(`count must be 1 or more, not ${count}`);
    if (this.stopped) return;
    this.#wanted += count;
    this.#begin();
  }

  pause(done?: () => void): void {
    if (this.stopped) return;
    this.#stopAccepting();
    this.#pausing ??= [];
    if (done !== undefined) this.#pausing.push(done);
    if (!this.inFlight) this.loop.tick.deferCallback(this);
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.stopped) return;
    this.stop();
    this.#pausing = undefined;
    if (this.inFlight) this.#cancelNow();
    this.closeDescriptor(0);
    this.loop.ring.submit();
  }

  override runCallbacks(): void {
    super.runCallbacks();
    const calls = this.#pausing;
    if (calls === undefined || this.inFlight) return;
    this.#pausing = undefined;
    for (const call of calls) attempt(call, undefined);
    this.#begin();
  }

  protected override abandon(errno: number): void {
    this.#ones = 0;
    this.#all = false;
    this.#wanted = 0;
    if (this.#pausing !== undefined) this.runCallbacks();
    if (!this.stopped) attempt((failed: number) => this.#handlers.onError(failed), errno);
  }

  protected override get inFlight(): boolean {
    return this.#ones > 0 || this.#all;
  }

  protected override done(tag: OpTag, result: number, flags: number): void {
    if (tag === ONE) this.#ones--;
    else if ((flags & IORING.CQE_F_MORE) === 0) this.#all = false;
    if (result >= 0) this.#accepted(result);
    else this.#ended(result);
    if (!this.inFlight) this.#rest();
    this.#begin();
  }

  #begin(): void {
    if (this.stopped || this.#pausing !== undefined || this.#all) return;
    if (this.#wanted === Number.POSITIVE_INFINITY) {
      this.#all = true;
      prepMultishotAccept(this.getSqe(ALL), { fd: this.fd, flags: FLAGS });
      return;
    }
    while (this.#ones < this.#wanted && this.#ones < AHEAD) {
      this.#ones++;
      prepAccept(this.getSqe(ONE), { fd: this.fd, flags: FLAGS });
    }
  }

  /** Called when none of its operations is in flight any more. */
  #rest(): void {
    if (this.stopped) return;
    if (this.#untaken) wakeAcceptors(linux, this.fd);
    this.#untaken = false;
    this.runCallbacks();
  }

  /**
   * Cancels everything in flight without waiting for the end of the tick. An operation refers to
   * the socket, whose address would otherwise stay in use for a `listen()` that follows `close()`.
   */
  #cancelNow(): void {
    this.#stopAccepting();
    this.loop.ring.submit();
    wakeAcceptors(linux, this.fd);
  }

  #stopAccepting(): void {
    this.#wanted = 0;
    if (this.#ones > 0) this.cancelAll(ONE);
    if (this.#all) this.cancelAll(ALL);
  }

  #accepted(fd: number): void {
    if (this.stopped) {
      linux.close(fd);
      return;
    }
    if (this.#wanted > 0) this.#wanted--;
    try {
      this.#handlers.onAccept(fd);
    } catch (error) {
      uncaught(error);
    }
  }

  #ended(errno: number): void {
    this.#untaken = true;
    if (!isCancelled(errno) && errno !== -EINTR && errno !== -EAGAIN) this.#failed(errno);
  }

  /** Called when an operation fails. If several do, only the first is reported. */
  #failed(errno: number): void {
    if (this.#wanted === 0 || this.stopped) return;
    this.#stopAccepting();
    try {
      this.#handlers.onError(errno);
    } catch (error) {
      uncaught(error);
    }
  }
}
