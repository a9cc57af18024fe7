import type { Socket as NetSocket } from "node:net";
import type { Engine, Stream } from "../../engine/engine.ts";
import { lingerAtOnce } from "../../engine/linger-at-once.ts";
import { attempt } from "../../engine/uncaught.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { proxyInfo } from "../proxy-protocol/proxy-info.ts";
import { reportClient } from "../proxy-protocol/report-client.ts";
import { type ConnectionError, connectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import { detached, netSocket } from "./detached-socket.ts";
import { HeldStream } from "./held-stream.ts";
import { noPipes, type Pipes } from "./pipe.ts";

/** The Listener or Server that accepted a connection. @internal */
export interface ConnectionOwner {
  /** Called when the descriptor of one of its connections is closed. */
  onConnectionClosed(connection: ConnectionLifecycle): void;
  /** A socket of Node's has the descriptor of one of its connections. */
  onConnectionDetached(connection: ConnectionLifecycle, socket: NetSocket): void;
}

/**
 * The life of a connection: it begins with an open descriptor; its two directions end, or it fails;
 * it is over once the descriptor is closed, or belongs to a `net.Socket`.
 */
export abstract class ConnectionLifecycle {
  /** The engine's stream; while a file is sent, a HeldStream, which holds writes back. */
  #stream: Stream;
  readonly #owner: ConnectionOwner | null;
  /** A descriptor is closing, or detaching, while what was written is still being sent. */
  #state: "open" | "closing" | "closed" | "detaching" | "detaching, unref'd" | "detached" = "open";
  /** The directions that have not ended yet. */
  #directions: "both" | "receiving" | "sending" | "neither" = "both";
  #failure: ConnectionError | null = null;
  #cause: unknown = null;
  #pipes = noPipes;

  /**
   * @param fd a connected, non-blocking socket, which this object now owns
   * @internal
   */
  constructor(engine: Engine, fd: number, owner: ConnectionOwner | null) {
    this.#owner = owner;
    this.#stream = engine.stream(fd, this);
    engineOpened(this.#stream.system, fd);
  }

  /** @internal */
  abstract onData(bytes: Uint8Array): void;
  /** @internal */
  abstract onEnd(): void;
  /** @internal */
  abstract sendingFailed(errno: number): void;
  /** @internal */
  abstract onDrain(): void;
  /** Whether the descriptor is closing or closed. @internal */
  protected abstract onClosing(): void;
  /** The descriptor is closed, or detached. @internal */
  protected abstract onClosed(): void;
  /**
   * Returns received data that has not been read, after `checkReadable()`.
   *
   * @internal
   */
  abstract takeUnread(): Uint8Array | undefined;
  /** Takes back the unread data after detaching has failed, in one piece. @internal */
  protected abstract putBack(bytes: Uint8Array): void;
  /** Throws unless something else may receive just now. @internal */
  abstract checkReadable(): void;
  /** Throws if something else sends, or sending has failed. @internal */
  abstract checkWritable(): void;
  /** Receives for a pipe. @internal */
  abstract resumeForPipe(): void;
  /** @internal */
  abstract resumeFullPipe(): void;
  /** Publishes that it has ended to `berkeley:close`. @internal */
  protected abstract announceEnd(): void;

  /** The number of written bytes that the system has not taken yet. */
  get pendingBytes(): number {
    return this.#stream.pendingBytes;
  }

  /** Keeps the process running while the connection is open, as it does by default. */
  ref(): this {
    if (this.#isDetaching) this.#state = "detaching";
    this.#stream.ref();
    return this;
  }

  /** Lets the process exit while the connection is open. */
  unref(): this {
    if (this.#isDetaching) this.#state = "detaching, unref'd";
    this.#stream.unref();
    return this;
  }

  /**
   * Closes the connection immediately: unsent data is dropped, and a TCP peer gets a reset. May be
   * called after `close()`.
   */
  reset(): void {
    this.resetBecause(null);
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** @internal */
  protected get isClosed(): boolean {
    return this.#state === "closed" || this.#state === "detached";
  }

  get #isDetaching(): boolean {
    return this.#state === "detaching" || this.#state === "detaching, unref'd";
  }

  get #isDetached(): boolean {
    return this.#isDetaching || this.#state === "detached";
  }

  /** Throws if it is detached, or about to be. @internal */
  protected checkNotDetached(): void {
    if (this.#isDetached) throw detached();
  }

  /** -1 once it is closed, though what was written may still be on its way. @internal */
  get fd(): number {
    return this.isOpen ? this.#stream.fd : -1;
  }

  /** @internal */
  get stream(): Stream {
    return this.#stream;
  }

  /**
   * The error that ended it: its failure, or the reason of its reset; null if the program closed
   * it, or it is open.
   *
   * @internal
   */
  get error(): unknown {
    return this.#cause ?? this.#failure;
  }

  /** The error that the connection failed with; null if it did not fail. @internal */
  protected get failure(): ConnectionError | null {
    return this.#failure;
  }

  /** Why nothing is received from one that is not open. @internal */
  get receivingError(): unknown {
    return this.#isDetached ? detached() : (this.error ?? receivingClosed(this.#stream.system));
  }

  /** Why nothing is sent to one that is not open. @internal */
  get sendingError(): unknown {
    return this.#isDetached ? detached() : (this.error ?? sendingClosed(this.#stream.system));
  }

  /** @internal */
  get receivingEnded(): boolean {
    return this.#directions === "sending" || this.#directions === "neither";
  }

  /** @internal */
  get sendingEnded(): boolean {
    return this.#directions === "receiving" || this.#directions === "neither";
  }

  /** @internal */
  protected get bothEnded(): boolean {
    return this.#directions === "neither";
  }

  /** @internal */
  protected endReceiving(): void {
    if (this.#directions === "both") this.#directions = "sending";
    else if (this.#directions === "receiving") this.#directions = "neither";
  }

  /** @internal */
  endSending(): void {
    if (this.#directions === "both") this.#directions = "receiving";
    else if (this.#directions === "sending") this.#directions = "neither";
  }

  /** Closes a connection after both directions have ended. @internal */
  closeIfEnded(): void {
    if (this.#directions === "neither") this.closeOnceSent();
  }

  /** Sends everything written, then the end. @internal */
  finish(done?: (error: unknown) => void): void {
    if (!this.isOpen) {
      done?.(this.sendingError);
      return;
    }
    this.#stream.shutdown((errno) => {
      if (errno === 0) {
        this.endSending();
        done?.(null);
        this.closeIfEnded();
      } else {
        const { system } = this.#stream;
        done?.(this.error ?? (this.isOpen ? connectionError(system, errno) : sendingClosed(system)));
      }
    });
  }

  /** @internal */
  onError(errno: number, _ended: boolean): void {
    this.#failure ??= connectionError(this.#stream.system, errno);
    this.#held?.fail(this.#failure);
    this.closeOnceSent();
  }

  /** Closes the descriptor once written data is sent. @internal */
  protected closeOnceSent(): void {
    if (!this.isOpen) return;
    this.#state = "closing";
    this.#stream.close((errno) => this.#closed(errno));
    this.#nowClosing();
  }

  /**
   * Closes the descriptor without waiting, and drops data that the system does not take
   * immediately. May be called after `closeOnceSent()`.
   *
   * @internal
   */
  closeNow(): void {
    if (!this.isOpen) {
      this.#stopDetaching();
      this.#stream.closeNow();
      return;
    }
    this.#state = "closing";
    this.#stream.closeNow((errno) => this.#closed(errno));
    this.#nowClosing();
  }

  /** Resets the connection. May be called after `closeOnceSent()`. @internal */
  resetBecause(error: unknown): void {
    this.#cause ??= error;
    if (!this.isOpen) {
      this.#stopDetaching();
      this.#stream.reset();
      return;
    }
    this.#state = "closing";
    this.#stream.reset((errno) => this.#closed(errno));
    this.#nowClosing();
  }

  /** Gives the descriptor to a socket of Node's once written data is sent. @internal */
  protected detachOnceSent(allowHalfOpen: boolean): Promise<NetSocket> {
    const unread = this.takeUnread();
    this.#state = this.#stream.hasRef() ? "detaching" : "detaching, unref'd";
    return new Promise((resolve, reject) => {
      this.#stream.release((errno, received) => {
        const all = unread === undefined ? received : [unread, ...received];
        if (errno === 0 && this.#isDetaching) {
          this.#detach(all, allowHalfOpen, resolve, reject);
        } else {
          if (errno === 0) this.#resetReleased();
          this.#closed(errno, all);
          reject(this.error ?? sendingClosed(this.#stream.system));
        }
      });
    });
  }

  /** It was reset after the engine had released the descriptor. */
  #resetReleased() {
    const { system, fd } = this.#stream;
    lingerAtOnce(system, fd);
    system.close(fd);
  }

  /** @internal */
  get pipes(): Pipes {
    return this.#pipes;
  }

  /** @internal */
  set pipes(pipes: Pipes) {
    this.#pipes = pipes;
  }

  /**
   * Everything is sent, except what waits behind a file: returns whether there is one. @internal
   */
  protected drainPipes(): boolean {
    const held = this.#held;
    if (held === undefined) this.#pipes.onDrain();
    else held.onDrain();
    return held !== undefined;
  }

  /** Sending has failed, and receiving not yet. @internal */
  protected breakPipes(errno: number): void {
    const held = this.#held;
    if (held === undefined && this.#pipes.into.length === 0) return;
    const error = connectionError(this.#stream.system, errno);
    held?.fail(error);
    this.#pipes.onSendingFailed(error, this.#pipes.out !== undefined);
  }

  /**
   * Resets the connection because the other end of its pipe is gone, in the event loop's next turn:
   * until then the system takes what was received before. @internal
   */
  resetForPipe(error: unknown): void {
    this.#stream.system.clock.setImmediate(() => {
      if (!this.isClosed) this.resetBecause(error);
    });
  }

  get #held(): HeldStream | undefined {
    return this.#stream instanceof HeldStream ? this.#stream : undefined;
  }

  /** The stream, which holds back what is written while a file is sent. @internal */
  protected hold(): HeldStream {
    const held = this.#held ?? new HeldStream(this.#stream, this);
    this.#stream = held;
    return held;
  }

  /** Writes are no longer held back. @internal */
  onReleased(inner: Stream): void {
    this.#stream = inner;
  }

  /** @internal */
  protected get isSendingFile(): boolean {
    return this.#held !== undefined;
  }

  /** Waiting calls fail because the connection has ended, not because a net.Socket has it. */
  #stopDetaching() {
    if (this.#isDetaching) this.#state = "closing";
  }

  #nowClosing() {
    this.onClosing();
    this.#pipes.onClosing(this);
  }

  /** Passes the descriptor to a socket of Node's; the engine no longer uses it. */
  #detach(
    received: readonly Uint8Array[],
    allowHalfOpen: boolean,
    resolve: (socket: NetSocket) => void,
    reject: (error: unknown) => void,
  ) {
    const writable = this.#directions === "both" || this.#directions === "sending";
    let socket: NetSocket;
    try {
      socket = netSocket(this.#stream.fd, writable, allowHalfOpen, received);
    } catch (error) {
      this.#stream.system.close(this.#stream.fd);
      this.#cause ??= error;
      this.#closed(0);
      reject(error);
      return;
    }
    if (this.#state === "detaching, unref'd") socket.unref();
    const info = proxyInfo(this);
    if (info !== undefined) reportClient(socket, info);
    this.#state = "detached";
    engineClosed(this.#stream.system, this.#stream.fd);
    this.#owner?.onConnectionDetached(this, socket);
    resolve(socket);
    this.announceEnd();
    this.onClosed();
  }

  /** @param unread the data that `detach()` had taken, if it failed */
  #closed(errno: number, unread: readonly Uint8Array[] = []) {
    this.#state = "closed";
    engineClosed(this.#stream.system, this.#stream.fd);
    // Our own reset drops unsent data; that is not a failure.
    const { system } = this.#stream;
    if (errno !== 0 && errno !== -system.errnos.ECANCELED) {
      this.#failure ??= connectionError(system, errno);
      if (unread.length > 0) attempt((all) => this.putBack(new Uint8Array(Buffer.concat(all))), unread);
    }
    this.announceEnd();
    this.#owner?.onConnectionClosed(this);
    this.onClosed();
  }
}
