// The interfaces of a StreamHandle's surroundings: its Socket, its server, and the stream below it.
import type { Stream, StreamHandlers } from "../../engine/engine.ts";

/** The Socket, which receives the data. */
export interface StreamReader {
  readonly destroyed: boolean;
  /** HTTP's parser; null once it is detached. */
  readonly parser?: unknown;
  destroy(): unknown;
  listenerCount(event: string): number;
  push(chunk: Uint8Array | null): boolean;
  /** Hands over a chunk like `push()`, if nothing but the listener would see a difference. */
  _emitData(chunk: Buffer): boolean;
  /**
   * Whether it is idle in an HTTP agent: unsolicited bytes would be taken for the answer to the
   * next request. Node's agent closes such a Socket, too, since Node 26.
   */
  _isFreeInAgent(): boolean;
  /** Everything has been pushed. */
  _endOfPeer(): void;
  _unrefTimer(): void;
  /** Receiving or sending failed, and everything that came before has been pushed. */
  _failed(errno: number): void;
  /** Its own descriptor is closed. */
  _descriptorClosed(): void;
  /** Sending failed; received data is still to be read. */
  _sendingFailed(errno: number): void;
}

/** The server that accepted it, which is notified when the descriptor is closed. */
export interface ConnectionOwner {
  connectionEnded(): void;
}

/** The calls that it makes on a Stream. */
export interface HandleStream
  extends Pick<
    Stream,
    | "fd"
    | "letTicksRun"
    | "pause"
    | "pendingBytes"
    | "ref"
    | "resume"
    | "system"
    | "unref"
    | "write"
    | "writeText"
  > {
  shutdown(done?: () => void): void;
  closeNow(done: () => void): void;
}

/** The source of a descriptor's stream: an engine, or a Connection. */
export interface StreamSource {
  stream(fd: number, handlers: StreamHandlers): HandleStream;
  /** Whether it remains the owner of the descriptor, and closes it. */
  readonly keepsDescriptor?: boolean;
}
