import type { ReadableStream, WritableStream } from "node:stream/web";
import type { Engine, StreamHandlers } from "../../engine/engine.ts";
import {
  boolean,
  checkObject,
  invalidState,
  invalidStateForGood,
  writeAfterEnd,
} from "../../errors/argument.ts";
import { lengthOf } from "../../system/view.ts";
import { checkWait, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { Waiters } from "../waiters.ts";
import { ConnectionBase, type ConnectionOwner } from "./connection-base.ts";
import { ConnectionDuplex, type DuplexOptions } from "./connection-duplex.ts";
import { type ConnectionError, connectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import { bytesToSend, type Data } from "./data.ts";
import { readableOf, writableOf } from "./web-streams.ts";

/** Who takes a connection over, as a Duplex does. @internal */
export interface Consumer extends StreamHandlers {
  sendingFailed(errno: number): void;
  /**
   * The descriptor is closed before both sides had ended: by the program, its listener, or a
   * failure.
   */
  closed(error: unknown): void;
}

/**
 * A connection whose program asks for what it wants: `connect()` and `Listener.accept()` give one.
 *
 * Nothing is received before the first `read()`, and one piece of at most 64 KiB ahead of the
 * program after that: a peer that sends faster than it is read is held up by the system. That a
 * peer has gone is found only by reading or writing.
 *
 * It ends with `close()` or `reset()`, at the end of an `await using` scope, when it fails, or by
 * itself once the peer has ended and `end()` has ended this side.
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
  readonly #readers = new Waiters<Uint8Array | null>("read()");
  readonly #writers = new Waiters<void>("write()");
  #closers: Waiters<void> | undefined;
  /** Whether the engine receives; at most one piece ahead of the program. */
  #receiving = false;
  /** The piece that was received ahead. */
  #unread: Uint8Array | undefined;
  /** How many bytes write() and send() were given in all. */
  #written = 0;
  #sendingFailure: ConnectionError | undefined;
  #consumer: Consumer | undefined;
  #end: Promise<void> | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Data> | undefined;

  /** @internal */
  constructor(engine: Engine, fd: number, owner: ConnectionOwner | null) {
    super(engine, fd, owner);
  }

  /**
   * Waits for bytes: whatever has come, 64 KiB at most.
   *
   * @param options `signal` and `timeout`: who gives up loses nothing, and may read again
   * @returns bytes of the program's own; null once the peer has ended
   * @throws RecvError or SendError where the connection has failed; named `SocketClosed` where it
   * was closed here
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  read(options?: WaitOptions): Promise<Uint8Array | null> {
    return attempt(() => {
      checkWait(options);
      return this.#read(options, same);
    });
  }

  /**
   * Sends bytes, in the order of the calls, and waits until the system has taken them, and all
   * before them: whoever awaits it writes no faster than the peer reads. The bytes may be changed
   * at once.
   *
   * @param options `signal` and `timeout` end the waiting alone: what was written is still sent, or
   * taken back by `reset()`; with a signal that is aborted already, nothing is written
   * @throws RecvError or SendError where the connection has failed; named `SocketClosed` where it
   * was closed here
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory
   * @throws Error after `end()`
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  write(data: Data, options?: WaitOptions): Promise<void> {
    return attempt(() => {
      checkWait(options);
      return this.#write(bytesToSend(data), options);
    });
  }

  /**
   * Sends what was written, and ends this side: the peer reads the end, and can still send. May be
   * repeated.
   *
   * @param data sent before the end
   * @param options `signal` and `timeout` end the waiting alone; with a signal that is aborted
   * already, nothing is done
   * @throws what `write()` throws
   */
  end(data?: Data, options?: WaitOptions): Promise<void> {
    return attempt(() => {
      checkWait(options);
      throwIfAborted(options?.signal);
      if (this.#end === undefined) {
        if (data !== undefined) this.#write(bytesToSend(data), undefined).catch(nothing);
        this.#end = new Promise((resolve, reject) => {
          this.finish((error) => (error === null ? resolve() : reject(error)));
        });
      } else if (data !== undefined) {
        throw writeAfterEnd("end() was called before: nothing can be sent after the end");
      }
      return options === undefined ? this.#end : orAbort("end()", this.#end, options);
    });
  }

  /**
   * Closes it, once what was written is sent; for as long as the peer takes to read that. TCP peers
   * are sent a reset instead where bytes have come that nobody read (RFC 1122, 4.2.2.13): who wants
   * the peer to get all calls `end()` and reads to the end first. May be repeated.
   *
   * @param options on `signal` and `timeout` the connection is reset, and they are thrown
   */
  async close(options?: WaitOptions): Promise<void> {
    checkWait(options);
    this.closeOnceSent();
    try {
      await this.untilClosed(options);
    } catch (error) {
      this.resetBecause(error);
      throw error;
    }
  }

  /** Resolves when it is closed, with the error that ended it, or null; it never rejects. */
  get closed(): Promise<ConnectionError | null> {
    return this.untilClosed().then(() => this.failure);
  }

  /** What `read()` gives, as a web stream. To cancel it means that nothing more will be read. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableOf(this);
    return this.#readable;
  }

  /** What `write()` takes, as a web stream: to close it is `end()`, to abort it `reset()`. */
  get writable(): WritableStream<Data> {
    this.#writable ??= writableOf(this);
    return this.#writable;
  }

  /**
   * The connection as a Duplex of node:stream, which HTTP takes:
   * `http.createServer().emit("connection", connection.toDuplex())`. For TLS use `detach()`. It has
   * the methods of a net.Socket that such libraries use, and behaves as one: it is ended once the
   * peer has ended, and `destroy()` sends what the system takes at once, and then the end. From
   * then on the connection is the Duplex's: `read()` and `write()` fail with a TypeError.
   *
   * @param options `allowHalfOpen`: whether this side stays open once the peer has ended
   * @throws Error if a `read()` is still waiting, or it was called before
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
    return new ConnectionDuplex(this, { allowHalfOpen: boolean("allowHalfOpen", allowHalfOpen) });
  }

  /** The pieces that `read()` gives, to the end. Leaving the loop leaves the connection open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new Pieces(this);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  override onData(bytes: Uint8Array): void {
    if (this.#consumer !== undefined) {
      this.#consumer.onData(bytes);
      return;
    }
    // The view may be a Buffer, whose own slice() does not copy.
    const piece = new Uint8Array(bytes);
    if (this.#readers.resolveFirst(piece)) return;
    this.#unread = piece;
    this.stopReceiving();
  }

  /** @internal */
  override onEnd(): void {
    this.endReceiving();
    this.#consumer?.onEnd();
    this.#readers.resolveAll(null);
    this.closeIfEnded();
  }

  /** @internal */
  onProgress(): void {
    this.#writers.resolveUpTo(this.#written - this.pendingBytes);
  }

  /** @internal */
  override onDrain(): void {
    this.#consumer?.onDrain();
    this.#writers.resolveAll();
  }

  /** What has been received can still be read; the failure itself comes after that. @internal */
  override sendingFailed(errno: number): void {
    this.#sendingFailure = connectionError(errno);
    this.#writers.rejectAll(this.#sendingFailure);
    // Nobody will read what has been received.
    if (this.receivingEnded) this.onError(errno, false);
    else this.#consumer?.sendingFailed(errno);
  }

  /** @internal */
  override onError(errno: number, ended: boolean): void {
    if (ended) this.onEnd();
    super.onError(errno, ended);
    this.#consumer?.onError(errno, ended);
  }

  /** @internal */
  protected override onClosing(): void {
    this.#readers.rejectAll(this.error ?? receivingClosed());
    if (this.error !== null) this.#writers.rejectAll(this.error);
  }

  /** @internal */
  protected override onClosed(): void {
    // What close() was still sending has been sent, unless something failed.
    if (this.error === null) this.#writers.resolveAll();
    else this.#writers.rejectAll(this.error);
    this.#closers?.resolveAll();
    if (!this.bothEnded) this.#consumer?.closed(this.error);
  }

  /** @internal */
  override closeNow(): void {
    super.closeNow();
    this.#writers.rejectAll(this.error ?? sendingClosed());
  }

  /** @internal */
  protected override resetBecause(error: unknown): void {
    super.resetBecause(error);
    this.#writers.rejectAll(this.error ?? sendingClosed());
  }

  /** `read()`, for an iterator. @internal */
  readNext(): Promise<IteratorResult<Uint8Array, void>> {
    return this.#read(undefined, asResult);
  }

  /** Sends what was written, and the end. @internal */
  finish(done: (error: unknown) => void): void {
    if (!this.isOpen) {
      done(this.sendingError);
      return;
    }
    this.stream.shutdown((errno) => {
      if (errno === 0) {
        this.endSending();
        done(null);
        this.closeIfEnded();
      } else {
        done(this.error ?? (this.isOpen ? connectionError(errno) : sendingClosed()));
      }
    });
  }

  /** Waits until the descriptor is closed. @internal */
  untilClosed(options?: WaitOptions): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.#closers ??= new Waiters("close()");
    return this.#closers.wait(options);
  }

  /** Nobody will read what is still to come. @internal */
  discardInput(): void {
    this.endReceiving();
    this.#unread = undefined;
    this.stopReceiving();
    this.closeIfEnded();
  }

  /** Gives it to a consumer, with what was received and not read yet. @internal */
  handOver(consumer: Consumer): { readonly unread: Uint8Array | undefined; readonly ended: boolean } {
    if (this.#consumer !== undefined) throw takenOver();
    if (!this.isOpen) throw this.receivingError;
    if (this.#readers.size > 0) throw invalidState("a read() of the connection is still waiting");
    this.#consumer = consumer;
    const unread = this.#unread;
    this.#unread = undefined;
    return { unread, ended: this.receivingEnded };
  }

  /** @internal */
  protected override takeUnread(): Uint8Array | undefined {
    if (this.#consumer !== undefined) throw takenOver();
    if (this.#readers.size > 0) throw invalidState("a read() of the connection is still waiting");
    if (this.#sendingFailure !== undefined) throw this.#sendingFailure;
    const unread = this.#unread;
    this.#unread = undefined;
    return unread;
  }

  /** `write()` for its consumer, without a promise. @internal */
  send(bytes: Uint8Array): void {
    this.stream.write(bytes);
    this.#written += lengthOf(bytes);
  }

  /** @internal */
  startReceiving(): void {
    if (this.#receiving || this.receivingEnded || !this.isOpen) return;
    this.#receiving = true;
    this.stream.resume();
  }

  /** @internal */
  stopReceiving(): void {
    if (!this.#receiving || !this.isOpen) return;
    this.#receiving = false;
    this.stream.pause();
  }

  #read<As>(options: WaitOptions | undefined, as: (piece: Uint8Array | null) => As): Promise<As> {
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    const aborted = options?.signal?.aborted === true;
    const piece = this.#unread;
    if (piece !== undefined && !aborted) {
      this.#unread = undefined;
      this.startReceiving();
      return Promise.resolve(as(piece));
    }
    if (this.receivingEnded && !aborted) return Promise.resolve(as(null));
    if (!this.isOpen) return Promise.reject(this.receivingError);
    if (!aborted) this.startReceiving();
    return this.#readers.wait(options, as);
  }

  #write(bytes: Uint8Array, options: WaitOptions | undefined): Promise<void> {
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    if (!this.isOpen) return Promise.reject(this.sendingError);
    if (this.#sendingFailure !== undefined) return Promise.reject(this.#sendingFailure);
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    try {
      this.send(bytes);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.pendingBytes === 0 ? Promise.resolve() : this.#writers.wait(options, nothing, this.#written);
  }
}

/**
 * Iterates over the pieces of a connection. An async generator would take 550 bytes more for each
 * connection that waits.
 */
class Pieces implements AsyncIterableIterator<Uint8Array, void, void> {
  readonly #connection: Connection;
  #left = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    return this.#left ? Promise.resolve(asResult(null)) : this.#connection.readNext();
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#left = true;
    return Promise.resolve(asResult(null));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const nothing = () => {};

const same = <Value>(value: Value): Value => value;

/** What an iterator gives for what `read()` gives. */
function asResult(piece: Uint8Array | null): IteratorResult<Uint8Array, void> {
  return piece === null ? { value: undefined, done: true } : { value: piece, done: false };
}

function takenOver(): TypeError {
  return invalidStateForGood("the connection belongs to the Duplex of its toDuplex()");
}

/** What a function that must not throw begins with. */
function attempt<Value>(begin: () => Promise<Value>): Promise<Value> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}
