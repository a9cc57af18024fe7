import type { AsyncResource } from "node:async_hooks";
import type { Address } from "../../address/address.ts";
import { nextTick } from "../../clock/next-tick.ts";
import type { Stream, StreamHandlers } from "../../engine/engine.ts";
import { type DuplexAddress, nodeAddress } from "../../net/connection/node-address.ts";
import { IP } from "../../options/ip.ts";
import { IPV6 } from "../../options/ipv6.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { tryGetsockopt } from "../../posix/getsockopt.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { trySetsockopt } from "../../posix/setsockopt.ts";
import type { System } from "../../system/system.ts";
import { lengthOf } from "../../system/view.ts";
import type { Callback, OnRead } from "./internals.ts";

/** How many unsent bytes a write may leave before its callback waits. */
const MARK = 65_536;

/** How many bytes a string may take to be encoded in the engine's memory. */
const SHORT = 4096;

/** The engine copies what it is given, so longer strings are encoded here if they fit. */
export const writeBuffer = Buffer.allocUnsafeSlow(65_536);

/**
 * Counts the engine's batches in which data was received. Ticks and promises run between two
 * batches, as they do between two libuv events.
 */
let batch = 0;
let batchEnds = false;

function endBatch(): void {
  batchEnds = false;
  batch += 1;
}

/** The Socket, which receives the data. */
export interface StreamReader {
  readonly destroyed: boolean;
  /** HTTP's parser; null once it is detached. */
  readonly parser?: unknown;
  destroy(): unknown;
  push(chunk: Uint8Array | null): boolean;
  /** Hands over a chunk like `push()`, if nothing but the listener would see a difference. */
  _emitData(chunk: Buffer): boolean;
  /**
   * Whether it is idle in an HTTP agent: unsolicited bytes would be taken for the answer to the
   * next request. Node's agent closes such a Socket, too, since Node 26.
   */
  _isFreeInAgent(): boolean;
  /** Everything has been pushed. */
  _endOfPeer(): void;
  _unrefTimer(): void;
  /** Receiving or sending failed, and everything that came before has been pushed. */
  _failed(errno: number): void;
  /** Its own descriptor is closed. */
  _descriptorClosed(): void;
  /** Sending failed; received data is still to be read. */
  _sendingFailed(errno: number): void;
}

/** The server that accepted it, which is notified when the descriptor is closed. */
export interface ConnectionOwner {
  connectionEnded(): void;
}

/** The calls that it makes of a Stream. */
export interface HandleStream
  extends Pick<
    Stream,
    | "fd"
    | "letTicksRun"
    | "pause"
    | "pendingBytes"
    | "ref"
    | "resume"
    | "system"
    | "unref"
    | "write"
    | "writeText"
  > {
  shutdown(done?: () => void): void;
  closeNow(done: () => void): void;
  reset(done: () => void): void;
}

/** Gives the stream of a descriptor: an engine, or a Connection. */
export interface StreamSource {
  stream(fd: number, handlers: StreamHandlers): HandleStream;
  /** Whether it remains the owner of the descriptor, and closes it. */
  readonly keepsDescriptor?: boolean;
}

/** A copy, since the engine owns the memory. `Buffer.from()` costs twice as much. */
function copied(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(lengthOf(bytes));
  copy.set(bytes);
  return copy;
}

/** A connection of the engine: what our Socket has instead of a libuv handle. */
export class StreamHandle implements StreamHandlers {
  /** Node's `_destroy()` removes it. */
  onread: unknown;
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;
  /** `pendingBytes` when the timer of `setTimeout()` last started. */
  lastPendingBytes = 0;
  /** The async context of the connection's events, such as a libuv handle has. */
  readonly #context: AsyncResource;
  readonly #reader: StreamReader;
  readonly #stream: HandleStream;
  /** Undefined if the source keeps it. */
  readonly #descriptor: number | undefined;
  readonly #owner: ConnectionOwner | undefined;
  readonly #onRead: OnRead | null;
  /** Data that did not fit into the buffer of `onread` before its callback stopped reading. */
  #unread: Uint8Array | undefined;
  #written: Callback | undefined;
  /** The batch in which it last received. */
  #lastBatch = -1;
  #open = true;
  /** Whether the peer has ended; "due" until the reader is notified. */
  #ended: "no" | "due" | "told" = "no";
  #shutdown: "no" | "under way" | "done" = "no";
  /** The reader knows that sending failed, and waits for the failure itself. */
  #sendingFailed = false;
  /** Nothing was unsent at shutdown. */
  #shutEmpty = false;
  /** Set by `ref()` and `unref()`. */
  #referenced = true;
  /** Whether the stream keeps the process running. */
  #held = true;

  /** @param fd a connected, non-blocking socket, which is this object's from now on */
  constructor(
    source: StreamSource,
    fd: number,
    reader: StreamReader,
    onRead: OnRead | null,
    context: AsyncResource,
    owner?: ConnectionOwner,
  ) {
    this.#context = context;
    this.#reader = reader;
    this.#onRead = onRead;
    this.#owner = owner;
    this.#stream = source.stream(fd, this);
    if (source.keepsDescriptor !== true) {
      this.#descriptor = fd;
      engineOpened(this.#stream.system, fd);
    }
    this.#hold();
  }

  get system(): System {
    return this.#stream.system;
  }

  /** -1 once it is closed. */
  get fd(): number {
    return this.#open ? this.#stream.fd : -1;
  }

  /** The socket, for options. */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(this.system, this);
  }

  /** Whether received data goes into the buffer of `onread`. */
  get isReadIntoBuffer(): boolean {
    return this.#onRead !== null;
  }

  get pendingBytes(): number {
    return this.#stream.pendingBytes;
  }

  get localAddress(): DuplexAddress {
    return nodeAddress(this.#named(tryGetsockname));
  }

  get remoteAddress(): DuplexAddress {
    return nodeAddress(this.#named(tryGetpeername));
  }

  get isUnix(): boolean {
    return this.#named(tryGetsockname).family === "unix";
  }

  onData(bytes: Uint8Array): void {
    this.#context.runInAsyncScope(this.#receive, this, bytes);
  }

  onDataToCopy(bytes: Uint8Array): void {
    this.#context.runInAsyncScope(this.#receive, this, bytes);
  }

  #receive(bytes: Uint8Array) {
    const reader = this.#reader;
    this.bytesRead += lengthOf(bytes);
    this.#lastBatch = batch;
    if (!batchEnds) {
      batchEnds = true;
      this.#stream.letTicksRun();
      nextTick(endBatch);
    }
    reader._unrefTimer();
    if (reader.destroyed) return;
    if (reader.parser === null && reader._isFreeInAgent()) {
      reader.destroy();
      return;
    }
    if (this.#onRead !== null) this.#giveToBuffer(bytes, this.#onRead);
    else {
      const chunk = copied(bytes);
      if (!reader._emitData(chunk) && !reader.push(chunk)) this.readStop();
    }
  }

  /** Work started by earlier bytes, such as answering a request, runs first. */
  onEnd(): void {
    this.#ended = "due";
    if (this.#lastBatch === batch) this.system.clock.setImmediate(() => this.#inContext(this.#tellEnd));
    else this.#inContext(this.#tellEnd);
  }

  #tellEnd() {
    if (this.#ended === "told") return;
    const reader = this.#reader;
    this.#ended = "told";
    this.#hold();
    reader._unrefTimer();
    if (reader.destroyed) return;
    reader._endOfPeer();
  }

  onError(errno: number, ended: boolean): void {
    // As in libuv, a shutdown() that fails after both sides have ended is not an error.
    const ofShutdown = this.#shutdown !== "no" && this.#shutEmpty && !this.#sendingFailed;
    if (ofShutdown && this.#ended !== "no") return;
    this.#inContext(() => {
      if (ended || this.#ended === "due") this.#tellEnd();
      if (!this.#reader.destroyed) this.#reader._failed(errno);
    });
  }

  sendingFailed(errno: number): void {
    // Receiving reports what shutdown() failed with.
    if (this.#shutdown !== "no" && this.#shutEmpty) return;
    this.#sendingFailed = true;
    this.#inContext(() => this.#reader._sendingFailed(errno));
  }

  onProgress(): void {
    this.#reader._unrefTimer();
  }

  onDrain(): void {
    this.lastPendingBytes = 0;
    this.#shutEmpty = true;
    this.#hold();
    if (this.#written === undefined) return;
    this.#reader._unrefTimer();
    this.#inContext(this.calledBack);
  }

  /** Calls the callback of a waiting write, if any. */
  calledBack(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  readStart(): void {
    if (this.reading || !this.#open) return;
    this.reading = true;
    this.#hold();
    if (this.#unread !== undefined && this.#onRead !== null) {
      const unread = this.#unread;
      this.#unread = undefined;
      nextTick(() => {
        if (!this.#reader.destroyed && this.#onRead !== null) this.#giveToBuffer(unread, this.#onRead);
        if (this.reading && this.#open) this.#stream.resume();
      });
      return;
    }
    this.#stream.resume();
  }

  readStop(): void {
    if (!this.reading) return;
    this.reading = false;
    if (!this.#open) return;
    this.#stream.pause();
    this.#hold();
  }

  /** The caller may change the bytes once it returns. */
  write(bytes: Uint8Array): void {
    this.bytesWritten += lengthOf(bytes);
    this.#stream.write(bytes);
  }

  /** Writes a string. */
  writeText(text: string, encoding: BufferEncoding): void {
    // A UTF-16 code unit takes at most three bytes, or one in these.
    const most = text.length * (encoding === "latin1" || encoding === "ascii" ? 1 : 3);
    if (most <= SHORT) this.bytesWritten += this.#stream.writeText(text, encoding, most);
    else if (most > writeBuffer.length) this.write(Buffer.from(text, encoding));
    else this.write(writeBuffer.subarray(0, writeBuffer.write(text, encoding)));
  }

  /** Calls back once little is unsent: usually immediately. */
  whenWritten(done: Callback): void {
    const { pendingBytes } = this;
    if (pendingBytes > 0) this.#hold();
    if (pendingBytes <= MARK) {
      done();
      return;
    }
    this.lastPendingBytes = pendingBytes;
    this.#written = done;
  }

  /**
   * Ends sending, once what was written is sent.
   *
   * @param done called however that ends: a failure of the connection is told as one
   */
  shutdown(done: () => void): void {
    this.#shutEmpty = this.pendingBytes === 0;
    if (this.#shutEmpty) {
      // Like a libuv handle, before anything else is received.
      this.#shutdown = "done";
      this.#stream.shutdown();
      nextTick(done);
      return;
    }
    this.#shutdown = "under way";
    this.#hold();
    this.#stream.shutdown(() => {
      this.#shutdown = "done";
      this.#hold();
      this.#inContext(done);
    });
  }

  /**
   * Closes it as close(2) does, without waiting: Node's `_destroy()` calls it.
   *
   * @param done the descriptor is closed
   */
  close(done: () => void): void {
    this.#stream.ref();
    this.#open = false;
    this.#stream.closeNow(() => this.#end(done));
  }

  /** Closes with a reset. */
  reset(done: () => void): number {
    this.#stream.ref();
    this.#open = false;
    this.#stream.reset(() => this.#end(done));
    return 0;
  }

  ref(): void {
    this.#referenced = true;
    this.#hold();
  }

  unref(): void {
    this.#referenced = false;
    this.#hold();
  }

  // Like libuv handles, these ignore a refusal by the system.

  setNoDelay(on: boolean): void {
    trySetsockopt(this.socket, TCP.NODELAY, on);
  }

  /** @param initialDelay in seconds, as `interval`; 0 leaves the system's */
  setKeepAlive(on: boolean, initialDelay: number, interval?: number, count?: number): void {
    const { socket } = this;
    trySetsockopt(socket, SO.KEEPALIVE, on);
    if (!on || initialDelay <= 0) return;
    trySetsockopt(socket, TCP.KEEPIDLE, Math.min(initialDelay, 32_767));
    // libuv's own (uv__tcp_keepalive in src/unix/tcp.c): a probe a second, ten times.
    trySetsockopt(socket, TCP.KEEPINTVL, Math.min(interval || 1, 32_767));
    trySetsockopt(socket, TCP.KEEPCNT, Math.min(count || 10, 127));
  }

  setTypeOfService(typeOfService: number) {
    const option = this.#named(tryGetsockname).family === "ipv6" ? IPV6.TCLASS : IP.TOS;
    return trySetsockopt(this.socket, option, typeOfService);
  }

  getTypeOfService() {
    const option = this.#named(tryGetsockname).family === "ipv6" ? IPV6.TCLASS : IP.TOS;
    return tryGetsockopt(this.socket, option);
  }

  /** Like a libuv handle, it keeps the process running only while it receives or sends. */
  #hold() {
    if (!this.#open) return;
    const active =
      (this.reading && this.#ended !== "told") || this.#shutdown === "under way" || this.pendingBytes > 0;
    const holds = this.#referenced && active;
    if (holds === this.#held) return;
    this.#held = holds;
    if (holds) this.#stream.ref();
    else this.#stream.unref();
  }

  #giveToBuffer(bytes: Uint8Array, onRead: OnRead) {
    let rest = bytes;
    while (lengthOf(rest) > 0) {
      const { buffer } = onRead;
      const count = Math.min(lengthOf(buffer), lengthOf(rest));
      buffer.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      const goesOn = onRead.callback.call(this.#reader, count, buffer) !== false;
      const next = onRead.nextBuffer?.();
      if (next instanceof Uint8Array) onRead.buffer = next;
      if (this.#reader.destroyed) return;
      if (!goesOn) this.readStop();
      if (!this.reading) {
        if (lengthOf(rest) > 0) this.#unread = Buffer.from(rest);
        return;
      }
    }
  }

  #named(ask: typeof tryGetsockname | typeof tryGetpeername): Address {
    const named = this.fd >= 0 ? ask(this.socket) : undefined;
    return named?.ok ? named.value : { family: "unspecified" };
  }

  #end(done: () => void) {
    if (this.#descriptor !== undefined) {
      engineClosed(this.system, this.#descriptor);
      this.#reader._descriptorClosed();
    }
    this.#owner?.connectionEnded();
    // Like libuv, in a later turn: an `await` of `error`, and immediates set by then, run first.
    this.system.clock.setImmediate(() =>
      this.#inContext(() => {
        this.calledBack();
        done();
      }),
    );
  }

  #inContext(call: () => void) {
    this.#context.runInAsyncScope(call, this);
  }
}
