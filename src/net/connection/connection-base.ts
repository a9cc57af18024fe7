import type { Address } from "../../address/address.ts";
import type { Engine, Stream } from "../../engine/engine.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { host } from "../../system/host.ts";
import { channels } from "../channels.ts";
import { type ConnectionError, connectionError } from "./connection-error.ts";

/** The Listener or Server that accepted a connection. @internal */
export interface ConnectionOwner {
  /** Called when the descriptor of one of its connections is closed. */
  onConnectionClosed(connection: ConnectionBase): void;
}

/** The members that both kinds of connection share. */
export abstract class ConnectionBase {
  readonly #stream: Stream;
  readonly #owner: ConnectionOwner | null;
  readonly #descriptor: number;
  /** A descriptor counts as closing while written data is still being sent. */
  #state: "open" | "closing" | "closed" = "open";
  /** The directions that have not ended yet. */
  #directions: "both" | "receiving" | "sending" | "neither" = "both";
  #failure: ConnectionError | null = null;
  #cause: unknown = null;
  #localAddress: Address | undefined;
  #remoteAddress: Address | undefined;

  /**
   * @param fd a connected, non-blocking socket, which this object now owns
   * @internal
   */
  constructor(engine: Engine, fd: number, owner: ConnectionOwner | null) {
    this.#owner = owner;
    this.#stream = engine.stream(fd, this);
    this.#descriptor = fd;
    engineOpened(fd);
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
  /** Whether the descriptor is closed. @internal */
  protected abstract onClosed(): void;

  /**
   * Its socket, for options: `setsockopt(connection.socket, TCP.NODELAY, true)`. The connection
   * still owns it.
   */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(host, this);
  }

  /**
   * The address of this end; `{ family: "unspecified" }` if first read after the connection was
   * closed.
   */
  get localAddress(): Address {
    if (this.#localAddress === undefined && this.isOpen) {
      const named = tryGetsockname(this.#stream.fd);
      if (named.ok) this.#localAddress = named.value;
    }
    return this.#localAddress ?? { family: "unspecified" };
  }

  /**
   * The address of the peer; `{ family: "unspecified" }` if first read after the connection was
   * closed.
   */
  get remoteAddress(): Address {
    if (this.#remoteAddress === undefined && this.isOpen) {
      const named = tryGetpeername(this.#stream.fd);
      if (named.ok) this.#remoteAddress = named.value;
    }
    return this.#remoteAddress ?? { family: "unspecified" };
  }

  /** The number of written bytes that the system has not taken yet. */
  get pendingBytes(): number {
    return this.#stream.pendingBytes;
  }

  /** Keeps the process running while the connection is open, as it does by default. */
  ref(): this {
    this.#stream.ref();
    return this;
  }

  /** Lets the process exit while the connection is open. */
  unref(): this {
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

  /**
   * The descriptor; -1 once it is closed, though written data may still be on its way. @internal
   */
  get fd(): number {
    return this.isOpen ? this.#stream.fd : -1;
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** @internal */
  protected get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** @internal */
  protected get receivingEnded(): boolean {
    return this.#directions === "sending" || this.#directions === "neither";
  }

  /** @internal */
  protected get bothEnded(): boolean {
    return this.#directions === "neither";
  }

  /** The error that the connection failed with; null if it did not fail. @internal */
  protected get failure(): ConnectionError | null {
    return this.#failure;
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

  /** @internal */
  protected get stream(): Stream {
    return this.#stream;
  }

  /** @internal */
  onError(errno: number, _ended: boolean): void {
    this.#failure ??= connectionError(errno);
    this.closeOnceSent();
  }

  /** @internal */
  protected endReceiving(): void {
    if (this.#directions === "both") this.#directions = "sending";
    else if (this.#directions === "receiving") this.#directions = "neither";
  }

  /** @internal */
  protected endSending(): void {
    if (this.#directions === "both") this.#directions = "receiving";
    else if (this.#directions === "sending") this.#directions = "neither";
  }

  /** Closes a connection after both directions have ended. @internal */
  protected closeIfEnded(): void {
    if (this.#directions === "neither") this.closeOnceSent();
  }

  /** Closes the descriptor once written data is sent. @internal */
  protected closeOnceSent(): void {
    if (!this.isOpen) return;
    this.#state = "closing";
    this.#stream.close((errno) => this.#closed(errno));
    this.onClosing();
  }

  /**
   * Closes the descriptor without waiting, and drops data that the system does not take
   * immediately. May be called after `closeOnceSent()`.
   *
   * @internal
   */
  closeNow(): void {
    if (!this.isOpen) {
      this.#stream.closeNow();
      return;
    }
    this.#state = "closing";
    this.#stream.closeNow((errno) => this.#closed(errno));
    this.onClosing();
  }

  /** Resets the connection. May be called after `closeOnceSent()`. @internal */
  protected resetBecause(error: unknown): void {
    this.#cause ??= error;
    if (!this.isOpen) {
      this.#stream.reset();
      return;
    }
    this.#state = "closing";
    this.#stream.reset((errno) => this.#closed(errno));
    this.onClosing();
  }

  #closed(errno: number) {
    this.#state = "closed";
    engineClosed(this.#descriptor);
    // Our own reset drops unsent data; that is not a failure.
    if (errno !== 0 && errno !== -(host.errnos.ECANCELED ?? 0)) this.#failure ??= connectionError(errno);
    if (channels.close.hasSubscribers) channels.close.publish({ connection: this, error: this.error });
    this.#owner?.onConnectionClosed(this);
    this.onClosed();
  }
}
