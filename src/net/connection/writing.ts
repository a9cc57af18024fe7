import type { Stream } from "../../engine/engine.ts";
import { isUint8Array, lengthOf } from "../../system/view.ts";
import type { WaitOptions } from "../abort.ts";
import { Waiters } from "../waiters.ts";
import type { ConnectionError } from "./connection-error.ts";
import type { Pipes } from "./pipe.ts";

/** The connection that is written to. */
export interface WrittenConnection {
  readonly stream: Stream;
  readonly isOpen: boolean;
  readonly pendingBytes: number;
  /** Bytes that they have sent to it count as pending, too. */
  readonly pipes: Pipes;
  /** Why nothing is sent if it is not open. */
  readonly sendingError: unknown;
}

const nothing = () => {};

/** The result of nearly every write(). */
const sent = Promise.resolve();

/**
 * Counts the bytes written to a connection, and keeps the writes that wait for the system to accept
 * them.
 */
export class Writing extends Waiters<void> {
  /** The number of bytes that `send()` and `write()` were given. */
  #written = 0;
  #failure: ConnectionError | undefined;

  constructor() {
    super("write()");
  }

  /** The error of sending, while received data can still be read. */
  get failure(): ConnectionError | undefined {
    return this.#failure;
  }

  fail(error: ConnectionError): void {
    this.#failure = error;
    this.rejectAll(error);
  }

  /** The system has accepted some of it. */
  onProgress(connection: WrittenConnection): void {
    this.resolveUpTo(this.#written + connection.pipes.bytesInto - connection.pendingBytes);
  }

  /** Sends without a promise. */
  send(stream: Stream, bytes: Uint8Array): void {
    stream.write(bytes);
    this.#written += lengthOf(bytes);
  }

  /** Sends, and waits until the system has accepted everything written so far. */
  write(
    connection: WrittenConnection,
    bytes: Uint8Array | readonly Uint8Array[],
    options: WaitOptions | undefined,
  ): Promise<void> {
    if (!connection.isOpen) return Promise.reject(connection.sendingError);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const { stream } = connection;
    try {
      if (isUint8Array(bytes)) this.send(stream, bytes);
      else this.#sendPieces(stream, bytes);
    } catch (error) {
      return Promise.reject(error);
    }
    return connection.pendingBytes === 0
      ? sent
      : this.wait(stream.system.clock, options, nothing, this.#written + connection.pipes.bytesInto);
  }

  #sendPieces(stream: Stream, pieces: readonly Uint8Array[]): void {
    stream.writev(pieces);
    for (const piece of pieces) this.#written += lengthOf(piece);
  }
}
