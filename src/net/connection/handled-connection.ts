import type { Engine } from "../../engine/engine.ts";
import { ConnectionBase, type ConnectionOwner } from "./connection-base.ts";
import { bytesToSend, type Data } from "./data.ts";
import type { ConnectionHandlers } from "./handlers.ts";

/** How many bytes may wait to be sent before write() returns false, and receiving stops. */
const HIGH_WATER_MARK = 65_536;

/**
 * A connection whose events go to handlers: those of `listen(options, handlers)` are called with
 * one.
 *
 * While more than 64 KiB wait to be sent to a peer, nothing is received from it, so that what
 * answers a peer that does not read stays bounded by itself.
 */
export class HandledConnection<State = unknown> extends ConnectionBase {
  readonly #handlers: ConnectionHandlers<State>;
  /** By the program. */
  #paused = false;
  /** More than HIGH_WATER_MARK wait to be sent. */
  #congested = false;
  /** What the handler `open()` returned; the program's to use. */
  declare state: State;

  /** @internal */
  constructor(
    engine: Engine,
    fd: number,
    owner: ConnectionOwner | null,
    handlers: ConnectionHandlers<State>,
  ) {
    super(engine, fd, owner);
    this.#handlers = handlers;
  }

  /**
   * Whether it is closed, or will be once what was written is sent: nothing more is sent or
   * received.
   */
  get closed(): boolean {
    return !this.isOpen;
  }

  /**
   * Sends bytes, in the order of the calls. They may be changed at once. On a connection that is
   * closed it does nothing.
   *
   * @param data a view that the handler `data()` was given, or a `subarray()` of it, is sent
   * without a copy during that handler
   * @returns false where more than 64 KiB wait to be sent now, or the connection is closed: a
   * program that writes on its own account should go on after the handler `drain()`
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory, or a view
   * of a handler that has returned
   * @throws Error after `end()`
   */
  write(data: Data): boolean {
    return this.#write(bytesToSend(data));
  }

  /**
   * Sends what was written, and ends this side: the peer reads the end, and can still send. May be
   * repeated.
   */
  end(data?: Data): void {
    this.checkNotDetached();
    if (data !== undefined) this.#write(bytesToSend(data));
    if (!this.isOpen) return;
    this.stream.shutdown((errno) => {
      if (errno !== 0) return;
      this.endSending();
      this.closeIfEnded();
    });
  }

  /**
   * Closes it, once what was written is sent, for as long as the peer takes to read that. May be
   * repeated.
   */
  close(): void {
    this.closeOnceSent();
  }

  /** Receives nothing until `resume()`: the system's buffers fill, and hold the peer up. */
  pause(): this {
    this.checkNotDetached();
    if (!this.#paused && this.isOpen) {
      this.#paused = true;
      this.stream.pause();
    }
    return this;
  }

  /** Receives again. */
  resume(): this {
    this.checkNotDetached();
    if (this.#paused && this.isOpen) {
      this.#paused = false;
      if (!this.#congested) this.stream.resume();
    }
    return this;
  }

  /** Starts receiving, after the handler open(). @internal */
  start(): void {
    try {
      const state = this.#handlers.open?.(this);
      if (state !== undefined) this.state = state;
    } catch (error) {
      this.#threw(error);
    }
    if (!this.#paused && !this.#congested && this.isOpen) this.stream.resume();
  }

  /** @internal */
  override onData(bytes: Uint8Array): void {
    try {
      this.#handlers.data?.(this, bytes);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** @internal */
  override onEnd(): void {
    this.endReceiving();
    try {
      if (this.#handlers.end === undefined) this.closeOnceSent();
      else this.#handlers.end(this);
    } catch (error) {
      this.#threw(error);
    }
    this.closeIfEnded();
  }

  /** @internal */
  override onDrain(): void {
    if (!this.#congested) return;
    this.#congested = false;
    if (!this.#paused) this.stream.resume();
    try {
      this.#handlers.drain?.(this);
    } catch (error) {
      this.#threw(error);
    }
  }

  /**
   * Nothing waits to be sent any more: what the peer sent is received, and then the failure.
   *
   * @internal
   */
  override sendingFailed(_errno: number): void {
    this.onDrain();
  }

  /** @internal */
  override onError(errno: number, ended: boolean): void {
    super.onError(errno, ended);
    this.#handlers.error?.(this, this.failure);
  }

  /** @internal */
  protected override takeUnread(): undefined {}

  /** @internal */
  protected override onClosing(): void {}

  /** @internal */
  protected override onClosed(): void {
    this.#handlers.close?.(this, this.error);
  }

  #write(bytes: Uint8Array): boolean {
    if (!this.isOpen) {
      this.checkNotDetached();
      return false;
    }
    const { stream } = this;
    stream.write(bytes);
    if (stream.pendingBytes <= HIGH_WATER_MARK) return true;
    if (!this.#congested) {
      this.#congested = true;
      if (!this.#paused) stream.pause();
    }
    return false;
  }

  /** The engine makes what is thrown from here an uncaught exception. */
  #threw(error: unknown) {
    this.resetBecause(error);
    if (this.#handlers.error === undefined) throw error;
    this.#handlers.error(this, error);
  }
}
