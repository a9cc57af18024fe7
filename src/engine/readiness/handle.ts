import type { System } from "../../system/system.ts";
import type { Handle } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import type { Reactor, Registration } from "./reactor.ts";

/** A descriptor owned by the engine. */
export abstract class ReadinessHandle implements Handle, Registration {
  readonly fd: number;
  protected readonly reactor: Reactor;
  /**
   * "stopped": close() was called, and written data is still being sent. "releasing": the same
   * after release(). "released": the caller owns the descriptor.
   */
  #state: "open" | "stopped" | "closed" | "releasing" | "released" = "open";
  readonly #slot: number;
  #held = true;
  #watched = false;
  #waiting = false;
  #closedCalls: ((errno: number) => void)[] | undefined;
  #closeResult = 0;

  constructor(reactor: Reactor, fd: number) {
    this.reactor = reactor;
    this.fd = fd;
    reactor.system.closeAtThreadEnd(fd);
    if (reactor.connected.fd === fd) {
      this.#slot = reactor.takeConnected(this);
      this.#watched = true;
    } else {
      this.#slot = reactor.register(this);
    }
  }

  get system(): System {
    return this.reactor.system;
  }

  /** Whether close() or similar was called, so that no handler is called any more. */
  protected get stopped(): boolean {
    return this.#state !== "open";
  }

  /** Whether the descriptor is closed, or released. */
  protected get closed(): boolean {
    return this.#state === "closed" || this.released;
  }

  /** Whether the descriptor will be released once everything is sent. */
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

  /** The second half of releasing. */
  protected releaseDescriptor(): void {
    if (this.closed) return;
    this.#state = "released";
    this.unwatch();
    this.reactor.system.keepAtThreadEnd(this.fd);
    this.reactor.deregister(this.#slot);
    this.later();
  }

  abstract ready(ready: number): void;
  abstract close(done?: (errno: number) => void): void;
  /** The queue has failed permanently. Reports that if this object waits for anything. */
  protected abstract queueFailed(errno: number): void;
  /** Continues the work left for this turn, and makes any calls that are due. */
  protected abstract continueWork(): void;

  hasRef(): boolean {
    return this.#held;
  }

  ref(): void {
    if (this.#held || this.closed) return;
    this.#held = true;
    this.reactor.hold();
  }

  unref(): void {
    if (!this.#held) return;
    this.#held = false;
    this.reactor.letGo();
  }

  lost(errno: number): void {
    this.#watched = false;
    this.queueFailed(errno);
  }

  proceed(): void {
    this.#waiting = false;
    this.continueWork();
    if (this.closed) this.#reportClosed();
  }

  /** Schedules `continueWork()` for a later turn. */
  protected later(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.reactor.later(this);
  }

  /**
   * Calls `ready()` once when the descriptor becomes READABLE or WRITABLE. Returns 0 or a negative
   * errno. May be called again.
   */
  protected await(interest: number): number {
    if (!this.#watched) {
      const returned = this.reactor.watch(this.fd, this.#slot);
      if (returned < 0) return returned;
      this.#watched = true;
    }
    this.reactor.await(this.#slot, interest);
    return 0;
  }

  /**
   * Stops watching the descriptor. Otherwise events would still arrive if another process has the
   * same file open.
   */
  protected unwatch(): void {
    if (!this.#watched) return;
    this.#watched = false;
    this.reactor.unwatch(this.fd, this.#slot);
  }

  /** Registers a function to call once it is closed. */
  protected whenClosed(call: ((errno: number) => void) | undefined): void {
    if (call === undefined) return;
    if (this.#closedCalls === undefined) this.#closedCalls = [call];
    else this.#closedCalls.push(call);
    if (this.closed) this.later();
  }

  /**
   * The second half of closing.
   *
   * @param result passed to the functions that wait for the end
   */
  protected closeDescriptor(result: number): void {
    if (this.closed) return;
    this.#state = "closed";
    this.#closeResult = result;
    if (this.#watched) this.reactor.closing(this.fd, this.#slot);
    this.reactor.system.keepAtThreadEnd(this.fd);
    this.reactor.system.close(this.fd);
    this.reactor.deregister(this.#slot);
    this.later();
  }

  #reportClosed(): void {
    this.unref();
    const calls = this.#closedCalls;
    this.#closedCalls = undefined;
    if (calls !== undefined) for (const call of calls) attempt(call, this.#closeResult);
  }
}
