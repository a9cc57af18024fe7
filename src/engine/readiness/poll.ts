import { defined } from "../../invariant.ts";
import { EXCEPTIONAL, READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import type { Direction, PendingPoll } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import type { Reactor, Registration } from "./reactor.ts";

/** A poll of the readiness engine. */
export class ReadinessPoll implements PendingPoll, Registration {
  readonly #reactor: Reactor;
  readonly #fd: number;
  readonly #slot: number;
  readonly #events: number;
  readonly #done: (errno: number) => void;
  #held = true;
  #watched = false;
  /** undefined while waiting. */
  #result: number | undefined;

  constructor(reactor: Reactor, fd: number, direction: Direction, done: (errno: number) => void) {
    this.#reactor = reactor;
    this.#fd = fd;
    this.#events = EXCEPTIONAL | (direction === "receive" ? READABLE : WRITABLE);
    this.#done = done;
    this.#slot = reactor.register(this);
    const watching = reactor.watch(fd, this.#slot);
    this.#watched = watching === 0;
    if (watching < 0) this.#end(watching);
    else reactor.await(this.#slot, direction === "receive" ? READABLE : WRITABLE);
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
    if ((ready & this.#events) !== 0) this.#end(0);
  }

  lost(errno: number): void {
    this.#watched = false;
    this.#end(errno);
  }

  proceed(): void {
    this.unref();
    attempt(this.#done, defined(this.#result, "it has ended"));
  }

  #end(result: number): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    if (this.#watched) this.#reactor.unwatch(this.#fd, this.#slot);
    this.#reactor.deregister(this.#slot);
    this.#reactor.later(this);
  }
}
