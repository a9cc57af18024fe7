import type { ReadableStream, WritableStream } from "node:stream/web";
import type { Engine } from "../../engine/engine.ts";
import {
  boolean,
  checkObject,
  elements,
  invalidState,
  invalidStateForGood,
  writeAfterEnd,
} from "../../errors/argument.ts";
import type { SocketLike } from "../../posix/borrow.ts";
import type { Descriptor } from "../../posix/owned-descriptor.ts";
import { checkWait, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { INTO_OF_READ, NOT_OF_CLOSE, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { Waiters } from "../waiters.ts";
import { ConnectionBase, type ConnectionOwner } from "./connection-base.ts";
import { type ConnectionDuplex, type DuplexOptions, duplexOf } from "./connection-duplex.ts";
import { type ConnectionError, connectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import type { Consumed, Consumer } from "./consumer.ts";
import { bytesToSend, copyToSend, type Data, isPieces, piecesToSend } from "./data.ts";
import { DescriptorPassing, type PassingCall, type ReceivedDescriptors } from "./descriptor-passing.ts";
import { Lending } from "./lending.ts";
import { Pieces } from "./pieces.ts";
import { checkReadInto, type ReadIntoOptions } from "./read-into.ts";
import { own, Reading, type Take } from "./reading.ts";
import { readableOf, writableOf } from "./web-streams.ts";
import { Writing } from "./writing.ts";

/**
 * A connection whose program reads when it wants to: `connect()` and `Listener.accept()` return
 * one.
 *
 * Receives nothing before the first `read()`, and after that at most one chunk of up to 64 KiB
 * ahead of the program, so a peer that sends faster than the program reads is slowed down by flow
 * control. Only reading or writing detects that a peer is gone.
 *
 * It ends with `close()` or `reset()`, at the end of an `await using` scope, on failure, or when
 * both the peer and `end()` have ended their sides.
 *
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * await using listener = await listen({ host: "127.0.0.1" });
 * await using client = await connect({ address: listener.address });
 * await client.end("a question");
 * await using connection = await listener.accept();
 * for await (const bytes of connection) console.log(`${Buffer.from(bytes)}`); // a question
 * // The client has ended its side, and is still sent to.
 * await connection.end("an answer", { timeout: 5000 });
 * console.log(`${Buffer.from((await client.read()) ?? [])}`); // an answer
 * console.log(await client.read()); // null
 * ```
 */
export class Connection extends ConnectionBase implements AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly #reading = new Reading();
  readonly #writing = new Writing();
  #closers: Waiters<void> | undefined;
  #consumer: Consumer | undefined;
  #end: Promise<void> | undefined;
  #passing: DescriptorPassing | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Data> | undefined;

  /** @internal */
  constructor(engine: Engine, fd: number, owner: ConnectionOwner | null) {
    super(engine, fd, owner);
  }

  /**
   * Reads whatever has arrived into the program's own memory, as much as fits; waits if nothing
   * has. What does not fit is read next, by any kind of read.
   *
   * The bytes are copied there as they arrive; nothing is allocated for them. `into` may be written
   * to until the promise has settled.
   *
   * @param options `into` is the memory; `signal` and `timeout` as below
   * @returns how many bytes were read, 1 at least; null once the peer has ended
   * @throws TypeError if `into` is not a Uint8Array over plain memory: shared, resizable and
   * detached memory is refused, as is a view that a handler or `lend()` gave. If it is detached
   * while it waits, no data is lost
   * @throws RangeError if `into` is empty
   * @throws the errors of a read() without `into`
   * @example
   * ```ts
   * import { connect, listen } from "berkeley";
   * await using listener = await listen({ host: "127.0.0.1" });
   * await using client = await connect({ address: listener.address });
   * await client.end("0123456789");
   * await using connection = await listener.accept();
   * const buffer = new Uint8Array(4);
   * console.log(await connection.read({ into: buffer })); // 4
   * console.log(`${Buffer.from(buffer)}`); // 0123
   * console.log(`${Buffer.from((await connection.read()) ?? [])}`); // 456789
   * console.log(await connection.read({ into: buffer })); // null
   * ```
   */
  read(options: ReadIntoOptions): Promise<number | null>;
  /**
   * Reads whatever has arrived, at most 64 KiB; waits if nothing has.
   *
   * @param options `signal` and `timeout` end the wait; no data is lost, and the next read() gets
   * it
   * @returns bytes that the program owns; null once the peer has ended
   * @throws RecvError or SendError if the connection has failed; named `SocketClosed` if this side
   * closed it
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  read(options?: WaitOptions): Promise<Uint8Array | null>;
  read(options?: WaitOptions | ReadIntoOptions): Promise<Uint8Array | number | null> {
    return attempt((): Promise<Uint8Array | number | null> => {
      const wait = checkWait(options);
      const into = checkReadInto(options);
      return into === undefined
        ? this.#read(wait, own, false)
        : this.#read(wait, this.#reading.into(into), true);
    });
  }

  /**
   * Sends bytes, in the order of the calls, and waits until the system has taken them and
   * everything before them. Awaiting each write keeps the program at the peer's pace. The bytes may
   * be changed immediately.
   *
   * @param data what to send; the pieces of an array are sent together, in one call of the system
   * @param options `signal` and `timeout` only end the wait: written data is still sent, unless
   * `reset()` drops it. If the signal is already aborted, nothing is written
   * @throws RecvError or SendError if the connection has failed; named `SocketClosed` if this side
   * closed it
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory
   * @throws Error after `end()`
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  write(data: Data | readonly Data[], options?: WaitOptions): Promise<void> {
    return attempt(() => {
      const wait = checkWait(options);
      return this.#write(isPieces(data) ? piecesToSend(data) : bytesToSend(data), wait);
    });
  }

  /**
   * Shows what the next `read()` returns, or its beginning, and leaves it there; waits if nothing
   * has arrived. Reads and peeks take turns in the order of the calls.
   *
   * @param options `signal` and `timeout` end the wait
   * @returns a copy of at most 64 KiB, which the program owns; null once the peer has ended
   * @throws the errors of `read()`
   * @example
   * ```ts
   * import { connect, listen } from "berkeley";
   * await using listener = await listen({ host: "127.0.0.1" });
   * await using client = await connect({ address: listener.address });
   * await client.write(["GET / ", "HTTP/1.1"]);
   * await using connection = await listener.accept();
   * const isHttp = Buffer.from((await connection.peek()) ?? []).includes("HTTP/");
   * console.log(isHttp, (await connection.read())?.length); // true 14
   * ```
   */
  peek(options?: WaitOptions): Promise<Uint8Array | null> {
    return attempt(() => {
      const wait = checkWait(options);
      if (options !== undefined) refuseOptionsOfOthers("peek()", options, INTO_OF_READ);
      return this.#read(wait, this.#reading.shown(), false);
    });
  }

  /**
   * Sends open sockets and files to the process at the other end of a unix socket (SCM_RIGHTS),
   * with the bytes, after everything written before. The other end gets duplicates, with
   * `receiveDescriptors()`.
   *
   * The descriptors must stay open until the promise has settled, and so must the order: until
   * then, `write()`, `end()`, `sendFile()` and another sendDescriptors() fail.
   *
   * @param descriptors at most 253; this process keeps them
   * @param data what they accompany: one byte at least, since a stream carries them with bytes
   * @param options `signal` and `timeout` only end the wait, as those of `write()`
   * @throws SendmsgError if they cannot be sent, such as `TooManyDescriptors`
   * @throws the errors of `write()`
   * @throws TypeError if the connection is no unix socket's, or the system passes no descriptors
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
      if (this.isSendingFile) throw invalidState("a sendFile() has not finished: await it first");
      const passing = this.#passingFor("sendDescriptors()");
      const mayAtOnce =
        this.#consumer === undefined && this.#writing.failure === undefined && this.pendingBytes === 0;
      const before = mayAtOnce ? undefined : this.#write([], undefined);
      const done = passing.send(passed, bytes, before, (rest) => this.#write(rest, undefined));
      return wait === undefined ? done : orAbort(this.stream.system.clock, "sendDescriptors()", done, wait);
    });
  }

  /**
   * Receives bytes with the descriptors that came with them; waits if nothing has arrived.
   *
   * Use it in place of `read()`, from the beginning: the system closes descriptors whose bytes
   * `read()` receives, which may be ahead of the program. Those that nobody receives are closed
   * with the connection.
   *
   * @param options `signal` and `timeout` end the wait; nothing is lost
   * @returns bytes, at most 64 KiB, and the descriptors, which the program owns and closes; they
   * are close-on-exec. null once the peer has ended
   * @throws RecvmsgError if the connection has failed; named `ProcessFdQuotaExceeded` if there is
   * no room for the descriptors: then they are lost, and the connection is reset
   * @throws RecvError or SendError as `read()`
   * @throws Error after `read()`, `peek()` or `pipe()`, or while another is waiting
   * @throws TypeError if the connection is no unix socket's, or the system passes no descriptors
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  receiveDescriptors(options?: WaitOptions): Promise<ReceivedDescriptors | null> {
    return attempt(async () => {
      const wait = checkWait(options);
      if (options !== undefined) refuseOptionsOfOthers("receiveDescriptors()", options, INTO_OF_READ);
      throwIfAborted(wait?.signal);
      if (this.#consumer !== undefined) throw takenOver();
      if (this.receivingEnded) return null;
      if (!this.isOpen) throw this.receivingError;
      if (this.#reading.isAhead) throw invalidState("read() has received: descriptors may have been lost");
      this.pipes.checkNoneOut();
      const received = await this.#passingFor("receiveDescriptors()").receive(wait, (error) =>
        this.resetBecause(error),
      );
      // The engine finds the same end, or failure, and does what follows from it.
      return received ?? this.#read(wait, nothingMore, false);
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
        this.#passing?.check("sendDescriptors()");
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
   * @param options when `signal` or `timeout` ends the wait, the connection is reset, and it throws
   * the reason
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

  /**
   * The chunks of `read()`, to the end, without a copy: each is a view of the engine's memory. It
   * is valid until the loop asks for the next chunk or ends, and `write()` of it, or of a
   * `subarray()` of it, to any connection sends it without a copy. Copy what you keep longer.
   *
   * Once the loop has gone on, a view may show other data, and writing it fails. Leaving the loop
   * leaves the connection open. An iterator that is used without a loop is given up when neither it
   * nor its view is referenced any more. While a program has many chunks at once (some 500 on a
   * thread), it gets copies.
   *
   * @throws in the loop, the errors of `read()`; and of `write()` of such a view later on a
   * TypeError
   * @example
   * ```ts
   * import { connect, listen } from "berkeley";
   * await using listener = await listen({ host: "127.0.0.1" });
   * await using client = await connect({ address: listener.address });
   * await client.end("echo");
   * await using connection = await listener.accept();
   * for await (const bytes of connection.lend()) await connection.write(bytes);
   * await connection.end();
   * console.log(`${Buffer.from((await client.read()) ?? [])}`); // echo
   * ```
   */
  lend(): AsyncIterableIterator<Uint8Array> {
    return new Lending(this);
  }

  /**
   * The data of `read()` as a web stream of bytes: a reader of the mode "byob" has them put into
   * its own buffers. Cancelling it discards all further data.
   */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableOf(this);
    return this.#readable;
  }

  /** `write()` as a web stream: closing it calls `end()`, aborting it calls `reset()`. */
  get writable(): WritableStream<Data> {
    this.#writable ??= writableOf(this);
    return this.#writable;
  }

  /**
   * The connection as a Duplex of node:stream, for HTTP:
   * `http.createServer().emit("connection", connection.toDuplex())`. For TLS use `detach()`. It is
   * a Socket of `berkeley/net`, and `instanceof net.Socket`; on Bun it is a Duplex with the members
   * that such libraries use. It behaves like a net.Socket: it ends when the peer has ended, and
   * `destroy()` sends what the system takes immediately, and then the end. The Duplex owns the
   * connection from then on: `read()` and `write()` fail with a TypeError.
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

  /** The chunks of `read()`, to the end. Leaving the loop leaves the connection open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new Pieces(this);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  override onData(bytes: Uint8Array): void {
    if (this.#consumer !== undefined) this.#consumer.onData(bytes);
    else if (this.#reading.receive(bytes)) this.#reading.stop(this);
  }

  /** @internal */
  override onEnd(): void {
    this.endReceiving();
    if (!this.pipes.onEnd()) this.#consumer?.onEnd();
    this.#reading.resolveAll(null);
    this.closeIfEnded();
  }

  /** @internal */
  onProgress(): void {
    this.#consumer?.onProgress?.();
    this.#writing.onProgress(this);
  }

  /** @internal */
  override onDrain(): void {
    if (this.drainPipes()) {
      this.onProgress();
      return;
    }
    this.#consumer?.onDrain();
    this.#writing.resolveAll();
  }

  /** Received data can still be read; the failure itself comes after it. @internal */
  override sendingFailed(errno: number): void {
    this.#writing.fail(connectionError(this.stream.system, errno));
    this.breakPipes(errno);
    // No one will read the received data.
    if (this.receivingEnded) this.onError(errno, false);
    else this.#consumer?.sendingFailed(errno);
  }

  /** @internal */
  override onError(errno: number, ended: boolean): void {
    if (this.#reading.hasUnread && this.isOpen) {
      this.#reading.failAfterUnread();
      if (ended) this.endReceiving();
      this.#writing.fail(this.#writing.failure ?? connectionError(this.stream.system, errno));
      return;
    }
    if (ended) this.onEnd();
    super.onError(errno, ended);
    this.#consumer?.onError(errno, ended);
  }

  /** The failure that waited until what had been received was read. @internal */
  failAfterUnread(): void {
    const errno = this.#writing.failure?.errno;
    if (this.#reading.hasFailed && errno !== undefined) super.onError(-errno, this.receivingEnded);
  }

  /** @internal */
  protected override onClosing(): void {
    this.#reading.giveBack();
    this.#reading.rejectAll(this.error ?? receivingClosed(this.stream.system));
    this.#passing?.stop("receiveDescriptors()", this.error ?? receivingClosed(this.stream.system));
    this.#passing?.stop("sendDescriptors()", this.error ?? sendingClosed(this.stream.system));
    if (this.error !== null) this.#writing.rejectAll(this.error);
  }

  /** @internal */
  protected override onClosed(): void {
    // close() has sent everything, unless something failed.
    if (this.error === null) this.#writing.resolveAll();
    else this.#writing.rejectAll(this.error);
    this.#closers?.resolveAll();
    if (!this.bothEnded) this.#consumer?.closed(this.error);
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

  /** Discards everything that is still to come. @internal */
  discardInput(): void {
    this.endReceiving();
    this.#reading.discard();
    this.failAfterUnread();
    this.stopReceiving();
    this.closeIfEnded();
  }

  /** Hands the connection to a consumer, with data that was received but not read. @internal */
  handOver(consumer: Consumer): Consumed {
    if (this.#consumer !== undefined) throw takenOver();
    if (!this.isOpen) throw this.receivingError;
    this.#passing?.check("receiveDescriptors()");
    this.#passing?.check("sendDescriptors()");
    if (this.#writing.failure !== undefined) throw this.#writing.failure;
    this.pipes.checkNoneOut();
    this.pipes.checkNoneInto();
    if (this.#reading.size > 0) throw invalidState("a read() of the connection is still waiting");
    this.#consumer = consumer;
    return { unread: this.#reading.takeAll(), ended: this.receivingEnded };
  }

  /** `read()`, for an iterator. @internal */
  readNext<As>(take: Take<As>, keepsAhead: boolean): Promise<As> {
    return this.#read(undefined, take, keepsAhead);
  }

  /** `write()` for its consumer, without a promise. @internal */
  send(bytes: Uint8Array): void {
    this.#writing.send(this.stream, bytes);
  }

  /** @internal */
  startReceiving(): void {
    this.#reading.start(this);
  }

  /** @internal */
  stopReceiving(): void {
    this.#reading.stop(this);
  }

  /** @internal */
  override resumeForPipe(): void {
    this.#reading.start(this);
  }

  /** @internal */
  override resumeFullPipe(): void {
    this.#reading.resume(this);
  }

  /** @internal */
  override takeUnread(): Uint8Array | undefined {
    return this.#reading.takeAll();
  }

  /** @internal */
  protected override putBack(bytes: Uint8Array): void {
    this.#reading.putBack(bytes);
  }

  /** @internal */
  override checkReadable(): void {
    this.#passing?.check("receiveDescriptors()");
    if (this.#consumer !== undefined) throw takenOver();
    if (this.#reading.size > 0) throw invalidState("a read() of the connection is still waiting");
    if (this.#writing.failure !== undefined) throw this.#writing.failure;
  }

  /** @internal */
  protected override checkWritable(): void {
    this.#passing?.check("sendDescriptors()");
    if (this.#consumer !== undefined) throw takenOver();
    if (this.#writing.failure !== undefined) throw this.#writing.failure;
  }

  #read<As>(options: WaitOptions | undefined, take: Take<As>, keepsAhead: boolean): Promise<As> {
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    try {
      this.pipes.checkNoneOut();
      this.#passing?.check("receiveDescriptors()");
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#reading.read(this, options, take, keepsAhead);
  }

  #write(bytes: Uint8Array | readonly Uint8Array[], options: WaitOptions | undefined): Promise<void> {
    this.#passing?.check("sendDescriptors()");
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    return this.#writing.write(this, bytes, options);
  }

  /** Sends what `end()` was given, unless the end is going to fail anyway. */
  #sendLast(bytes: Uint8Array): void {
    if (this.#consumer !== undefined || !this.isOpen || this.#writing.failure !== undefined) return;
    this.send(bytes);
  }

  /** What passes descriptors, which does one thing at a time in each direction. */
  #passingFor(call: PassingCall): DescriptorPassing {
    if (!this.isOpen) throw call === "sendDescriptors()" ? this.sendingError : this.receivingError;
    this.#passing ??= new DescriptorPassing(this.socket, this.stream.system, this.stream.fd);
    this.#passing.check(call);
    return this.#passing;
  }
}

const nothingMore = () => null;

function takenOver(): TypeError {
  return invalidStateForGood("the connection belongs to the Duplex that its toDuplex() returned");
}

/** The start of every method that rejects instead of throwing. */
function attempt<Value>(begin: () => Promise<Value>): Promise<Value> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}
