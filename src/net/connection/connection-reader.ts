import type { ReadableStream } from "node:stream/web";
import { invalidState, invalidStateForGood } from "../../errors/argument.ts";
import { checkWait, throwIfAborted, type WaitOptions } from "../abort.ts";
import { INTO_OF_READ, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { ConnectionBase } from "./connection-base.ts";
import { type ConnectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import type { Consumed, Consumer } from "./consumer.ts";
import { DescriptorPassing, type PassingCall, type ReceivedDescriptors } from "./descriptor-passing.ts";
import { Lending } from "./lending.ts";
import { Pieces } from "./pieces.ts";
import { checkReadInto, type ReadIntoOptions } from "./read-into.ts";
import { own, Reading, type Take } from "./reading.ts";
import { readableOf } from "./web-streams.ts";

/** The reading half of a Connection: receives data, and delivers it to reads and consumers. */
export abstract class ConnectionReader extends ConnectionBase implements AsyncIterable<Uint8Array> {
  readonly #reading = new Reading();
  #consumer: Consumer | undefined;
  #passing: DescriptorPassing | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;

  /** The error of sending, while received data can still be read. @internal */
  protected abstract get sendingFailure(): ConnectionError | undefined;

  /**
   * Reads whatever has arrived into the program's own memory, as much as fits; waits if nothing
   * has. The rest is read next, by any kind of read.
   *
   * The bytes are copied there as they arrive, and nothing is allocated for them. Until the promise
   * settles, expect `into` to change.
   *
   * @param options `into` is the memory to fill; `signal` and `timeout` end the wait, and no data
   * is lost
   * @returns how many bytes were read, at least 1; null once the peer has ended
   * @throws TypeError if `into` is not a Uint8Array over plain memory: shared, resizable and
   * detached memory is refused, as is a view from a handler or `lend()`. If it is detached during
   * the wait, no data is lost
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
   * Returns what the next `read()` will return, or the beginning of it, without consuming it; waits
   * if nothing has arrived. Reads and peeks are served in the order of the calls.
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
      return this.#read(wait, this.#reading.shown(), false, "peek()");
    });
  }

  /**
   * Receives bytes with the descriptors that came with them; waits if nothing has arrived.
   *
   * Use it instead of `read()` from the start: when `read()` receives bytes, possibly ahead of the
   * program, the system closes the descriptors that came with them. Descriptors that were never
   * received are closed with the connection.
   *
   * @param options `signal` and `timeout` end the wait; nothing is lost
   * @returns bytes, at most 64 KiB, and the descriptors, which the program owns and closes; they
   * are close-on-exec. null once the peer has ended
   * @throws RecvmsgError if the connection has failed; named `ProcessFdQuotaExceeded` if the
   * process has too many open descriptors: then those received are lost, and the connection is
   * reset
   * @throws RecvError or SendError, as `read()` does
   * @throws Error after `read()`, `peek()` or `pipe()`, or while another is waiting
   * @throws TypeError if the connection is not over a unix socket, or the system cannot pass
   * descriptors
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
      if (this.#reading.isAhead)
        throw invalidState("read() has already received data: descriptors may have been lost");
      this.pipes.checkNoneOut();
      const received = await this.passingFor("receiveDescriptors()").receive(wait, (error) =>
        this.resetBecause(error),
      );
      // The engine will see the same end or failure, and handle it.
      return received ?? this.#read(wait, nothingMore, false, "receiveDescriptors()");
    });
  }

  /**
   * The chunks of `read()`, to the end, without a copy: each is a view of the engine's memory,
   * valid until the loop asks for the next chunk or ends. Writing it, or a `subarray()` of it, to
   * any connection sends it without a copy. Copy data that you keep longer.
   *
   * Once the loop has moved on, a view may show other data, and writing it fails. Leaving the loop
   * leaves the connection open. An iterator that is used without a loop is abandoned when neither
   * it nor its view is referenced any more. A program that holds many chunks at once (about 500 on
   * a thread) gets copies.
   *
   * @throws the errors of `read()` from the loop; `write()` throws a TypeError for a view that is
   * no longer valid
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
   * The data of `read()` as a web byte stream: a "byob" reader supplies its own buffers. Cancelling
   * it discards all further data and ends pending reads; it fails while a `pipe()`, a Duplex or
   * `receiveDescriptors()` reads.
   */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableOf(this);
    return this.#readable;
  }

  /** The chunks of `read()`, to the end. Leaving the loop leaves the connection open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new Pieces(this);
  }

  /** @internal */
  protected get reading(): Reading {
    return this.#reading;
  }

  /** The consumer that has taken it over. @internal */
  protected get consumer(): Consumer | undefined {
    return this.#consumer;
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
  protected override onClosing(): void {
    this.#reading.giveBack();
    this.#reading.rejectAll(this.error ?? receivingClosed(this.stream.system));
    this.#passing?.stop("receiveDescriptors()", this.error ?? receivingClosed(this.stream.system));
    this.#passing?.stop("sendDescriptors()", this.error ?? sendingClosed(this.stream.system));
  }

  /** The failure that waits until all received data is read. @internal */
  failAfterUnread(): void {
    const errno = this.sendingFailure?.errno;
    if (this.#reading.hasFailed && errno !== undefined) super.onError(-errno, this.receivingEnded);
  }

  /** Discards everything that is still to come. @internal */
  discardInput(): void {
    if (this.#consumer !== undefined) throw takenOver();
    this.pipes.checkNoneOut();
    this.#passing?.check("receiveDescriptors()");
    this.endReceiving();
    this.#reading.discard();
    this.#reading.resolveAll(null);
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
    if (this.sendingFailure !== undefined) throw this.sendingFailure;
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
    if (this.sendingFailure !== undefined) throw this.sendingFailure;
  }

  /** Throws while a call that passes descriptors has not finished. @internal */
  protected checkPassing(call: PassingCall): void {
    this.#passing?.check(call);
  }

  /** Passes descriptors, one call at a time in each direction. @internal */
  protected passingFor(call: PassingCall): DescriptorPassing {
    if (!this.isOpen) throw call === "sendDescriptors()" ? this.sendingError : this.receivingError;
    this.#passing ??= new DescriptorPassing(this.socket, this.stream.system, this.stream.fd);
    this.#passing.check(call);
    return this.#passing;
  }

  #read<As>(
    options: WaitOptions | undefined,
    take: Take<As>,
    keepsAhead: boolean,
    call?: string,
  ): Promise<As> {
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    try {
      this.pipes.checkNoneOut();
      this.#passing?.check("receiveDescriptors()");
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#reading.read(this, options, take, keepsAhead, call);
  }
}

const nothingMore = () => null;

export function takenOver(): TypeError {
  return invalidStateForGood("the connection belongs to the Duplex that its toDuplex() returned");
}

/** The start of every method that rejects instead of throwing. */
export function attempt<Value>(begin: () => Promise<Value>): Promise<Value> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}
