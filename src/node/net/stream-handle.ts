import type { AsyncResource } from "node:async_hooks";
import type { Address } from "../../address/address.ts";
import { afterTicks, nextTick } from "../../clock/next-tick.ts";
import type { StreamHandlers } from "../../engine/engine.ts";
import { lingerAtOnce } from "../../engine/linger-at-once.ts";
import { type DuplexAddress, nodeAddress } from "../../net/node-address.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import type { System } from "../../system/system.ts";
import { lengthOf } from "../../system/view.ts";
import { afterWrites } from "./after-writes.ts";
import { currentBatch, receivedInBatch } from "./batch.ts";
import { inOwnContext } from "./connecting.ts";
import { fillBuffer } from "./fill-buffer.ts";
import type { Callback, OnRead } from "./internals.ts";
import { copied, PacedChunks } from "./paced-chunks.ts";
import type { ConnectionOwner, HandleStream, StreamReader, StreamSource } from "./stream-reader.ts";
import { encoded } from "./write-chunks.ts";

/** How many unsent bytes a write may leave before its callback waits. */
const MARK = 65_536;

/** How many bytes a string may take to be encoded in the engine's memory. */
const SHORT = 4096;

/** A connection of the engine: what our Socket has instead of a libuv handle. */
export class StreamHandle implements StreamHandlers {
  /** Node's `_destroy()` removes it. */
  onread: unknown;
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;
  /** `pendingBytes` when the timer of `setTimeout()` last started. */
  #lastPendingBytes = 0;
  /** The async context of the connection's events, such as a libuv handle has. */
  readonly #context: AsyncResource;
  readonly #reader: StreamReader;
  readonly #stream: HandleStream;
  /** Undefined if the source keeps the descriptor. */
  readonly #descriptor: number | undefined;
  readonly #owner: ConnectionOwner | undefined;
  readonly #onRead: OnRead | null;
  /** Data that did not fit into the buffer of `onread` before its callback stopped reading. */
  #unread: Uint8Array | undefined;
  /** Chunks for a Socket with a listener for `readable`, until ticks have run. */
  #waiting: PacedChunks | undefined;
  /** The callback of a waiting write, in the async context of that write. */
  #written: (() => void) | undefined;
  #hasWaited = false;
  /** The batch in which it last received. */
  #lastBatch = -1;
  #open = true;
  /** Whether the peer has ended; "due" until the reader is notified. */
  #ended: "no" | "due" | "told" = "no";
  /** "made" until the callback of `shutdown()` has run. */
  #shutdown: "no" | "under way" | "made" | "done" = "no";
  /** The reader was notified that sending failed, and waits for the failure itself. */
  #sendingFailed = false;
  /** Nothing was unsent at shutdown. */
  #shutEmpty = false;
  /** Set by `ref()` and `unref()`. */
  #referenced = true;
  /** Whether the stream keeps the process running. */
  #held = true;

  /** @param fd a connected, non-blocking socket, which this object now owns */
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

  /** Whether `shutdown()` was called. */
  get isShutDown(): boolean {
    return this.#shutdown !== "no";
  }

  get pendingBytes(): number {
    return this.#stream.pendingBytes;
  }

  get isWriting(): boolean {
    return this.#open && this.#written !== undefined;
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
    const batch = receivedInBatch(this.#stream);
    const isFirst = batch !== this.#lastBatch;
    this.#lastBatch = batch;
    reader._unrefTimer();
    if (reader.destroyed) return;
    if (reader.parser === null && reader._isFreeInAgent()) {
      reader.destroy();
      return;
    }
    if (this.#onRead !== null) this.#unread = fillBuffer(this, reader, this.#onRead, bytes);
    else if (this.#hasWaiting() || (!isFirst && reader.listenerCount("readable") > 0)) {
      this.#waiting ??= new PacedChunks((chunk) => this.#inContext(() => this.#give(chunk)));
      this.#waiting.add(copied(bytes));
    } else this.#give(copied(bytes));
  }

  #give(chunk: Buffer) {
    const reader = this.#reader;
    if (!reader.destroyed && !reader._emitData(chunk) && !reader.push(chunk)) this.readStop();
  }

  #hasWaiting() {
    return this.#waiting !== undefined && !this.#waiting.isEmpty;
  }

  /** Work started by earlier bytes, such as answering a request, runs first. */
  onEnd(): void {
    const isBusy = this.#lastBatch === currentBatch() || this.#hasWaited;
    if (isBusy || this.#shutdown === "made") this.#endSoon();
    else this.#inContext(this.#tellEnd);
  }

  #endSoon() {
    if (this.#ended === "no") this.#ended = "due";
    afterWrites(this, () => this.#inContext(this.#tellEnd));
  }

  #tellEnd() {
    if (this.#ended === "told") return;
    if (this.#hasWaiting()) {
      this.#waiting?.whenEmpty(() => this.#inContext(this.#tellEnd));
      return;
    }
    const reader = this.#reader;
    this.#ended = "told";
    this.#hold();
    reader._unrefTimer();
    if (reader.destroyed) return;
    reader._endOfPeer();
  }

  onError(errno: number, ended: boolean): void {
    if (this.#shutdown === "made") {
      this.system.clock.setImmediate(() => this.#open && this.onError(errno, ended));
      return;
    }
    if (this.#hasWaiting()) {
      this.#waiting?.whenEmpty(() => this.onError(errno, ended));
      return;
    }
    // As in libuv, a shutdown() that fails after both sides have ended is not an error.
    const ofShutdown = this.#shutdown !== "no" && this.#shutEmpty && !this.#sendingFailed;
    if (ofShutdown && ended) this.#endSoon();
    if (ofShutdown && this.#ended !== "no") return;
    this.#inContext(() => {
      if (ended || this.#ended === "due") this.#tellEnd();
      if (!this.#reader.destroyed) this.#reader._failed(errno);
    });
  }

  sendingFailed(errno: number): void {
    // Receiving reports the error of shutdown().
    if (this.#shutdown !== "no" && this.#shutEmpty) return;
    this.#sendingFailed = true;
    this.#inContext(() => this.#reader._sendingFailed(errno));
  }

  onProgress(): void {
    this.#reader._unrefTimer();
  }

  onDrain(): void {
    this.#lastPendingBytes = 0;
    this.#shutEmpty = true;
    this.#hold();
    if (this.#written === undefined) return;
    this.#reader._unrefTimer();
    this.calledBack();
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
    this.#waiting?.start();
    this.#hold();
    const [unread, onRead] = [this.#unread, this.#onRead];
    if (unread !== undefined && onRead !== null) {
      this.#unread = undefined;
      nextTick(() => {
        if (!this.#reader.destroyed) this.#unread = fillBuffer(this, this.#reader, onRead, unread);
        if (this.reading && this.#open) this.#stream.resume();
      });
      return;
    }
    this.#stream.resume();
  }

  readStop(): void {
    if (!this.reading) return;
    this.reading = false;
    this.#waiting?.stop();
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
    else this.write(encoded(text, encoding, most));
  }

  /** Whether the system has taken any unsent bytes since the timer last started. */
  hasProgressed(): boolean {
    if (this.#lastPendingBytes === 0) return false;
    const { pendingBytes } = this;
    if (pendingBytes === this.#lastPendingBytes) return false;
    this.#lastPendingBytes = pendingBytes;
    return true;
  }

  /** Calls back once little is unsent: usually immediately. */
  whenWritten(done: Callback): void {
    const { pendingBytes } = this;
    if (pendingBytes > 0) this.#hold();
    if (pendingBytes <= MARK) {
      done();
      return;
    }
    this.#lastPendingBytes = pendingBytes;
    this.#hasWaited = true;
    this.#written = inOwnContext("WRITEWRAP", done);
    // A program may look for `drain` only after an `await`.
    this.#stream.letTicksRun();
  }

  /**
   * Ends sending, once what was written is sent.
   *
   * @param done called even if the connection fails; the failure is reported separately
   */
  shutdown(done: () => void): void {
    this.#shutEmpty = this.pendingBytes === 0;
    if (this.#shutEmpty) {
      this.#stream.shutdown();
      this.#shutdownMade(done);
      return;
    }
    this.#shutdown = "under way";
    this.#hold();
    this.#stream.shutdown(inOwnContext("SHUTDOWNWRAP", () => this.#shutdownMade(done)));
    // It may have been sent now.
    this.#shutEmpty = this.pendingBytes === 0;
  }

  /** Like a libuv handle, calls back before anything else is received. */
  #shutdownMade(done: () => void) {
    this.#shutdown = "made";
    this.#hold();
    afterTicks(() => {
      this.#shutdown = "done";
      done();
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

  /** Closes with a reset, which comes after what was written, as with a libuv handle. */
  reset(done: () => void): number {
    lingerAtOnce(this.system, this.fd);
    this.close(done);
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
        this.#context.emitDestroy();
      }),
    );
  }

  #inContext(call: () => void) {
    this.#context.runInAsyncScope(call, this);
  }
}
