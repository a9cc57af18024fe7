import type { Address } from "../../address/address.ts";
import type { Engine, Stream, StreamHandlers } from "../../engine/engine.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { host } from "../../system/host.ts";
import { type ConnectionError, connectionError } from "./connection-error.ts";

/** Who wants to know when a connection has ended: the Listener or Server that accepted it. */
export interface StreamOwner {
  ended(stream: OpenStream): void;
}

/**
 * A connection as the engine has it, and how it ends: what those of both kinds, pulled and with
 * handlers, have in common.
 */
export abstract class OpenStream implements StreamHandlers {
  protected readonly stream: Stream;
  readonly #owner: StreamOwner | null;
  #open = true;
  #failure: ConnectionError | null = null;
  #cause: unknown = null;
  readonly #descriptor: number;
  #localAddress: Address | undefined;
  #remoteAddress: Address | undefined;

  /** @param fd a connected, non-blocking socket, which is this object's from now on */
  constructor(engine: Engine, fd: number, owner: StreamOwner | null) {
    this.#owner = owner;
    this.stream = engine.stream(fd, this);
    this.#descriptor = fd;
    engineOpened(fd);
  }

  abstract onData(bytes: Uint8Array): void;
  abstract onEnd(): void;
  abstract onDrain(): void;
  /** The descriptor is closed, or will be as soon as what was written is sent. */
  protected abstract closing(): void;
  /** The descriptor is closed. */
  protected abstract closed(): void;

  /** -1 once it is closed, though what was written may still be on its way. */
  get fd(): number {
    return this.#open ? this.stream.fd : -1;
  }

  get open(): boolean {
    return this.#open;
  }

  /** How the connection failed; null if it did not. */
  get failure(): ConnectionError | null {
    return this.#failure;
  }

  /**
   * What ended it: its failure, or what it was reset for; null if nothing did but the program, or
   * it is open.
   */
  get error(): unknown {
    return this.#cause ?? this.#failure;
  }

  get localAddress(): Address {
    if (this.#localAddress === undefined && this.#open) {
      const named = tryGetsockname(this.stream.fd);
      if (named.ok) this.#localAddress = named.value;
    }
    return this.#localAddress ?? { family: "unspecified" };
  }

  get remoteAddress(): Address {
    if (this.#remoteAddress === undefined && this.#open) {
      const named = tryGetpeername(this.stream.fd);
      if (named.ok) this.#remoteAddress = named.value;
    }
    return this.#remoteAddress ?? { family: "unspecified" };
  }

  get pendingBytes(): number {
    return this.stream.pendingBytes;
  }

  ref(): void {
    this.stream.ref();
  }

  unref(): void {
    this.stream.unref();
  }

  onError(errno: number, _ended: boolean): void {
    this.#failure ??= connectionError(errno);
    this.close();
  }

  /** Closes it once what was written is sent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.stream.close((errno) => this.#done(errno));
    this.closing();
  }

  /**
   * Closes it without waiting: what the system does not take at once is dropped. May follow
   * close().
   */
  closeNow(): void {
    if (!this.#open) {
      this.stream.closeNow();
      return;
    }
    this.#open = false;
    this.stream.closeNow((errno) => this.#done(errno));
    this.closing();
  }

  /** Closes it now. May follow close(). */
  reset(error: unknown = null): void {
    this.#cause ??= error;
    if (!this.#open) {
      this.stream.reset();
      return;
    }
    this.#open = false;
    this.stream.reset((errno) => this.#done(errno));
    this.closing();
  }

  #done(errno: number) {
    engineClosed(this.#descriptor);
    // A reset of ours drops what was written; that is no failure.
    if (errno !== 0 && errno !== -(host.errnos.ECANCELED ?? 0)) this.#failure ??= connectionError(errno);
    this.#owner?.ended(this);
    this.closed();
  }
}

/** What the two kinds of connection show of themselves alike. */
export abstract class ConnectionBase {
  readonly #open: OpenStream;

  constructor(open: OpenStream) {
    this.#open = open;
  }

  /**
   * Its socket, for options: `setsockopt(connection.socket, TCP.NODELAY, true)`. It stays the
   * connection's.
   */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(host, this.#open);
  }

  /** The address of this end. Asked for first after the end, it is `{ family: "unspecified" }`. */
  get localAddress(): Address {
    return this.#open.localAddress;
  }

  /** The address of the peer. Asked for first after the end, it is `{ family: "unspecified" }`. */
  get remoteAddress(): Address {
    return this.#open.remoteAddress;
  }

  /** Bytes that were written and that the system has not taken yet. */
  get pendingBytes(): number {
    return this.#open.pendingBytes;
  }

  /** Holds the process, as it does at first. */
  ref(): this {
    this.#open.ref();
    return this;
  }

  /** Lets the process end while this is open. */
  unref(): this {
    this.#open.unref();
    return this;
  }

  /**
   * Closes it at once: what was not sent is dropped, and a TCP peer is sent a reset. May follow
   * `close()`.
   */
  reset(): void {
    this.#open.reset();
  }
}
