import type { Socket as NetSocket } from "node:net";
import type { Address } from "../../address/address.ts";
import type { Engine, Stream } from "../../engine/engine.ts";
import { attempt } from "../../engine/uncaught.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { orAbort } from "../abort.ts";
import { channels } from "../channels.ts";
import { type ConnectionError, connectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import {
  checkDetachable,
  checkDetachOptions,
  type DetachOptions,
  detached,
  netSocket,
} from "./detached-socket.ts";

/** The Listener or Server that accepted a connection. @internal */
export interface ConnectionOwner {
  /** Called when the descriptor of one of its connections is closed. */
  onConnectionClosed(connection: ConnectionBase): void;
  /** A socket of Node's has the descriptor of one of its connections. */
  onConnectionDetached(connection: ConnectionBase, socket: NetSocket): void;
}

/** The members that both kinds of connection share. */
export abstract class ConnectionBase {
  readonly #stream: Stream;
  readonly #owner: ConnectionOwner | null;
  readonly #descriptor: number;
  /** A descriptor is closing, or detaching, while what was written is still being sent. */
  #state: "open" | "closing" | "closed" | "detaching" | "detaching, unref'd" | "detached" = "open";
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
   * Gives what was received and not read yet; throws where it cannot be detached just now.
   *
   * @internal
   */
  protected abstract takeUnread(): Uint8Array | undefined;
  /** Receives what was not read before detaching failed, in one piece. @internal */
  protected abstract putBack(bytes: Uint8Array): void;

  /**
   * Its socket, for options: `setsockopt(connection.socket, TCP.NODELAY, true)`. The connection
   * still owns it.
   */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(this.#stream.system, this);
  }

  /**
   * The address of this end; `{ family: "unspecified" }` if first read after the connection was
   * closed.
   */
  get localAddress(): Address {
    if (this.#localAddress === undefined && this.isOpen) {
      const named = tryGetsockname(this.socket);
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
      const named = tryGetpeername(this.socket);
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

  /**
   * Takes the descriptor out, as a `net.Socket` of Node's own: for `node:tls`, for a library that
   * needs a real one, or to pass it to a child process. The socket starts with the bytes that were
   * received and not read or given to a handler, its own side is ended if `end()` was called, and
   * it is unref'd if the connection was.
   *
   * What was written is sent first, for as long as the peer takes to read it; reading, writing or
   * ending the connection is an error from the call on. Once the promise has resolved, the
   * connection is over: the handler `close()` has been called, with null, and `close()` and
   * `reset()` do nothing. Its listener still counts the socket as a connection until that has
   * closed: `close({ drain })` waits for it, and resets it in the end.
   *
   * @param options `allowHalfOpen`: whether the socket's side stays open once the peer has ended;
   * on `signal` and `timeout` the connection is reset, and they are thrown; with a signal that is
   * aborted already, nothing is done
   * @throws RecvError or SendError if the connection has failed, or fails before all is sent: what
   * was received before can still be read, or is given to the handler; named `SocketClosed` if it
   * was closed
   * @throws Error if a `read()` is still waiting, or this runtime makes no `net.Socket` of a
   * descriptor (Bun, or Node on Windows), or none of such a socket: the connection stays as it is
   * @throws TypeError if it was detached before, or belongs to the Duplex of `toDuplex()`
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   * @example
   * ```ts
   * import { once } from "node:events";
   * import { connect, listen } from "berkeley";
   * const server = await listen({ host: "127.0.0.1" }, {
   *   open: (connection) => connection.detach().then((peer) => peer.pipe(peer), console.error),
   * });
   * const connection = await connect({ address: server.address });
   * await connection.write("hello");
   * const client = await connection.detach();
   * console.log(client.remotePort === server.port); // true
   * const [bytes] = await once(client, "data");
   * console.log(`${bytes}`); // hello
   * client.end();
   * await server.close({ drain: 1000 });
   * ```
   */
  async detach(options: DetachOptions = {}): Promise<NetSocket> {
    const { allowHalfOpen, wait } = checkDetachOptions(options);
    if (!this.isOpen) throw this.receivingError;
    checkDetachable(this.#stream.system, this.localAddress);
    const unread = this.takeUnread();
    this.#state = this.#stream.hasRef() ? "detaching" : "detaching, unref'd";
    const done = new Promise<NetSocket>((resolve, reject) => {
      this.#stream.release((errno, received) => {
        const all = unread === undefined ? received : [unread, ...received];
        if (errno === 0) {
          this.#detach(all, allowHalfOpen, resolve, reject);
        } else {
          this.#closed(errno, all);
          reject(this.error ?? sendingClosed(this.#stream.system));
        }
      });
    });
    try {
      return await orAbort(this.#stream.system.clock, "detach()", done, wait);
    } catch (error) {
      this.resetBecause(error);
      throw error;
    }
  }

  /** -1 once it is closed, though what was written may still be on its way. @internal */
  get fd(): number {
    return this.isOpen ? this.#stream.fd : -1;
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** @internal */
  protected get isClosed(): boolean {
    return this.#state === "closed" || this.#state === "detached";
  }

  /** Throws if it is detached, or about to be. @internal */
  protected checkNotDetached(): void {
    if (this.#isDetached) throw detached();
  }

  /** Why nothing is received from one that is not open. @internal */
  protected get receivingError(): unknown {
    return this.#isDetached ? detached() : (this.error ?? receivingClosed(this.#stream.system));
  }

  /** Why nothing is sent to one that is not open. @internal */
  protected get sendingError(): unknown {
    return this.#isDetached ? detached() : (this.error ?? sendingClosed(this.#stream.system));
  }

  get #isDetaching(): boolean {
    return this.#state === "detaching" || this.#state === "detaching, unref'd";
  }

  get #isDetached(): boolean {
    return this.#isDetaching || this.#state === "detached";
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
    this.#failure ??= connectionError(this.#stream.system, errno);
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

  /** A socket of Node's gets the descriptor, which nothing of the engine's touches any more. */
  #detach(
    received: readonly Uint8Array[],
    allowHalfOpen: boolean,
    resolve: (socket: NetSocket) => void,
    reject: (error: unknown) => void,
  ) {
    const writable = this.#directions === "both" || this.#directions === "sending";
    let socket: NetSocket;
    try {
      socket = netSocket(this.#descriptor, writable, allowHalfOpen, received);
    } catch (error) {
      this.#stream.system.close(this.#descriptor);
      this.#cause ??= error;
      this.#closed(0);
      reject(error);
      return;
    }
    if (this.#state === "detaching, unref'd") socket.unref();
    this.#state = "detached";
    engineClosed(this.#stream.system, this.#descriptor);
    this.#owner?.onConnectionDetached(this, socket);
    resolve(socket);
    this.#announceEnd();
    this.onClosed();
  }

  /** @param unread what `detach()` had taken, if it failed */
  #closed(errno: number, unread: readonly Uint8Array[] = []) {
    this.#state = "closed";
    engineClosed(this.#stream.system, this.#descriptor);
    // Our own reset drops unsent data; that is not a failure.
    const { system } = this.#stream;
    if (errno !== 0 && errno !== -system.errnos.ECANCELED) {
      this.#failure ??= connectionError(system, errno);
      if (unread.length > 0) attempt((all) => this.putBack(new Uint8Array(Buffer.concat(all))), unread);
    }
    this.#announceEnd();
    this.#owner?.onConnectionClosed(this);
    this.onClosed();
  }

  #announceEnd() {
    if (channels.close.hasSubscribers) channels.close.publish({ connection: this, error: this.error });
  }
}
