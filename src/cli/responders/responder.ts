import type { Address } from "../../address/address.ts";
import type { AcceptQueue } from "../../posix/accept-queue.ts";

/** What a responder does with what has arrived. */
export interface Reply {
  /**
   * How many bytes of it are done with; the rest is given again, with what follows. 0 waits for
   * more.
   */
  readonly consumed: number;
  /** What to send; valid until the next call. */
  readonly send?: Uint8Array;
  /** Nothing follows: send, then close. */
  readonly end?: boolean;
}

/** Answers one connection. It is asked again only when all of its last answer has been sent. */
export type Responder = (received: Uint8Array) => Reply;

/** What a responder may want to know about its connection. */
export interface ConnectionFacts {
  readonly peer: Address;
  readonly local: Address;
  /** The listener's accept queue, now. */
  readonly queue: AcceptQueue | undefined;
}
