import type { Timer } from "../../clock/clock.ts";
import type { Engine, PendingPoll } from "../../engine/engine.ts";
import { invariant } from "../../invariant.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryRecv } from "../../posix/recv.ts";
import { receivingEnded } from "../../system/receiving-ended.ts";
import { isCertainlyHeader, parseProxyHeader } from "./parse-proxy-header.ts";
import type { ProxyHeader } from "./proxy-header.ts";

/** How reading a header ended. */
export type HeaderOutcome =
  | { readonly kind: "header"; readonly header: ProxyHeader }
  /** The connection begins with something else, of which nothing was consumed. */
  | { readonly kind: "none" }
  | { readonly kind: "missing" | "malformed" | "timed out"; readonly reason: string };

/**
 * The delay before undecided bytes are checked again, in milliseconds; poll(2) would report the
 * bytes already there. It doubles until more arrive.
 */
const FIRST_LOOK = 5;
const LONGEST_LOOK = 200;

/** How long bytes may stay undecided, in milliseconds, regardless of the timeout. */
const LONGEST_UNDECIDED = 5000;

/** The most bytes that one check reads; longer headers take several. */
const scratch = new Uint8Array(1024);
const nothing = new Uint8Array(0);

/** Limits of one header. */
interface HeaderLimits {
  readonly optional: boolean;
  /** In milliseconds, or Infinity. */
  readonly timeout: number;
}

/**
 * Reads the header at the start of a connection, and not a byte more: it peeks first (MSG_PEEK), as
 * HAProxy does, so the next reader of the descriptor gets the bytes after the header.
 */
export class HeaderReader {
  readonly #engine: Pick<Engine, "poll" | "system">;
  readonly #socket: BorrowedSocket;
  readonly #limits: HeaderLimits;
  readonly #done: (outcome: HeaderOutcome) => void;
  /** The part of the header that was consumed. */
  #taken: Uint8Array = nothing;
  #poll: PendingPoll | undefined;
  /** Checks undecided bytes again. */
  #again: Timer | undefined;
  #delay = FIRST_LOOK;
  #undecided = 0;
  #undecidedSince = 0;
  #limit: Timer | undefined;
  /** The result, to report once nothing waits on the descriptor; null if it was cancelled. */
  #outcome: HeaderOutcome | null | undefined;
  #cancelled = () => {};

  /**
   * @param fd a connected, non-blocking socket, which the caller still owns
   * @param done called once, unless `cancel()` was: within `start()` if the header is there already
   */
  constructor(
    engine: Pick<Engine, "poll" | "system">,
    fd: number,
    limits: HeaderLimits,
    done: (outcome: HeaderOutcome) => void,
  ) {
    this.#engine = engine;
    this.#socket = new BorrowedSocket(engine.system, { fd });
    this.#limits = limits;
    this.#done = done;
  }

  start(): void {
    this.#read();
    const { timeout } = this.#limits;
    if (this.#outcome !== undefined || timeout === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#engine.system;
    // The listener decides whether the process keeps running.
    this.#limit = clock.setTimeout(() => this.#timedOut(), timeout).unref();
  }

  /** @param done called once the descriptor may be closed */
  cancel(done: () => void): void {
    this.#cancelled = done;
    this.#end(null);
  }

  #timedOut(): void {
    // The client waits for the server to speak first, or has sent bytes that only begin like a
    // header.
    if (this.#limits.optional && this.#taken.length === 0) this.#end({ kind: "none" });
    else this.#end({ kind: "timed out", reason: "it was not complete in time" });
  }

  /** Consumes the bytes of the header, until it is complete or no more have arrived. */
  #read(): void {
    const { system } = this.#engine;
    const { MSG } = system.constants;
    // Before peeking, so that no byte can arrive after the end that is seen.
    const hasEnded = this.#undecided > 0 && receivingEnded(system, this.#socket.fd);
    for (;;) {
      const looked = tryRecv(this.#socket, scratch, MSG.PEEK);
      if (!looked.ok) {
        if (looked.error.name === "WouldBlock") this.#wait();
        else this.#end({ kind: "missing", reason: looked.error.message });
        return;
      }
      const isEnd = hasEnded || looked.value === 0;
      const bytes = Buffer.concat([this.#taken, scratch.subarray(0, looked.value)]);
      const parsed = parseProxyHeader(bytes);
      const isCertain = !this.#limits.optional || isCertainlyHeader(bytes);
      if (parsed.kind === "header") {
        this.#take(parsed.length - this.#taken.length);
        this.#end({ kind: "header", header: parsed.header });
      } else if (parsed.kind === "invalid") {
        const kind = isCertainlyHeader(bytes) ? "malformed" : "missing";
        this.#end(isCertain ? { kind, reason: parsed.reason } : { kind: "none" });
      } else if (isEnd) {
        const reason = bytes.length === 0 ? "it ended without one" : "it ended within the header";
        this.#end(isCertain ? { kind: "missing", reason } : { kind: "none" });
      } else if (isCertain) {
        this.#take(looked.value);
        this.#taken = bytes;
        continue;
      } else {
        this.#lookAgain(bytes.length);
      }
      return;
    }
  }

  #lookAgain(length: number): void {
    const { clock } = this.#engine.system;
    if (this.#undecided === 0) this.#undecidedSince = clock.now();
    const left = this.#undecidedSince + LONGEST_UNDECIDED - clock.now();
    if (left <= 0) {
      this.#end({ kind: "none" });
      return;
    }
    this.#delay = length > this.#undecided ? FIRST_LOOK : Math.min(LONGEST_LOOK, this.#delay * 2);
    this.#undecided = length;
    this.#again = clock.setTimeout(() => this.#read(), Math.min(this.#delay, left)).unref();
  }

  /** Consumes bytes that were peeked at: one call returns them all. */
  #take(count: number): void {
    const taken = tryRecv(this.#socket, scratch.subarray(0, count));
    invariant(taken.ok && taken.value === count, "nothing else reads the descriptor");
  }

  #wait(): void {
    this.#poll = this.#engine.poll(this.#socket.fd, "receive", (errno) => {
      this.#poll = undefined;
      if (this.#outcome !== undefined) this.#finish();
      else if (errno === 0) this.#read();
      else this.#end({ kind: "missing", reason: "waiting for it failed" });
    });
    this.#poll.unref();
  }

  #end(outcome: HeaderOutcome | null): void {
    if (this.#outcome !== undefined) {
      // The listener closes the descriptor itself, even if the poll was already being cancelled.
      if (outcome === null) this.#outcome = null;
      return;
    }
    this.#outcome = outcome;
    const { clock } = this.#engine.system;
    clock.clearTimeout(this.#limit);
    clock.clearTimeout(this.#again);
    if (this.#poll === undefined) this.#finish();
    else this.#poll.cancel();
  }

  #finish(): void {
    const outcome = this.#outcome;
    if (outcome === null || outcome === undefined) this.#cancelled();
    else this.#done(outcome);
  }
}
