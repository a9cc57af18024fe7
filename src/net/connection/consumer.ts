import type { StreamHandlers } from "../../engine/engine.ts";

/** What takes a Connection over, such as a Duplex, and gets its events. @internal */
export interface Consumer extends StreamHandlers {
  sendingFailed(errno: number): void;
  /**
   * Called if the program, its listener or a failure closed the descriptor before both sides had
   * ended.
   */
  closed(error: unknown): void;
}

/** What a consumer starts with. @internal */
export interface Consumed {
  /** What was received and not read. */
  readonly unread: Uint8Array | undefined;
  /** Whether the peer has ended. */
  readonly ended: boolean;
}
