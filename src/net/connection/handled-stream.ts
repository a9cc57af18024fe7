import type { Engine } from "../../engine/engine.ts";
import { HandledConnection } from "./handled-connection.ts";
import type { ConnectionHandlers } from "./handlers.ts";
import { OpenStream, type StreamOwner } from "./open-stream.ts";

/** How many bytes may wait to be sent before write() says so, and nothing more is received. */
export const MARK = 65_536;

/** A connection whose events go to handlers. */
export class HandledStream<State> extends OpenStream {
  readonly connection: HandledConnection<State>;
  readonly #handlers: ConnectionHandlers<State>;
  /** By the program. */
  #paused = false;
  /** More than MARK is waiting to be sent. */
  #congested = false;
  #receivingEnded = false;
  #sendingEnded = false;

  constructor(engine: Engine, fd: number, owner: StreamOwner | null, handlers: ConnectionHandlers<State>) {
    super(engine, fd, owner);
    this.#handlers = handlers;
    this.connection = new HandledConnection(this);
  }

  /** Begins, with the handler open(). */
  begin(): void {
    try {
      const { connection } = this;
      const state = this.#handlers.open?.(connection);
      if (state !== undefined) connection.state = state;
    } catch (error) {
      this.#threw(error);
    }
    if (!this.#paused && !this.#congested && this.open) this.stream.resume();
  }

  override onData(bytes: Uint8Array): void {
    try {
      this.#handlers.data?.(this.connection, bytes);
    } catch (error) {
      this.#threw(error);
    }
  }

  override onEnd(): void {
    this.#receivingEnded = true;
    try {
      if (this.#handlers.end === undefined) this.close();
      else this.#handlers.end(this.connection);
    } catch (error) {
      this.#threw(error);
    }
    this.#closeIfEnded();
  }

  override onDrain(): void {
    if (!this.#congested) return;
    this.#congested = false;
    if (!this.#paused) this.stream.resume();
    try {
      this.#handlers.drain?.(this.connection);
    } catch (error) {
      this.#threw(error);
    }
  }

  override onError(errno: number, ended: boolean): void {
    super.onError(errno, ended);
    this.#handlers.error?.(this.connection, this.failure);
  }

  /** Nothing waits to be sent any more: what the peer sent is received, and then the failure. */
  sendingFailed(): void {
    this.onDrain();
  }

  protected override closing(): void {}

  protected override closed(): void {
    this.#handlers.close?.(this.connection, this.error);
  }

  /** The bytes are good ones. */
  write(bytes: Uint8Array): boolean {
    if (!this.open) return false;
    const { stream } = this;
    stream.write(bytes);
    if (stream.pendingBytes <= MARK) return true;
    if (!this.#congested) {
      this.#congested = true;
      if (!this.#paused) stream.pause();
    }
    return false;
  }

  finish(): void {
    if (!this.open) return;
    this.stream.shutdown((errno) => {
      if (errno !== 0) return;
      this.#sendingEnded = true;
      this.#closeIfEnded();
    });
  }

  pause(): void {
    if (this.#paused || !this.open) return;
    this.#paused = true;
    this.stream.pause();
  }

  resume(): void {
    if (!this.#paused || !this.open) return;
    this.#paused = false;
    if (!this.#congested) this.stream.resume();
  }

  /** A connection whose both sides have ended is of no more use. */
  #closeIfEnded() {
    if (this.#receivingEnded && this.#sendingEnded) this.close();
  }

  /** The engine makes what is thrown from here an uncaught exception. */
  #threw(error: unknown) {
    this.reset(error);
    if (this.#handlers.error === undefined) throw error;
    this.#handlers.error(this.connection, error);
  }
}
