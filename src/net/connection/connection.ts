import type { ReadableStream, WritableStream } from "node:stream/web";
import { boolean, checkObject, writeAfterEnd } from "../../errors/argument.ts";
import { checkWait, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { ConnectionDuplex, type DuplexOptions } from "./connection-duplex.ts";
import type { ConnectionError } from "./connection-error.ts";
import { bytesToSend, type Data } from "./data.ts";
import { ConnectionBase } from "./open-stream.ts";
import { Pieces } from "./pieces.ts";
import type { PulledStream } from "./pulled-stream.ts";
import { readableOf, writableOf } from "./web-streams.ts";

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
  readonly #pulled: PulledStream;
  #end: Promise<void> | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Data> | undefined;

  /** @internal */
  constructor(pulled: PulledStream) {
    super(pulled);
    this.#pulled = pulled;
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
      return this.#pulled.read(options);
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
      return this.#pulled.write(bytesToSend(data), options);
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
        if (data !== undefined) this.#pulled.write(bytesToSend(data), undefined).catch(() => {});
        this.#end = new Promise((resolve, reject) => {
          this.#pulled.finish((error) => (error === null ? resolve() : reject(error)));
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
    this.#pulled.close();
    try {
      await this.#pulled.untilClosed(options);
    } catch (error) {
      this.#pulled.reset(error);
      throw error;
    }
  }

  /** Resolves when it is closed, with the error that ended it, or null; it never rejects. */
  get closed(): Promise<ConnectionError | null> {
    return this.#pulled.untilClosed().then(() => this.#pulled.failure);
  }

  /** What `read()` gives, as a web stream. To cancel it means that nothing more will be read. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableOf(this, this.#pulled);
    return this.#readable;
  }

  /** What `write()` takes, as a web stream: to close it is `end()`, to abort it `reset()`. */
  get writable(): WritableStream<Data> {
    this.#writable ??= writableOf(this);
    return this.#writable;
  }

  /**
   * The connection as a Duplex of node:stream, which TLS and HTTP take:
   * `tls.connect({ socket: connection.toDuplex() })`,
   * `http.createServer().emit("connection", connection.toDuplex())`. It has the methods of a
   * net.Socket that such libraries use, and behaves as one: it is ended once the peer has ended,
   * and `destroy()` sends what the system takes at once, and then the end. From then on the
   * connection is the Duplex's: `read()` and `write()` fail with a TypeError.
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
    return new ConnectionDuplex(this.#pulled, { allowHalfOpen: boolean("allowHalfOpen", allowHalfOpen) });
  }

  /** The pieces that `read()` gives, to the end. Leaving the loop leaves the connection open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new Pieces(this.#pulled);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What a function that must not throw begins with. */
function attempt<Value>(begin: () => Promise<Value>): Promise<Value> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}
