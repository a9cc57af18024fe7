import { defined } from "../../invariant.ts";
import { EXCEPTIONAL, WRITABLE } from "../../system/readiness-queue.ts";
import type { ValueResult } from "../../system/system.ts";
import type { PendingConnect, SocketKind } from "../engine.ts";
import { pendingError } from "../pending-error.ts";
import { attempt } from "../uncaught.ts";
import type { Reactor, Registration } from "./reactor.ts";

/** A connect() of the readiness engine. */
export class ReadinessConnect implements PendingConnect, Registration {
  readonly #reactor: Reactor;
  readonly #fd: number;
  readonly #slot: number;
  readonly #done: (errno: number) => void;
  readonly #kind: SocketKind | undefined;
  #held = true;
  #watched = false;
  /** The events the descriptor is ready for. */
  #ready = 0;
  /**
   * It is connected and still watched: the stream that `done` creates takes over the registration.
   */
  #staysWatched = false;
  /** undefined while connecting. */
  #result: number | undefined;

  constructor(
    reactor: Reactor,
    fd: number,
    address: ValueResult,
    done: (errno: number) => void,
    kind: SocketKind | undefined,
  ) {
    this.#reactor = reactor;
    this.#fd = fd;
    this.#done = done;
    this.#kind = kind;
    this.#slot = reactor.register(this);
    const returned = reactor.system.connect(fd, address);
    if (this.#isInProgress(returned)) {
      const watching = reactor.watch(fd, this.#slot);
      this.#watched = watching === 0;
      if (watching < 0) this.#end(watching);
      else reactor.await(this.#slot, WRITABLE);
    } else {
      this.#end(returned);
    }
  }

  ref(): void {
    if (this.#held || this.#result !== undefined) return;
    this.#held = true;
    this.#reactor.hold();
  }

  unref(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#reactor.letGo();
  }

  cancel(): void {
    this.#end(this.#reactor.errors.cancelled);
  }

  ready(ready: number): void {
    this.#ready |= ready;
    if ((ready & (WRITABLE | EXCEPTIONAL)) === 0) return;
    const mayHaveFailed = (ready & EXCEPTIONAL) !== 0 || !this.#reactor.tellsFailures;
    this.#end(mayHaveFailed ? pendingError(this.#reactor.system, this.#fd) : 0);
  }

  lost(errno: number): void {
    this.#watched = false;
    this.#end(errno);
  }

  proceed(): void {
    this.unref();
    const { connected } = this.#reactor;
    if (this.#staysWatched) {
      connected.fd = this.#fd;
      connected.slot = this.#slot;
      connected.ready = this.#ready;
      connected.kind = this.#kind;
    }
    attempt(this.#done, defined(this.#result, "it has ended"));
    if (!this.#staysWatched || connected.fd < 0) return;
    // `done` closed it instead.
    connected.fd = -1;
    this.#reactor.deregister(this.#slot);
  }

  /**
   * A connect() interrupted by a signal continues like a non-blocking one (POSIX, connect, EINTR).
   */
  #isInProgress(returned: number): boolean {
    const { inProgress, interrupted } = this.#reactor.errors;
    return returned === inProgress || returned === interrupted;
  }

  #end(result: number): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    const isStream = result === 0 && this.#kind !== undefined;
    this.#staysWatched = isStream && this.#watched && this.#reactor.watchesUntilClosed;
    if (this.#staysWatched) {
      this.#reactor.later(this);
      return;
    }
    if (this.#watched) this.#reactor.unwatch(this.#fd, this.#slot);
    this.#reactor.deregister(this.#slot);
    this.#reactor.later(this);
  }
}
