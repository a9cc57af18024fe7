import { CLOSE_ON_EXEC, NONBLOCKING } from "../../system/descriptor-flags.ts";
import { READABLE } from "../../system/readiness-queue.ts";
import type { Acceptor, AcceptorHandlers } from "../engine.ts";
import { isTcp } from "../is-tcp.ts";
import { attempt, uncaught } from "../uncaught.ts";
import { ReadinessHandle } from "./handle.ts";
import type { Reactor } from "./reactor.ts";

/** Connections accepted per turn. */
const MOST = 64;

/** The readiness engine's acceptor. */
export class ReadinessAcceptor extends ReadinessHandle implements Acceptor {
  readonly #handlers: AcceptorHandlers;
  #wanted = 0;
  /** undefined until it is read. */
  #tcp: boolean | undefined;
  /** A connection may be waiting. */
  #readable = false;
  /** The error of watching or accepting, until it is reported. */
  #failed = 0;
  #pausedCalls: (() => void)[] | undefined;

  constructor(reactor: Reactor, fd: number, handlers: AcceptorHandlers) {
    super(reactor, fd);
    this.#handlers = handlers;
  }

  accept(count: number): void {
    if (!(count >= 1)) throw new RangeError(`count must be 1 or more, not ${count}`);
    if (this.stopped) return;
    this.#wanted += count;
    const returned = this.#readable ? 0 : this.await(READABLE);
    if (returned < 0) this.#failed = returned;
    if (this.#readable || returned < 0) this.later();
  }

  pause(done?: () => void): void {
    if (this.stopped) return;
    this.#wanted = 0;
    if (done === undefined) return;
    this.#pausedCalls ??= [];
    this.#pausedCalls.push(done);
    this.later();
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.stopped) return;
    this.stop();
    this.#wanted = 0;
    this.#pausedCalls = undefined;
    this.unwatch();
    this.closeDescriptor(0);
  }

  override ready(ready: number): void {
    if ((ready & READABLE) === 0) return;
    this.#readable = true;
    this.#accept();
  }

  protected override queueFailed(errno: number): void {
    if (this.#wanted === 0) return;
    this.#failed = errno;
    this.later();
  }

  protected override continueWork(): void {
    const calls = this.#pausedCalls;
    this.#pausedCalls = undefined;
    if (calls !== undefined) for (const call of calls) attempt(call, undefined);
    if (this.#failed < 0) this.#fail(this.#failed);
    else if (this.#readable) this.#accept();
  }

  #accept(): void {
    const { system, errors } = this.reactor;
    for (let calls = 0; calls < MOST; calls++) {
      if (this.#wanted === 0) return;
      const fd = system.accept(this.fd, system.address, CLOSE_ON_EXEC | NONBLOCKING);
      if (fd >= 0) {
        this.#wanted--;
        this.#deliver(fd);
      } else if (fd === errors.wouldBlock) {
        this.#readable = false;
        this.await(READABLE);
        return;
      } else if (fd !== errors.interrupted) {
        this.#fail(fd);
        return;
      }
    }
    this.later();
  }

  /** Accepted sockets have the listening socket's protocol, so there is no need to query each. */
  #deliver(fd: number): void {
    const { accepted, system } = this.reactor;
    this.#tcp ??= isTcp(system, this.fd);
    accepted.fd = fd;
    accepted.isTcp = this.#tcp;
    try {
      this.#handlers.onAccept(fd);
    } catch (error) {
      uncaught(error);
    }
    accepted.fd = -1;
  }

  #fail(errno: number): void {
    this.#failed = 0;
    if (this.#wanted === 0) return;
    this.#wanted = 0;
    attempt((failed: number) => this.#handlers.onError(failed), errno);
  }
}
