import type { Socket as NetSocket } from "node:net";
import type { Address } from "../../address/address.ts";
import type { Engine, Stream } from "../../engine/engine.ts";
import { attempt } from "../../engine/uncaught.ts";
import { argumentType, foreignKind, invalidState } from "../../errors/argument.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { checkWait, onAbort, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { channels } from "../channels.ts";
import { type ProxyInfo, proxyInfo, setProxyInfo } from "../proxy-protocol/proxy-info.ts";
import { reportClient } from "../proxy-protocol/report-client.ts";
import { type ConnectionError, connectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import {
  checkDetachable,
  checkDetachOptions,
  type DetachOptions,
  detached,
  netSocket,
} from "./detached-socket.ts";
import { HeldStream } from "./held-stream.ts";
import { checkPipe, noPipes, type Pipes, startPipe } from "./pipe.ts";
import { checkSendFile, type SendFileOptions, sendFile } from "./send-file.ts";
import type { SentFile } from "./sent-file.ts";

/** The Listener or Server that accepted a connection. @internal */
export interface ConnectionOwner {
  /** Called when the descriptor of one of its connections is closed. */
  onConnectionClosed(connection: ConnectionBase): void;
  /** A socket of Node's has the descriptor of one of its connections. */
  onConnectionDetached(connection: ConnectionBase, socket: NetSocket): void;
}

const nothing = new Uint8Array(0);

/** Throws a TypeError unless it is a connection to pipe from or to. @internal */
export function checkConnection(value: ConnectionBase): void {
  if (!(value instanceof ConnectionBase))
    throw argumentType(`a connection must be a Connection or HandledConnection, not ${foreignKind(value)}`);
}

/** The members that both kinds of connection share. */
export abstract class ConnectionBase {
  /** The engine's; while a file is sent, one that holds back what is written. */
  #stream: Stream;
  readonly #owner: ConnectionOwner | null;
  /** A descriptor is closing, or detaching, while what was written is still being sent. */
  #state: "open" | "closing" | "closed" | "detaching" | "detaching, unref'd" | "detached" = "open";
  /** The directions that have not ended yet. */
  #directions: "both" | "receiving" | "sending" | "neither" = "both";
  #failure: ConnectionError | null = null;
  #cause: unknown = null;
  /** Those that were read. */
  #addresses: { local?: Address; remote?: Address } | undefined;
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
   * Gives what was received and not read yet, after `checkReadable()`.
   *
   * @internal
   */
  abstract takeUnread(): Uint8Array | undefined;
  /** Receives what was not read before detaching failed, in one piece. @internal */
  protected abstract putBack(bytes: Uint8Array): void;
  /** Throws unless something else may receive just now. @internal */
  abstract checkReadable(): void;
  /** Throws if something else sends, or sending has failed. @internal */
  protected abstract checkWritable(): void;
  /** Receives for a pipe. @internal */
  abstract resumeForPipe(): void;
  /** @internal */
  abstract resumeFullPipe(): void;

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
    if (this.#addresses?.local === undefined && this.isOpen) {
      const named = tryGetsockname(this.socket);
      if (named.ok) this.#addresses = { ...this.#addresses, local: named.value };
    }
    return this.#addresses?.local ?? { family: "unspecified" };
  }

  /**
   * The address of the peer, or of the client that a PROXY header told of (`proxyProtocol` of
   * `listen()`): then `proxyInfo(connection)` has the proxy's. `{ family: "unspecified" }` if first
   * read after the connection was closed.
   */
  get remoteAddress(): Address {
    if (this.#addresses?.remote === undefined && this.isOpen) {
      const named = tryGetpeername(this.socket);
      if (named.ok) this.#addresses = { ...this.#addresses, remote: named.value };
    }
    return this.#addresses?.remote ?? { family: "unspecified" };
  }

  /** Reports what its PROXY header said. @internal */
  setProxyInfo(info: ProxyInfo): void {
    setProxyInfo(this, info);
    if (info.source !== undefined) this.#addresses = { remote: info.source };
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
    if (!this.#pipes.isEmpty) throw invalidState("a pipe() of the connection has not ended");
    checkDetachable(this.#stream.system, this.localAddress);
    this.checkReadable();
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

  /**
   * Sends everything that this connection receives to another, or back to itself, and then the end.
   * No byte of it reaches JavaScript, no handler `data()` or `end()` is called, and `read()` fails.
   * Bytes that were received and not read go first. `join()` does this in both directions.
   *
   * The peer that sends is held to the pace of the one that receives: at most about 512 KiB of a
   * connection wait here. If either connection fails, is reset or is closed before all is sent, the
   * other is reset, once the system has been given what was received before. Until then the program
   * may `write()` to the other connection, but not `end()` it.
   *
   * @param to the connection to send to, of any kind
   * @param options `signal` and `timeout` reset both connections
   * @returns how many bytes were sent, once the end has been sent too. The other direction stays as
   * it was, and each connection closes when both of its sides have ended
   * @throws RecvError or SendError of the connection that failed, named `SocketClosed` if it was
   * closed or reset here
   * @throws Error if this connection is piped already, or a `read()` is waiting
   * @throws TypeError if it was detached, or belongs to a Duplex
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   * @example
   * ```ts
   * import { connect, listen } from "berkeley";
   * const server = await listen(
   *   { host: "127.0.0.1" },
   *   { open: (connection) => void connection.pipe(connection).catch(console.error) },
   * );
   * const client = await connect({ address: server.address });
   * await client.end("echo");
   * for await (const bytes of client) console.log(`${Buffer.from(bytes)}`); // echo
   * await server.close({ drain: 1000 });
   * ```
   */
  async pipe(to: ConnectionBase, options: WaitOptions = {}): Promise<number> {
    const wait = checkWait(options);
    throwIfAborted(wait.signal);
    checkConnection(to);
    checkPipe(this, to);
    const pipe = startPipe(this, to);
    const stop = onAbort(this.#stream.system.clock, "pipe()", wait, (reason) => pipe.abort(reason));
    try {
      await pipe.untilEnded();
      return pipe.bytes;
    } finally {
      stop();
    }
  }

  /**
   * Sends a file, or a part of it, after everything written before; what is written meanwhile
   * follows it. On Linux the system sends the file itself (`sendfile`), and no byte of it passes
   * through the process; elsewhere, and for what is no regular file, it is read and written. A fifo
   * is refused, because a timeout cannot end the reading of one; so do not give the descriptor of a
   * pipe or a terminal that may stay silent.
   *
   * The peer sets the pace. At most 1 MiB is sent in one turn of the event loop, so that a file
   * that must be read from a disk does not keep others waiting for long.
   *
   * @param file a path, a URL, a FileHandle of `node:fs/promises`, or a descriptor's number; the
   * last two may be closed while it is sent, except on Windows, and keep their position
   * @param options `offset` and `length` select a part; `progress` is called with the bytes sent so
   * far. `signal` and `timeout` end it: if part of the file is on its way, the connection is reset
   * @returns how many bytes the system has taken: fewer than `length` if the file ended before, or
   * was truncated meanwhile
   * @throws the errors of `node:fs`, such as ENOENT and EISDIR. Once part of the file is on its
   * way, such an error, or one that `progress` throws, resets the connection
   * @throws RecvError or SendError if the connection has failed; named `SocketClosed` if this side
   * closed it, or reset it
   * @throws TypeError or RangeError if an argument is not of its type, or not allowed, such as the
   * path of a fifo; TypeError if the connection was detached, or belongs to a Duplex
   * @throws Error after `end()`, or if a `pipe()` sends to the connection
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   * @example
   * ```ts
   * import { connect, listen } from "berkeley";
   * const file = new URL(import.meta.url);
   * const server = await listen({ host: "127.0.0.1" }, {
   *   async open(connection) {
   *     connection.write("the file: ");
   *     await connection.sendFile(file, { offset: 0, length: 6 });
   *     connection.end();
   *   },
   * });
   * const client = await connect({ address: server.address });
   * let text = "";
   * for await (const bytes of client) text += Buffer.from(bytes);
   * console.log(text); // the file: import
   * await client.close();
   * await server.close({ drain: 1000 });
   * ```
   */
  async sendFile(file: SentFile, options: SendFileOptions = {}): Promise<number> {
    const checked = checkSendFile(file, options);
    if (!this.isOpen) throw this.sendingError;
    this.#pipes.checkNoneInto();
    this.checkWritable();
    // Throws after end().
    this.#stream.write(nothing);
    return await sendFile(this.#held ?? this.#hold(), checked, (error) => this.resetBecause(error));
  }

  /** The stream while a `sendFile()` has not finished. */
  get #held(): HeldStream | undefined {
    return this.#stream instanceof HeldStream ? this.#stream : undefined;
  }

  #hold(): HeldStream {
    const held = new HeldStream(this.#stream, this);
    this.#stream = held;
    return held;
  }

  /** Nothing is held back any more. @internal */
  onReleased(inner: Stream): void {
    this.#stream = inner;
  }

  /** @internal */
  protected get isSendingFile(): boolean {
    return this.#held !== undefined;
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
  get receivingError(): unknown {
    return this.#isDetached ? detached() : (this.error ?? receivingClosed(this.#stream.system));
  }

  /** Why nothing is sent to one that is not open. @internal */
  get sendingError(): unknown {
    return this.#isDetached ? detached() : (this.error ?? sendingClosed(this.#stream.system));
  }

  get #isDetaching(): boolean {
    return this.#state === "detaching" || this.#state === "detaching, unref'd";
  }

  get #isDetached(): boolean {
    return this.#isDetaching || this.#state === "detached";
  }

  /** @internal */
  get sendingEnded(): boolean {
    return this.#directions === "receiving" || this.#directions === "neither";
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

  /**
   * Resets the connection because the other end of its pipe is gone, in the event loop's next turn:
   * until then the system takes what was received before. @internal
   */
  resetForPipe(error: unknown): void {
    this.#stream.system.clock.setImmediate(() => {
      if (!this.isClosed) this.resetBecause(error);
    });
  }

  /** @internal */
  get receivingEnded(): boolean {
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
  get stream(): Stream {
    return this.#stream;
  }

  /** @internal */
  onError(errno: number, _ended: boolean): void {
    this.#failure ??= connectionError(this.#stream.system, errno);
    this.#held?.fail(this.#failure);
    this.closeOnceSent();
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

  /** What waits fails because the connection ends, not because a net.Socket has it. */
  #stopDetaching() {
    if (this.#isDetaching) this.#state = "closing";
  }

  #nowClosing() {
    this.onClosing();
    this.#pipes.onClosing(this);
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
    this.#announceEnd();
    this.onClosed();
  }

  /** @param unread what `detach()` had taken, if it failed */
  #closed(errno: number, unread: readonly Uint8Array[] = []) {
    this.#state = "closed";
    engineClosed(this.#stream.system, this.#stream.fd);
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
