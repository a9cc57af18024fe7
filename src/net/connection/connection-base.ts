import type { Socket as NetSocket } from "node:net";
import type { Address } from "../../address/address.ts";
import { argumentType, foreignKind, invalidState } from "../../errors/argument.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { checkWait, onAbort, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { channels } from "../channels.ts";
import { type ProxyInfo, setProxyInfo } from "../proxy-protocol/proxy-info.ts";
import { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { checkDetachable, checkDetachOptions, type DetachOptions } from "./detached-socket.ts";
import type { FileToSend } from "./file-to-send.ts";
import { checkPipe, startPipe } from "./pipe.ts";
import { checkSendFile, type SendFileOptions, sendFile } from "./send-file.ts";

const nothing = new Uint8Array(0);
const ignore = () => {};

/** Throws a TypeError unless it is a connection to pipe from or to. @internal */
export function checkConnection(value: ConnectionBase): void {
  if (!(value instanceof ConnectionBase))
    throw argumentType(
      "a connection must be a Connection or HandledConnection, " +
        `not ${foreignKind(value, ["Connection", "HandledConnection"])}`,
    );
}

/** The members that both kinds of connection share. */
export abstract class ConnectionBase extends ConnectionLifecycle {
  /** The addresses read so far. */
  #addresses: { local?: Address; remote?: Address } | undefined;

  /**
   * The underlying socket, for its options: `setsockopt(connection.socket, TCP.NODELAY, true)`. The
   * connection still owns it.
   */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(this.stream.system, this);
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
   * The address of the peer, or of the client that a PROXY header named (`proxyProtocol` of
   * `listen()`); `proxyInfo(connection)` then has the proxy's. `{ family: "unspecified" }` if first
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

  /**
   * Turns the connection into one of Node's own `net.Socket`s, which gets its descriptor: for
   * `node:tls`, for a library that needs a real one, or to pass to a child process. The socket
   * starts with the bytes that were received but not yet read or handled; its own side is ended if
   * `end()` was called, and it is unref'd if the connection was.
   *
   * Everything written is sent first, however long the peer takes to read it; from the call on,
   * reading, writing or ending the connection is an error. When the promise resolves, the
   * connection is finished: the handler `close()` has been called with null, and `close()` and
   * `reset()` do nothing. Its listener counts the socket as a connection until the socket closes:
   * `close({ drain })` waits for it, and resets it at the deadline.
   *
   * @param options `allowHalfOpen`: whether the socket's side stays open once the peer has ended.
   * When `signal` or `timeout` ends the wait, the connection is reset and the reason thrown. If the
   * signal is already aborted, nothing is done
   * @throws RecvError or SendError if the connection has failed, or fails before everything is
   * sent; what was received before can still be read, or goes to the handler. Named `SocketClosed`
   * if it was closed
   * @throws Error if a `read()` is still waiting, or this runtime cannot make a `net.Socket` from
   * such a descriptor (Bun; Node on Windows); the connection is unaffected
   * @throws TypeError if it is already detached, or belongs to the Duplex of `toDuplex()`
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
    if (!this.pipes.isEmpty) throw invalidState("a pipe() of the connection has not ended");
    checkDetachable(this.stream.system, this.localAddress);
    this.checkReadable();
    this.checkWritable();
    const done = this.detachOnceSent(allowHalfOpen);
    try {
      return await orAbort(this.stream.system.clock, "detach()", done, wait);
    } catch (error) {
      this.resetBecause(error);
      // It may have been given up just as it succeeded.
      done.then((socket) => socket.destroy(), ignore);
      throw error;
    }
  }

  /**
   * Sends everything that this connection receives to another, or back to itself, and then the end.
   * The bytes never reach JavaScript: `data()` and `end()` handlers are not called, and `read()`
   * fails. Bytes that were received but not read are sent first. `join()` does this in both
   * directions.
   *
   * The sending peer is slowed down to the pace of the receiving one: at most about 512 KiB per
   * connection wait here. If either connection fails, is reset or is closed before everything is
   * sent, the other is reset, once the system has taken what was received before. Until then the
   * program may `write()` to the other connection, but not `end()` it.
   *
   * @param to the connection to send to, of any kind
   * @param options `signal` and `timeout` reset both connections
   * @returns how many bytes were sent, once the end has been sent too. The other direction is
   * unaffected, and each connection closes when both of its sides have ended
   * @throws RecvError or SendError of the connection that failed, named `SocketClosed` if it was
   * closed or reset here
   * @throws Error if this connection is already piped, or a `read()` is waiting
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
    const stop = onAbort(this.stream.system.clock, "pipe()", wait, (reason) => pipe.abort(reason));
    try {
      await pipe.untilEnded();
      return pipe.bytes;
    } finally {
      stop();
    }
  }

  /**
   * Sends a file, or part of it, after everything written so far; anything written in the meantime
   * follows it. On Linux the system sends the file itself (`sendfile`), without copying it through
   * the process; elsewhere, and for files that are not regular ones, it is read and written. A fifo
   * is refused, because a timeout cannot interrupt reading one; for the same reason, do not pass
   * the descriptor of a pipe or terminal that may stay silent.
   *
   * The peer sets the pace. At most 1 MiB is sent per turn of the event loop, so that a file that
   * must be read from disk does not block other connections for long.
   *
   * @param file a path, a URL, a FileHandle of `node:fs/promises`, or a descriptor number; the last
   * two keep their position, and may be closed while the file is sent, except on Windows
   * @param options `offset` and `length` select a part; `progress` is called with the bytes sent so
   * far. `signal` and `timeout` stop it: if part of the file is already on its way, the connection
   * is reset
   * @returns how many bytes the system has taken: fewer than `length` if the file ends earlier, or
   * is truncated meanwhile
   * @throws the errors of `node:fs`, such as ENOENT and EISDIR. Once part of the file is on its
   * way, such an error, or one that `progress` throws, resets the connection
   * @throws RecvError or SendError if the connection has failed; named `SocketClosed` if this side
   * closed it, or reset it
   * @throws TypeError or RangeError if an argument has the wrong type or is not allowed, such as
   * the path of a fifo; TypeError if the connection was detached, or belongs to a Duplex
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
  async sendFile(file: FileToSend, options: SendFileOptions = {}): Promise<number> {
    const checked = checkSendFile(file, options);
    if (!this.isOpen) throw this.sendingError;
    this.pipes.checkNoneInto();
    this.checkWritable();
    // Throws after end().
    this.stream.write(nothing);
    return await sendFile(this.hold(), checked, (error) => this.resetBecause(error));
  }

  /** @internal */
  protected override announceEnd(): void {
    if (channels.close.hasSubscribers) channels.close.publish({ connection: this, error: this.error });
  }
}
