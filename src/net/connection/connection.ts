import type { WritableStream } from "node:stream/web";
import type { Engine } from "../../engine/engine.ts";
import { boolean, checkObject, elements, invalidState, writeAfterEnd } from "../../errors/argument.ts";
import type { SocketLike } from "../../posix/borrow.ts";
import type { Descriptor } from "../../posix/owned-descriptor.ts";
import { checkWait, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { NOT_OF_CLOSE, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { Waiters } from "../waiters.ts";
import { type ConnectionDuplex, type DuplexOptions, duplexOf } from "./connection-duplex.ts";
import { type ConnectionError, connectionError, sendingClosed } from "./connection-error.ts";
import type { ConnectionOwner } from "./connection-lifecycle.ts";
import { attempt, ConnectionReader, takenOver } from "./connection-reader.ts";
import { bytesToSend, copyToSend, type Data, isPieces, piecesToSend } from "./data.ts";
import { writableOf } from "./web-streams.ts";
import { Writing } from "./writing.ts";

/**
 * A connection that the program reads and writes on request: `connect()` and `Listener.accept()`
 * return one.
 *
 * It receives nothing before the first `read()`, and after that at most one chunk of up to 64 KiB
 * ahead of the program, so a peer that sends faster than the program reads is slowed down by flow
 * control. Only a read or write notices that a peer is gone.
 *
 * It is closed by `close()` or `reset()`, at the end of an `await using` scope, on failure, or once
 * the peer and this side have both ended.
 *
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * await using listener = await listen({ host: "127.0.0.1" });
 * await using client = await connect({ address: listener.address });
 * await client.end("a question");
 * await using connection = await listener.accept();
 * for await (const bytes of connection) console.log(`${Buffer.from(bytes)}`); // a question
 * // The client has ended its side, and can still receive.
 * await connection.end("an answer", { timeout: 5000 });
 * console.log(`${Buffer.from((await client.read()) ?? [])}`); // an answer
 * console.log(await client.read()); // null
 * ```
 */
export class Connection extends ConnectionReader implements AsyncDisposable {
  readonly #writing = new Writing();
  #closers: Waiters<void> | undefined;
  #end: Promise<void> | undefined;
  #writable: WritableStream<Data> | undefined;

  /** @internal */
  constructor(engine: Engine, fd: number, owner: ConnectionOwner | null) {
    super(engine, fd, owner);
  }

  /**
   * Sends bytes, in the order of the calls, and waits until the system has taken them and
   * everything before them. Awaiting each write keeps the program at the peer's pace. The caller
   * may change the bytes as soon as the call returns.
   *
   * @param data what to send; the pieces of an array are sent together, in one call of the system
   * @param options `signal` and `timeout` only end the wait: the data is still sent, unless
   * `reset()` drops it. If the signal is already aborted, nothing is written
   * @throws RecvError or SendError if the connection has failed; named `SocketClosed` if this side
   * closed it
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory
   * @throws Error after `end()`
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  write(data: Data | readonly Data[], options?: WaitOptions): Promise<void> {
    try {
      const wait = checkWait(options);
      return this.#write(isPieces(data) ? piecesToSend(data) : bytesToSend(data), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends open sockets and files to the process at the other end of a unix socket (SCM_RIGHTS),
   * with the bytes, after everything written before. The other end gets duplicates, with
   * `receiveDescriptors()`.
   *
   * Keep the descriptors open until the promise settles. Until then `write()`, `end()`,
   * `sendFile()` and another sendDescriptors() fail, so that the order is kept.
   *
   * @param descriptors at most 253; they stay open in this process
   * @param data the bytes they accompany: at least one, since a stream carries descriptors only
   * with bytes
   * @param options `signal` and `timeout` only end the wait, as in `write()`
   * @throws SendmsgError if they cannot be sent, such as `TooManyDescriptors`
   * @throws the errors of `write()`
   * @throws TypeError if the connection is not over a unix socket, or the system cannot pass
   * descriptors
   * @throws RangeError if `data` is empty
   * @example
   * ```ts
   * import { connect, listen } from "berkeley";
   * await using listener = await listen({ path: "\0descriptors-example" });
   * await using client = await connect({ path: "\0descriptors-example" });
   * await using connection = await listener.accept();
   * using passed = socket(AF.INET, SOCK.STREAM);
   * await client.sendDescriptors([passed], "a socket");
   * const received = await connection.receiveDescriptors();
   * console.log(`${Buffer.from(received?.data ?? [])}`); // a socket
   * for (const descriptor of received?.descriptors ?? []) close(descriptor);
   * ```
   */
  sendDescriptors(
    descriptors: readonly (SocketLike | Descriptor)[],
    data: Data,
    options?: WaitOptions,
  ): Promise<void> {
    return attempt(() => {
      const wait = checkWait(options);
      throwIfAborted(wait?.signal);
      const passed = elements("descriptors", "an array of sockets and descriptors", descriptors);
      const bytes = copyToSend(data);
      this.pipes.checkNoneInto();
      if (this.#end !== undefined) throw writeAfterEnd("cannot send descriptors after end()");
      if (this.isSendingFile) throw invalidState("sendFile() has not finished: await it first");
      const passing = this.passingFor("sendDescriptors()");
      const mayAtOnce =
        this.consumer === undefined && this.#writing.failure === undefined && this.pendingBytes === 0;
      const before = mayAtOnce ? undefined : this.#write([], undefined);
      const done = passing.send(passed, bytes, before, (rest) => this.#write(rest, undefined));
      return wait === undefined ? done : orAbort(this.stream.system.clock, "sendDescriptors()", done, wait);
    });
  }

  /**
   * Sends everything written, then ends this side: the peer reads the end, and can still send. May
   * be called again.
   *
   * @param data sent before the end
   * @param options `signal` and `timeout` only end the wait. If the signal is already aborted,
   * nothing is done
   * @throws the errors of `write()`
   */
  end(data?: Data, options?: WaitOptions): Promise<void> {
    return attempt(() => {
      const wait = checkWait(options);
      throwIfAborted(wait?.signal);
      if (this.#end === undefined) {
        this.pipes.checkNoneInto();
        this.checkPassing("sendDescriptors()");
        if (data !== undefined) this.#sendLast(bytesToSend(data));
        this.#end = new Promise((resolve, reject) => {
          this.finish((error) => (error === null ? resolve() : reject(error)));
        });
      } else if (data !== undefined) {
        throw writeAfterEnd("cannot write after end()");
      }
      return wait === undefined ? this.#end : orAbort(this.stream.system.clock, "end()", this.#end, wait);
    });
  }

  /**
   * Closes the connection once everything written is sent, however long the peer takes to read it.
   * If received data was never read, a TCP peer gets a reset instead (RFC 1122, 4.2.2.13): to be
   * sure that the peer gets everything, call `end()` and read to the end first. May be called
   * again.
   *
   * @param options if `signal` or `timeout` ends the wait, the connection is reset and the reason
   * is thrown
   */
  async close(options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    if (options !== undefined) refuseOptionsOfOthers("close()", options, NOT_OF_CLOSE);
    this.closeOnceSent();
    try {
      await this.untilClosed(wait);
    } catch (error) {
      this.resetBecause(error);
      throw error;
    }
  }

  /**
   * Resolves when the connection is closed, with the error that ended it, or null. Never rejects.
   */
  get closed(): Promise<ConnectionError | null> {
    return this.untilClosed().then(() => this.failure);
  }

  /** `write()` as a web stream: closing it calls `end()`, aborting it calls `reset()`. */
  get writable(): WritableStream<Data> {
    this.#writable ??= writableOf(this);
    return this.#writable;
  }

  /**
   * The connection as a Duplex of node:stream, for example for HTTP:
   * `http.createServer().emit("connection", connection.toDuplex())`. For TLS use `detach()`. It is
   * a Socket of `berkeley/net`, so `instanceof net.Socket` holds; on Bun it is a Duplex with the
   * members that libraries use of a `net.Socket`. It behaves like a net.Socket: it ends when the
   * peer has ended, and `destroy()` sends what the system takes immediately, then the end. From
   * then on the Duplex owns the connection: `read()` and `write()` fail with a TypeError.
   *
   * @param options `allowHalfOpen`: whether this side stays open after the peer has ended
   * @throws Error if a `read()` is pending, or toDuplex() was called before
   * @throws RecvError named `SocketClosed`
   * @example
   * ```ts
   * import http from "node:http";
   * import { listen } from "berkeley";
   * const web = http.createServer((_, response) => response.end("hello"));
   * const listener = await listen({ host: "127.0.0.1", backlog: 64 });
   * const port = "port" in listener.address ? listener.address.port : 0;
   * http.get({ port, host: "127.0.0.1", agent: false }, (response) => {
   *   response.on("data", (bytes) => console.log(`${bytes}`)); // hello
   * });
   * const connection = await listener.accept();
   * web.emit("connection", connection.toDuplex());
   * await connection.closed;
   * await listener.close();
   * ```
   */
  toDuplex(options: DuplexOptions = {}): ConnectionDuplex {
    checkObject("options", "{ allowHalfOpen? }", options);
    const { allowHalfOpen = false } = options;
    return duplexOf(this, { allowHalfOpen: boolean("allowHalfOpen", allowHalfOpen) });
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  onProgress(): void {
    this.consumer?.onProgress?.();
    this.#writing.onProgress(this);
  }

  /** @internal */
  override onDrain(): void {
    if (this.drainPipes()) {
      this.onProgress();
      return;
    }
    this.consumer?.onDrain();
    this.#writing.resolveAll();
  }

  /** Received data can still be read; the failure itself comes after it. @internal */
  override sendingFailed(errno: number): void {
    this.#writing.fail(connectionError(this.stream.system, errno));
    this.breakPipes(errno);
    // No one will read the received data.
    if (this.receivingEnded) this.onError(errno, false);
    else this.consumer?.sendingFailed(errno);
  }

  /** @internal */
  override onError(errno: number, ended: boolean): void {
    if (this.reading.hasUnread && this.isOpen) {
      this.reading.failAfterUnread();
      if (ended) this.endReceiving();
      this.#writing.fail(this.#writing.failure ?? connectionError(this.stream.system, errno));
      return;
    }
    if (ended) this.onEnd();
    super.onError(errno, ended);
    this.consumer?.onError(errno, ended);
  }

  /** @internal */
  protected override get sendingFailure(): ConnectionError | undefined {
    return this.#writing.failure;
  }

  /** @internal */
  protected override onClosing(): void {
    super.onClosing();
    if (this.error !== null) this.#writing.rejectAll(this.error);
  }

  /** @internal */
  protected override onClosed(): void {
    // close() has sent everything, unless something failed.
    if (this.error === null) this.#writing.resolveAll();
    else this.#writing.rejectAll(this.error);
    this.#closers?.resolveAll();
    if (!this.bothEnded) this.consumer?.closed(this.error);
  }

  /** @internal */
  override closeNow(): void {
    super.closeNow();
    this.#writing.rejectAll(this.error ?? sendingClosed(this.stream.system));
  }

  /** @internal */
  override resetBecause(error: unknown): void {
    super.resetBecause(error);
    this.#writing.rejectAll(this.error ?? sendingClosed(this.stream.system));
  }

  /** Waits until the descriptor is closed. @internal */
  untilClosed(options?: WaitOptions): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.#closers ??= new Waiters("close()");
    return this.#closers.wait(this.stream.system.clock, options);
  }

  /** `write()` for its consumer, without a promise. @internal */
  send(bytes: Uint8Array): void {
    this.#writing.send(this.stream, bytes);
  }

  /** @internal */
  override checkWritable(): void {
    this.checkPassing("sendDescriptors()");
    if (this.consumer !== undefined) throw takenOver();
    if (this.#writing.failure !== undefined) throw this.#writing.failure;
  }

  #write(bytes: Uint8Array | readonly Uint8Array[], options: WaitOptions | undefined): Promise<void> {
    this.checkPassing("sendDescriptors()");
    if (this.consumer !== undefined) return Promise.reject(takenOver());
    return this.#writing.write(this, bytes, options);
  }

  /** Sends what `end()` was given, unless the end is going to fail anyway. */
  #sendLast(bytes: Uint8Array): void {
    if (this.consumer !== undefined || !this.isOpen || this.#writing.failure !== undefined) return;
    this.send(bytes);
  }
}
