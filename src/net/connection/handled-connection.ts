import type { Engine } from "../../engine/engine.ts";
import { ConnectionBase } from "./connection-base.ts";
import type { ConnectionOwner } from "./connection-lifecycle.ts";
import { bytesToSend, type Data, isPieces, piecesToSend } from "./data.ts";
import type { ConnectionHandlers } from "./handlers.ts";

/** The number of unsent bytes from which write() returns false, and receiving pauses. */
const HIGH_WATER_MARK = 65_536;

/**
 * A connection whose events go to handlers: `connect(options, handlers)` returns one, and those
 * passed to `listen(options, handlers)` are called with one.
 *
 * While more than 64 KiB wait to be sent to a peer, nothing is received from it. That bounds the
 * memory of a server whose peer does not read the answers.
 */
export class HandledConnection<State = unknown> extends ConnectionBase {
  readonly #handlers: ConnectionHandlers<State>;
  /** Whether the program has paused it. */
  #paused = false;
  /**
   * "congested": more than HIGH_WATER_MARK bytes are unsent. "failed": nothing is sent any more.
   */
  #sending: "free" | "congested" | "failed" = "free";
  /** The value that the handler `open()` returned, for the program's use. */
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
   * Whether it is closed, or will be once written data is sent: nothing more is sent or received.
   */
  get closed(): boolean {
    return !this.isOpen;
  }

  /**
   * Sends bytes, in the order of the calls. The caller may change them as soon as the call returns.
   * Does nothing if the connection is closed.
   *
   * @param data a view that the handler `data()` received, or a `subarray()` of it, is sent without
   * a copy during that handler. The pieces of an array are sent together, in one call
   * @returns false if more than 64 KiB now wait to be sent, or the connection is closed or has
   * failed: a program that writes other than in response to data should wait for the handler
   * `drain()`
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory, or a view
   * of a handler that has returned
   * @throws Error after `end()`
   */
  write(data: Data | readonly Data[]): boolean {
    return isPieces(data) ? this.#writev(piecesToSend(data)) : this.#write(bytesToSend(data));
  }

  /**
   * Sends everything written, then ends this side: the peer reads the end, and can still send. May
   * be called again.
   */
  end(data?: Data): void {
    this.checkNotDetached();
    this.pipes.checkNoneInto();
    if (data !== undefined) this.#write(bytesToSend(data));
    this.finish();
  }

  /**
   * Closes the connection once everything written is sent, however long the peer takes to read it.
   * May be called again.
   */
  close(): void {
    this.closeOnceSent();
  }

  /**
   * Stops receiving until `resume()`: the system's buffers fill, and flow control slows the peer
   * down.
   */
  pause(): this {
    this.checkNotDetached();
    if (!this.#paused && this.isOpen) {
      this.#paused = true;
      this.stream.pause();
    }
    return this;
  }

  /** Starts receiving again. */
  resume(): this {
    this.checkNotDetached();
    if (this.#paused && this.isOpen) {
      this.#paused = false;
      if (!this.#isCongested && !this.pipes.isFull) this.stream.resume();
    }
    return this;
  }

  /** Starts receiving, after the handler open() returned. @internal */
  start(): void {
    try {
      const state = this.#handlers.open?.(this);
      if (state !== undefined) this.state = state;
    } catch (error) {
      this.#threw(error);
    }
    if (!this.#paused && !this.#isCongested && this.isOpen) this.stream.resume();
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
      if (!this.pipes.onEnd()) this.#ended();
    } catch (error) {
      this.#threw(error);
    }
    this.closeIfEnded();
  }

  /** @internal */
  override onDrain(): void {
    if (this.drainPipes() || !this.#isCongested) return;
    this.#sending = "free";
    if (!this.#paused) this.stream.resume();
    try {
      this.#handlers.drain?.(this);
    } catch (error) {
      this.#threw(error);
    }
  }

  /**
   * Nothing can be sent: receive what the peer sent, then the failure. The handler drain() is not
   * called, since it would write more.
   *
   * @internal
   */
  override sendingFailed(errno: number): void {
    this.#sending = "failed";
    this.breakPipes(errno);
    this.resumeFullPipe();
  }

  /** @internal */
  override onError(errno: number, ended: boolean): void {
    // It may be closing, with a file still to be sent.
    const { isOpen } = this;
    if (ended) this.pipes.onEnd();
    super.onError(errno, ended);
    if (isOpen) this.#handlers.error?.(this, this.failure);
  }

  /** @internal */
  override takeUnread(): undefined {}

  /** @internal */
  protected override putBack(bytes: Uint8Array): void {
    this.onData(bytes);
  }

  /** @internal */
  override checkReadable(): void {}

  /** @internal */
  override checkWritable(): void {}

  /** @internal */
  override resumeForPipe(): void {
    this.#paused = false;
    this.resumeFullPipe();
  }

  /** @internal */
  override resumeFullPipe(): void {
    if (!this.#paused && !this.#isCongested && this.isOpen) this.stream.resume();
  }

  /** @internal */
  protected override onClosing(): void {}

  /** @internal */
  protected override onClosed(): void {
    this.#handlers.close?.(this, this.error);
  }

  #ended() {
    if (this.#handlers.end === undefined) this.closeOnceSent();
    else this.#handlers.end(this);
  }

  #write(bytes: Uint8Array): boolean {
    if (!this.isOpen) {
      this.checkNotDetached();
      return false;
    }
    this.stream.write(bytes);
    return this.#mayWriteOn();
  }

  #writev(pieces: readonly Uint8Array[]): boolean {
    if (!this.isOpen) {
      this.checkNotDetached();
      return false;
    }
    this.stream.writev(pieces);
    return this.#mayWriteOn();
  }

  get #isCongested(): boolean {
    return this.#sending === "congested";
  }

  /** Whether the program may write more; receiving pauses until it may. */
  #mayWriteOn(): boolean {
    const { stream } = this;
    if (this.#sending === "failed") return false;
    if (stream.pendingBytes <= HIGH_WATER_MARK) return true;
    if (!this.#isCongested) {
      this.#sending = "congested";
      if (!this.#paused) stream.pause();
    }
    return false;
  }

  /** The engine turns what is thrown here into an uncaught exception. */
  #threw(error: unknown) {
    this.resetBecause(error);
    if (this.#handlers.error === undefined) throw error;
    this.#handlers.error(this, error);
  }
}
