import type { Address } from "../../address/address.ts";
import type { AcceptQueue } from "../../posix/accept-queue.ts";

/** A responder's reaction to received data. */
export interface Reply {
  /**
   * How many bytes were consumed. The rest is passed again along with later data; 0 waits for more.
   */
  readonly consumed: number;
  /** Bytes to send; valid until the next call. */
  readonly send?: Uint8Array;
  /** Whether to close after sending. */
  readonly end?: boolean;
}

/** Answers one connection. Only called again once its last answer has been sent. */
export type Responder = (received: Uint8Array) => Reply;

/** Facts about a connection, for its responder. */
export interface ConnectionFacts {
  readonly peer: Address;
  readonly local: Address;
  /** The listener's accept queue, now. */
  readonly queue: AcceptQueue | undefined;
}
