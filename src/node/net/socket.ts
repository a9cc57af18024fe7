import type { AsyncResource } from "node:async_hooks";
import net from "node:net";
import { Duplex } from "node:stream";
import { nextTick } from "../../clock/next-tick.ts";
import { engineOf } from "../../engine/engines.ts";
import { connectionError } from "../../net/connection/connection-error.ts";
import { connectErrors } from "../../posix/connect.ts";
import type { Socket as OpenSocket } from "../../posix/owned-socket.ts";
import { currentSystem } from "../../system/current.ts";
import { announceClient, announceClose, announceConnect } from "./announce.ts";
import { checkString, connectArguments, missingArguments } from "./arguments.ts";
import { asksForHandle } from "./asks-for-handle.ts";
import { carriesTls, leaveToTls } from "./carries-tls.ts";
import { attempts, connectToPort } from "./connect-to.ts";
import { asCallOfNode, asError, cannotBeSent, codedType, failedWith, socketClosed } from "./errors.ts";
import { handleOfNode, isSettingUp } from "./handle-of-node.ts";
import { isFreeInAgent, isParsedAlone } from "./http-parser.ts";
import { type Callback, methodOfNode, NodeSocket, onReadOf, pendingSettings } from "./internals.ts";
import { isOnMachine, SocketBase, systemOf } from "./socket-base.ts";
import { applySettings } from "./socket-options.ts";
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
export class EngineSocket extends SocketBase {
  /**
   * Usually null, so Node's code treats the Socket as a plain Duplex. Two exceptions:
   *
   * - Read in the turn of connect(), as TLS and HTTP/2 do, it turns the Socket back into one of
   *   Node's, which connects on a libuv handle.
   * - Node's TLS gets a handle that reads and writes below the Socket. If it already treats the
   *   Socket as a Duplex, it gets our connection: without any handle it would wait for `connect`.
   */
  override get _handle(): unknown {
    if (this._attempts?.isNew === true && !isSettingUp() && isOnMachine(this)) goBack(this);
    // Node's constructor reads it before the members are set.
    if (!this._connection) return handleOfNode.get.call(this);
    if (this._mayBeTaken) {
      this._mayBeTaken = false;
      const asks = asksForHandle();
      if (asks === "child process") throw cannotBeSent();
      // TLS would wait forever for a pending write that it did not make.
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

  connect(...args: unknown[]): this {
    const [options, listener] = connectArguments(args);
    announceClient(this, "method");
    if (listener !== null) this.once("connect", listener);
    if (this._parent?.connecting === true) return this;
    // connectToPort() reports a null port.
    if (options.port === undefined && options.path == null) throw missingArguments();
    // Node replaces it when the peer ends.
    if (Object.hasOwn(this, "write")) this.write = Duplex.prototype.write;
    if (this.destroyed) this._peername = null;
    else if (this._connection !== null) {
      nextTick(() => this._fail(connectErrors.fail(currentSystem(), "AlreadyConnected").error));
      return this;
    }
    this._startAnew(options);
    if (options.path) attempts(this, undefined, 0)?.toPath(checkString("options.path", options.path));
    else connectToPort(this, options);
    return this;
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
    // The program has now read everything that came before the failure.
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
      // After a failure, the error destroys the Socket once received data has been read.
      if (this._sendingFailure === undefined && this._failure === undefined) done();
    });
  }

  override destroySoon(): void {
    this._destroysSoon = true;
    const failure = this._failure ?? this._sendingFailure;
    if (failure !== undefined) this.destroy(asError(failure));
    else super.destroySoon();
  }

  override _destroy(error: Error | null, done: Callback): void {
    this._idle?.stop();
    this._forTls?.destroy();
    this._forTls = null;
    const closing = this._connection ?? this._attempts;
    this._attempts = null;
    this._connection = null;
    // Node's method closes it, emits `close`, and updates the server's count.
    this._handle = closing;
    super._destroy(error, done);
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

  /** As with libuv, work that the connection event started runs before anything is received. */
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
    // TLS still writes after the peer's end and then ends the Socket, as with a libuv handle.
    if (carriesTls(this)) this.allowHalfOpen = true;
    this.push(null);
    // If nothing is left to read, `end` is emitted even without a reader.
    this.read(0);
  }

  _descriptorClosed(): void {
    announceClose(this, this.errored);
  }

  _fail(error: unknown): void {
    if (this.connecting || this._attempts !== null) announceConnect(this, error);
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
   * From now on writes appear to succeed, like data that the kernel has accepted, so a program that
   * waits for `drain` before reading still gets the received data, and then the error. A program
   * that does not read gets the error immediately.
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

/** Turns it back into one of Node's, connecting to the same endpoint. Subclasses stay ours. */
function goBack(socket: EngineSocket): void {
  if (Object.getPrototypeOf(socket) !== EngineSocket.prototype) return;
  socket._attempts?.cancel();
  socket._attempts = null;
  Object.setPrototypeOf(socket, NodeSocket.prototype);
  nodeConnect.call(socket, socket._connectOptions);
}
