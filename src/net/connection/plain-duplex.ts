import type { Duplex as NodeDuplex } from "node:stream";
import { builtin } from "../../builtin.ts";
import type { Timer } from "../../clock/clock.ts";
import { nextTick } from "../../clock/next-tick.ts";
import { isError } from "../../errors/is-error.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { trySetsockopt } from "../../posix/setsockopt.ts";
import { lengthOf } from "../../system/view.ts";
import { type DuplexAddress, nodeAddress } from "../node-address.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionDuplex, DuplexOptions } from "./connection-duplex.ts";
import { connectionError } from "./connection-error.ts";
import type { Consumer } from "./consumer.ts";

/** How many bytes a write may leave with the engine before its callback waits. */
const MARK = 65_536;

/** It cannot be constructed in a browser. */
const Duplex = builtin("node:stream")?.Duplex ?? withoutStreams();

function withoutStreams(): typeof NodeDuplex {
  class Unavailable {
    constructor() {
      throw new Error("toDuplex() needs Node's streams, which this runtime lacks");
    }
  }
  // Only its constructor can be called.
  return Unavailable as unknown as typeof NodeDuplex;
}

type Callback = (error?: Error | null) => void;

/**
 * The Duplex of a connection on Bun, whose net.Socket is built differently: elsewhere `toDuplex()`
 * returns a Socket of berkeley/net.
 */
export class PlainDuplex extends Duplex implements ConnectionDuplex {
  readonly #connection: Connection;
  #piped = false;
  /** Called once the system has accepted what was written. */
  #written: Callback | undefined;
  /** The error of sending, while received data is still unread. */
  #sendingFailure: Error | undefined;
  /**
   * The connection is closed; the Duplex is destroyed with this error once all received data is
   * read.
   */
  #failure: Error | undefined;
  #ended = false;
  #destroySoon = false;
  #idle: Timer | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** The milliseconds last passed to `setTimeout()`. */
  timeout: number | undefined;

  /** @internal */
  constructor(connection: Connection, { allowHalfOpen = false }: DuplexOptions = {}) {
    // Like net.Socket, it emits `close` itself, once the descriptor is closed, with whether there
    // was an error.
    super({ allowHalfOpen, emitClose: false });
    this.#connection = connection;
    const consumer: Consumer = {
      onData: (bytes) => this.#received(new Uint8Array(bytes)),
      onEnd: () => this.#end(),
      onError: (errno) => this.#fail(connectionError(connection.socket.system, errno)),
      sendingFailed: (errno) => this.#failToSend(connectionError(connection.socket.system, errno)),
      onDrain: () => this.#drained(),
      closed: (error) => this.#fail(isError(error) ? error : undefined),
    };
    const { unread, ended } = connection.handOver(consumer);
    if (unread !== undefined) this.#received(unread);
    if (ended) this.#end();
    // Like net.Socket, it receives up to its high-water mark before anyone reads, and so notices
    // the peer's end or reset.
    this.read(0);
  }

  /** Always false: it is connected from the start. */
  get connecting(): boolean {
    return false;
  }

  /** Always false, like `connecting`. */
  get pending(): boolean {
    return false;
  }

  /** The state, in `net.Socket`'s words. */
  get readyState(): "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get remoteAddress(): string | undefined {
    return nodeAddress(this.#connection.remoteAddress).address;
  }

  get remotePort(): number | undefined {
    return nodeAddress(this.#connection.remoteAddress).port;
  }

  get remoteFamily(): string | undefined {
    return nodeAddress(this.#connection.remoteAddress).family;
  }

  get localAddress(): string | undefined {
    return nodeAddress(this.#connection.localAddress).address;
  }

  get localPort(): number | undefined {
    return nodeAddress(this.#connection.localAddress).port;
  }

  get localFamily(): string | undefined {
    return nodeAddress(this.#connection.localAddress).family;
  }

  /** The local address, as `net.Socket` returns it. */
  address(): DuplexAddress {
    return nodeAddress(this.#connection.localAddress);
  }

  /** Its socket, for options. */
  get socket(): BorrowedSocket {
    return this.#connection.socket;
  }

  /**
   * Emits `timeout` once nothing has been received or written for so many milliseconds; 0 turns it
   * off.
   */
  setTimeout(timeout: number, listener?: () => void): this {
    if (this.destroyed) return this;
    this.#connection.socket.system.clock.clearTimeout(this.#idle);
    this.timeout = timeout;
    this.#idle = undefined;
    if (timeout > 0) {
      this.#idle = this.#connection.socket.system.clock
        .setTimeout(() => this.emit("timeout"), timeout)
        .unref();
      if (listener !== undefined) this.once("timeout", listener);
    } else if (listener !== undefined) {
      this.removeListener("timeout", listener);
    }
    return this;
  }

  /** Sets TCP.NODELAY; as with `net.Socket`, a failure is ignored. */
  setNoDelay(on = true): this {
    trySetsockopt(this.socket, TCP.NODELAY, on);
    return this;
  }

  /** Sets SO.KEEPALIVE and TCP.KEEPIDLE; milliseconds are rounded down to seconds. */
  setKeepAlive(on = false, initialDelay = 0): this {
    trySetsockopt(this.socket, SO.KEEPALIVE, on);
    const seconds = Math.floor(initialDelay / 1000);
    if (on && seconds > 0) trySetsockopt(this.socket, TCP.KEEPIDLE, seconds);
    return this;
  }

  /** Keeps the process running while it is open, as it does by default. */
  ref(): this {
    this.#connection.ref();
    return this;
  }

  /** Lets the process exit while it is open. */
  unref(): this {
    this.#connection.unref();
    return this;
  }

  /** Ends it, and destroys it once everything written is sent. */
  destroySoon(): void {
    this.#destroySoon = true;
    const failure = this.#failure ?? this.#sendingFailure;
    if (failure !== undefined) this.destroy(failure);
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Sends a reset, and destroys it. */
  resetAndDestroy(): this {
    if (this.destroyed) return this.destroy(socketClosed());
    this.#connection.reset();
    return this.destroy();
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    const failure = this.#failure;
    // The reader gets the remaining bytes first.
    if (failure !== undefined && !this.#ended && this.readableLength === 0)
      nextTick(() => this.destroy(failure));
    return chunk;
  }

  /**
   * Writes, like `net.Socket`: fails with EPIPE after the peer has ended, which ends this side
   * unless half-open is allowed.
   */
  override write(chunk: unknown, callback?: Callback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding, callback?: Callback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    const called = typeof encoding === "function" ? encoding : callback;
    if (this.readableEnded && this.writableEnded && !this.allowHalfOpen) {
      const error = Object.assign(new Error("This socket has been ended by the other party"), {
        code: "EPIPE",
      });
      if (called !== undefined) nextTick(called, error);
      this.destroy(error);
      return false;
    }
    return typeof encoding === "string" ? super.write(chunk, encoding, called) : super.write(chunk, called);
  }

  /** Like that of `stream.Readable`. */
  override pipe<Destination extends NodeJS.WritableStream>(
    destination: Destination,
    options?: { end?: boolean | undefined },
  ): Destination {
    this.#piped = true;
    return super.pipe(destination, options);
  }

  /** @internal */
  override _read(): void {
    this.#connection.startReceiving();
  }

  /** @internal */
  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Callback): void {
    this.#idle?.refresh();
    if (!this.#connection.isOpen) {
      // Pretends that written data was sent (see #failToSend).
      if (this.#failure !== undefined) done();
      else done(this.#reason());
      return;
    }
    this.#bytesWritten += lengthOf(bytes);
    this.#connection.send(bytes);
    if (this.#connection.pendingBytes <= MARK) done();
    else this.#written = done;
  }

  /** @internal */
  override _writev(chunks: { readonly chunk: Buffer }[], done: Callback): void {
    this._write(joined(chunks.map(({ chunk }) => chunk)), "utf8", done);
  }

  /** @internal */
  override _final(done: Callback): void {
    this.#connection.finish((error) => {
      // It is destroyed with the error once all received data is read.
      if (this.#sendingFailure === undefined && this.#failure === undefined)
        done(isError(error) ? error : null);
    });
  }

  /** @internal */
  override _destroy(error: Error | null, done: Callback): void {
    this.#connection.socket.system.clock.clearTimeout(this.#idle);
    const written = this.#written;
    this.#written = undefined;
    const closed = () => {
      written?.(null);
      this.emit("close", error !== null);
    };
    this.#connection.closeNow();
    // An error thrown by a listener is an uncaught exception, not a rejection.
    this.#connection.untilClosed().then(() => nextTick(closed));
    done(error);
  }

  /**
   * Whether Node's TLS reads from it: JSStreamSocket names its listener `ondata`
   * (lib/internal/js_stream_socket.js), as pipe() does.
   */
  get #carriesTls(): boolean {
    return !this.#piped && this.listeners("data").some(({ name }) => name === "ondata");
  }

  #end() {
    this.#ended = true;
    // TLS still writes after the peer's end, and ends it itself, as it does with a net.Socket's
    // handle.
    if (this.#carriesTls) this.allowHalfOpen = true;
    this.push(null);
    // With nothing left to read, `end` is emitted even without a reader, as by net.Socket.
    this.read(0);
  }

  /**
   * From now on writes appear to succeed, like data that the kernel has accepted: a program that
   * waits for `drain` before it reads gets the received data, and then the error. One that does not
   * read gets the error immediately.
   */
  #failToSend(error: Error) {
    this.#sendingFailure = error;
    if (this.readableFlowing === null || this.#destroySoon) this.destroy(error);
    else this.#drained();
  }

  #fail(error: Error | undefined) {
    const isRead = this.readableEnded || (!this.#ended && this.readableLength === 0);
    if (error === undefined || this.readableFlowing === null || this.#destroySoon || isRead) {
      this.destroy(error);
      return;
    }
    this.#failure = error;
    if (this.#ended) this.once("end", () => this.destroy(error));
  }

  #received(bytes: Uint8Array) {
    this.#idle?.refresh();
    this.#bytesRead += bytes.byteLength;
    if (!this.push(bytes)) this.#connection.stopReceiving();
  }

  #drained() {
    this.#idle?.refresh();
    const done = this.#written;
    this.#written = undefined;
    done?.();
  }

  #reason(): Error {
    return isError(this.#connection.error) ? this.#connection.error : socketClosed();
  }
}

/** Node's error for a closed socket. */
function socketClosed(): Error {
  return Object.assign(new Error("Socket is closed"), { code: "ERR_SOCKET_CLOSED" });
}

/** Like Buffer.concat(), which trusts the lengths that Buffers report. */
function joined(chunks: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafe(chunks.reduce((sum, chunk) => sum + lengthOf(chunk), 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += lengthOf(chunk);
  }
  return whole;
}
