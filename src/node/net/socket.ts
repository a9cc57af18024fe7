import type { AsyncResource } from "node:async_hooks";
import net from "node:net";
import { Duplex } from "node:stream";
import { nextTick } from "../../clock/next-tick.ts";
import { engineOf } from "../../engine/engines.ts";
import { connectionError } from "../../net/connection/connection-error.ts";
import type { DuplexAddress } from "../../net/node-address.ts";
import { connectErrors } from "../../posix/connect.ts";
import type { Socket as OpenSocket } from "../../posix/owned-socket.ts";
import { currentSystem, machineSystem } from "../../system/current.ts";
import type { System } from "../../system/system.ts";
import { announceClient, announceClose, announceConnect } from "./announce.ts";
import { type ConnectOptions, checkString, connectArguments, missingArguments } from "./arguments.ts";
import { asksForHandle } from "./asks-for-handle.ts";
import { carriesTls, leaveToTls } from "./carries-tls.ts";
import { attempts, connectToPort } from "./connect-to.ts";
import type { Connecting } from "./connecting.ts";
import { asCallOfNode, asError, cannotBeSent, codedType, failedWith, socketClosed } from "./errors.ts";
import { handleOfNode, isSettingUp, setUp } from "./handle-of-node.ts";
import { isFreeInAgent, isParsedAlone } from "./http-parser.ts";
import { IdleTimer } from "./idle-timer.ts";
import {
  type Callback,
  type KeepAlive,
  methodOfNode,
  NodeSocket,
  onReadOf,
  pendingSettings,
} from "./internals.ts";
import {
  applySettings,
  getTypeOfService,
  setKeepAliveOfNode,
  setNoDelay,
  setTypeOfService,
} from "./socket-options.ts";
import { StreamForTls } from "./stream-for-tls.ts";
import { StreamHandle } from "./stream-handle.ts";
import type { ConnectionOwner, StreamSource } from "./stream-reader.ts";
import { waitToWrite } from "./wait-to-write.ts";
import { type Chunk, writeChunks } from "./write-chunks.ts";

/**
 * A net.Socket over our engine. It is Node's Socket without a libuv handle, so code that looks for
 * a handle (`tls`, `http2`) treats it as any Duplex. It has no private members, because a Socket of
 * Node's that is about to connect becomes one of these.
 */
export class EngineSocket extends NodeSocket {
  _connection: StreamHandle | null = null;
  _attempts: Connecting | null = null;
  /** The error to destroy it with once received data has been read. */
  _failure: unknown = undefined;
  _sendingFailure: unknown = undefined;
  _peerEnded = false;
  /** destroySoon() was called: the program reads no more. */
  _destroysSoon = false;
  /** The timer of `setTimeout()` on a simulated host; Node's own is real. */
  _idle: IdleTimer | null = null;
  /** It was compared with net.Socket, as TLS and `child.send()` do before asking for the handle. */
  _mayBeTaken = false;
  /** What TLS reads and writes in place of this Socket. */
  _forTls: StreamForTls | null = null;
  /** The endpoint it connects to. */
  _connectOptions: ConnectOptions | undefined = undefined;

  /**
   * null, as of a Socket without a handle: what is in C++ takes it for a Duplex. Two exceptions:
   *
   * - Asked for as soon as connect() was called, as by TLS and HTTP/2, it goes back to Node, and
   *   connects on a handle.
   * - Node's TLS gets one that reads and writes below the Socket. If it has taken the Socket for a
   *   Duplex, there is something, since TLS would wait for a `connect` event without.
   */
  override get _handle(): unknown {
    if (this._attempts?.isNew === true && !isSettingUp() && isOnMachine(this)) goBack(this);
    // Node's constructor asks before there is one.
    if (!this._connection) return handleOfNode.get.call(this);
    if (this._mayBeTaken) {
      this._mayBeTaken = false;
      const asks = asksForHandle();
      if (asks === "child process") throw cannotBeSent();
      // TLS would wait forever for a write that is not of its own to end.
      if (asks === "tls" && this.writableLength === 0) this._forTls = new StreamForTls(this);
    }
    if (this._forTls !== null) return this._forTls.handle;
    if (!carriesTls(this)) return handleOfNode.get.call(this);
    leaveToTls(this);
    return this._connection;
  }

  override set _handle(handle: unknown) {
    handleOfNode.set.call(this, handle);
  }

  get pending(): boolean {
    return (this._connection === null && this._attempts === null) || this.connecting;
  }

  get bufferSize(): number | undefined {
    return this._connection === null && this._attempts === null ? undefined : this.writableLength;
  }

  override get bytesRead(): number {
    return this._connection?.bytesRead ?? super.bytesRead;
  }

  override get _bytesDispatched(): number {
    return this._connection?.bytesWritten ?? super._bytesDispatched;
  }

  connect(...args: unknown[]): this {
    const [options, listener] = connectArguments(args);
    announceClient(this, "method");
    if (listener !== null) this.once("connect", listener);
    if (this._parent?.connecting === true) return this;
    // A port of null is reported later.
    if (options.port === undefined && options.path == null) throw missingArguments();
    // Replaced when the peer's end arrived.
    if (Object.hasOwn(this, "write")) this.write = Duplex.prototype.write;
    if (this.destroyed) this._peername = null;
    else if (this._connection !== null) {
      nextTick(() => this._fail(connectErrors.fail(currentSystem(), "AlreadyConnected").error));
      return this;
    }
    this._connection = null;
    this._attempts?.cancel();
    this._attempts = null;
    this._failure = undefined;
    this._sendingFailure = undefined;
    this._peerEnded = false;
    this._destroysSoon = false;
    this._mayBeTaken = false;
    this._connectOptions = options;
    if (this.timeout && this._idle === null && !isOnMachine(this)) {
      // Set on a Socket that was still Node's.
      const { timeout } = this;
      super.setTimeout(0);
      this.setTimeout(timeout);
    }
    this._undestroy();
    this._unrefTimer();
    this.connecting = true;
    if (options.path) attempts(this, undefined, 0)?.toPath(checkString("options.path", options.path));
    else connectToPort(this, options);
    return this;
  }

  override setNoDelay(on = true): this {
    if (this._connection === null) return setUp(() => super.setNoDelay(on));
    setNoDelay(this._connection.socket, Boolean(on));
    return this;
  }

  override setKeepAlive(
    on?: boolean | KeepAlive,
    initialDelay?: number,
    interval?: number,
    count?: number,
  ): this {
    if (this._connection === null) return setUp(() => super.setKeepAlive(on, initialDelay, interval, count));
    setKeepAliveOfNode(this._connection.socket, on, initialDelay, interval, count);
    return this;
  }

  override setTypeOfService(typeOfService: number): this {
    if (typeof typeOfService !== "number" || Number.isNaN(typeOfService))
      throw codedType("ERR_INVALID_ARG_TYPE", 'The "tos" argument must be of type number.');
    if (this._connection === null) return setUp(() => super.setTypeOfService?.(typeOfService) ?? this);
    setTypeOfService(this._connection.socket, typeOfService);
    return this;
  }

  override getTypeOfService(): number {
    if (this._connection === null) return setUp(() => super.getTypeOfService?.() ?? 0);
    return getTypeOfService(this._connection.socket);
  }

  ref(): this {
    const holder = this._connection ?? this._attempts;
    if (holder === null) this.once("connect", this.ref);
    else holder.ref();
    return this;
  }

  unref(): this {
    const holder = this._connection ?? this._attempts;
    if (holder === null) this.once("connect", this.unref);
    else holder.unref();
    return this;
  }

  address(): DuplexAddress {
    return this._getsockname();
  }

  _getsockname(): DuplexAddress {
    if (this._connection === null) return {};
    this._sockname ??= this._connection.localAddress;
    return this._sockname;
  }

  _getpeername(): DuplexAddress {
    if (this._connection === null || this.connecting) return this._peername ?? {};
    if (this._peername === null || this._peername === undefined) {
      const peer = this._connection.remoteAddress;
      if (peer.address === undefined) return peer;
      this._peername = peer;
    }
    return this._peername;
  }

  resetAndDestroy(): this {
    const connection = this._connection;
    if (connection === null && this._attempts === null) this.destroy(socketClosed());
    else if (connection?.isUnix === true)
      throw codedType("ERR_INVALID_HANDLE_TYPE", "This handle type cannot be sent");
    else if (this.connecting) this.once("connect", () => this._reset());
    else this._reset();
    return this;
  }

  override pause(): this {
    if (this._connection?.isReadIntoBuffer === true && !this.connecting) this._connection.readStop();
    super.pause();
    return this;
  }

  override resume(): this {
    if (this._connection?.isReadIntoBuffer === true && !this.connecting) this._connection.readStart();
    super.resume();
    return this;
  }

  override read(size?: number): unknown {
    const chunk: unknown = Duplex.prototype.read.call(this, size);
    // The reader gets the remaining bytes first.
    if (this._failure !== undefined && !this._peerEnded && this.readableLength === 0)
      nextTick(() => this._fail(this._failure));
    return chunk;
  }

  override _read(size: number): void {
    if (this.connecting || this._connection === null) this.once("connect", () => this._read(size));
    else this._connection.readStart();
  }

  override _write(chunk: string | Uint8Array, encoding: BufferEncoding | "buffer", done: Callback): void {
    const connection = this._connection;
    if (this.connecting || connection === null) {
      waitToWrite(this, chunk, encoding, done, () => this._write(chunk, encoding, done));
      return;
    }
    this._unrefTimer();
    if (typeof chunk !== "string") connection.write(chunk);
    else if (encoding === "buffer") connection.write(Buffer.from(chunk));
    else connection.writeText(chunk, encoding);
    connection.whenWritten(done);
  }

  override _writev(chunks: Chunk[], done: Callback): void {
    const connection = this._connection;
    if (this.connecting || connection === null) {
      waitToWrite(this, chunks, "", done, () => this._writev(chunks, done));
      return;
    }
    this._unrefTimer();
    writeChunks(connection, chunks);
    connection.whenWritten(done);
  }

  /** Node's `_write()` and `_writev()` call this. */
  _writeGeneric(several: boolean, data: never, encoding: BufferEncoding, done: Callback): void {
    if (several) this._writev(data, done);
    else this._write(data, encoding, done);
  }

  override _final(done: Callback): void {
    if (this.connecting) {
      this.once("connect", () => this._final(done));
      return;
    }
    const connection = this._connection;
    if (connection === null) {
      done();
      return;
    }
    connection.shutdown(() => {
      // The error destroys it once received data has been read.
      if (this._sendingFailure === undefined && this._failure === undefined) done();
    });
  }

  override destroySoon(): void {
    this._destroysSoon = true;
    const failure = this._failure ?? this._sendingFailure;
    if (failure !== undefined) this.destroy(asError(failure));
    else super.destroySoon();
  }

  override setTimeout(timeout: number, listener?: () => void): this {
    if (isOnMachine(this)) return super.setTimeout(timeout, listener);
    if (this.destroyed) return this;
    this._idle ??= new IdleTimer(systemOf(this).clock, () => this._onTimeout());
    this._idle.start(timeout);
    this.timeout = timeout;
    if (listener === undefined) return this;
    return timeout === 0 ? this.off("timeout", listener) : this.once("timeout", listener);
  }

  override _unrefTimer(): void {
    if (this._idle === null) super._unrefTimer();
    else this._idle.refresh();
  }

  override _destroy(error: Error | null, done: Callback): void {
    this._idle?.stop();
    this._forTls?.destroy();
    this._forTls = null;
    const closing = this._connection ?? this._attempts;
    this._attempts = null;
    this._connection = null;
    // Node's own closes it, emits `close`, and updates the server's count.
    this._handle = closing;
    super._destroy(error, done);
  }

  override _onTimeout(): void {
    if (this._connection?.hasProgressed() === true) this._unrefTimer();
    else this.emit("timeout");
  }

  /** Takes over an accepted socket. */
  _accepted(source: StreamSource, fd: number, context: AsyncResource, owner?: ConnectionOwner): StreamHandle {
    this._connection = new StreamHandle(source, fd, this, null, context, owner);
    return this._connection;
  }

  /** Takes over a connected socket. */
  _connected(opened: OpenSocket, context: AsyncResource): void {
    this._attempts = null;
    this.connecting = false;
    this._sockname = null;
    const settings = pendingSettings(this);
    const connection = new StreamHandle(
      engineOf(opened.system),
      opened.detach(),
      this,
      onReadOf(this),
      context,
    );
    this._connection = connection;
    this._unrefTimer();
    applySettings(connection.socket, settings);
    announceConnect(this, null);
    this.emit("connect");
    this.emit("ready");
    if (!this.isPaused()) this._startReading();
  }

  /** Like libuv, receives only after the work that the connection event started has run. */
  _startReading(): void {
    nextTick(readFirst, this);
  }

  _emitData(chunk: Buffer): boolean {
    if (this._forTls !== null) {
      if (!this._forTls.push(chunk)) this._connection?.readStop();
      return true;
    }
    return isParsedAlone(this) && this.emit("data", chunk);
  }

  _isFreeInAgent(): boolean {
    return isFreeInAgent(this);
  }

  _endOfPeer(): void {
    this._peerEnded = true;
    if (this._forTls !== null) {
      this._forTls.push(null);
      return;
    }
    // TLS still writes after the peer's end, and ends it itself, as it does with a libuv handle.
    if (carriesTls(this)) this.allowHalfOpen = true;
    this.push(null);
    // With nothing left to read, `end` is emitted even without a reader.
    this.read(0);
  }

  _descriptorClosed(): void {
    announceClose(this, this.errored);
  }

  _fail(error: unknown): void {
    if (this.connecting) announceConnect(this, error);
    this.destroy(asError(error));
  }

  _failed(errno: number): void {
    const error = failedWith(systemOf(this), errno);
    if (this._forTls?.owner !== undefined) {
      this._forTls.owner.destroy(error);
      return;
    }
    const isRead = this.readableEnded || (!this._peerEnded && this.readableLength === 0);
    if (this.readableFlowing === null || this._destroysSoon || isRead) {
      this.destroy(error);
      return;
    }
    this._failure = error;
    if (this._peerEnded) this.once("end", () => this.destroy(error));
  }

  /**
   * From now on writes appear to succeed, like data that the kernel has accepted: a program that
   * waits for `drain` before it reads gets the received data, and then the error. One that does not
   * read gets the error immediately.
   */
  _sendingFailed(errno: number): void {
    const error = asCallOfNode(connectionError(systemOf(this), errno), "write");
    this._sendingFailure = error;
    const readsNothing = this.readableFlowing === null && this._forTls === null;
    if (readsNothing || this._destroysSoon) this.destroy(asError(error));
    else this._connection?.calledBack();
  }
}

// Programs read the constructor's name, or compare it with net.Socket.
Object.defineProperty(EngineSocket.prototype, "constructor", {
  value: net.Socket,
  writable: true,
  configurable: true,
});

function readFirst(socket: EngineSocket): void {
  if (!socket.destroyed) socket.read(0);
}

const nodeConnect = methodOfNode<(options: unknown) => unknown>(net.Socket.prototype, "connect");

/** Turns it back into a Socket of Node's with the same endpoint; a subclass stays ours. */
function goBack(socket: EngineSocket): void {
  if (Object.getPrototypeOf(socket) !== EngineSocket.prototype) return;
  socket._attempts?.cancel();
  socket._attempts = null;
  Object.setPrototypeOf(socket, NodeSocket.prototype);
  nodeConnect.call(socket, socket._connectOptions);
}

const isOnMachine = (socket: EngineSocket): boolean => systemOf(socket) === machineSystem();

/** The System of its connection, or the one that it would connect on. */
const systemOf = ({ _connection }: EngineSocket): System => _connection?.system ?? currentSystem();
