import type { StreamHandlers } from "../../engine/engine.ts";

/** Takes over a Connection, and gets its events: a Duplex, for example. @internal */
export interface Consumer extends StreamHandlers {
  sendingFailed(errno: number): void;
  /**
   * Called if the program, its listener or a failure closed the descriptor before both sides had
   * ended.
   */
  closed(error: unknown): void;
}

/** The state in which a consumer starts. @internal */
export interface Consumed {
  /** Data that was received but not read. */
  readonly unread: Uint8Array | undefined;
  /** Whether the peer has ended. */
  readonly ended: boolean;
}
