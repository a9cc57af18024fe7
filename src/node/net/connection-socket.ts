// What `toDuplex()` of a Connection returns where node:net is Node's own: a Socket of berkeley/net.
import net from "node:net";
import type { StreamHandlers } from "../../engine/engine.ts";
import { isError } from "../../errors/is-error.ts";
import type { Connection } from "../../net/connection/connection.ts";
import {
  type ConnectionDuplex,
  type DuplexOptions,
  installDuplex,
} from "../../net/connection/connection-duplex.ts";
import type { Consumer } from "../../net/connection/consumer.ts";
import type { DuplexAddress } from "../../net/node-address.ts";
import { proxyInfo } from "../../net/proxy-protocol/proxy-info.ts";
import { reportClient } from "../../net/proxy-protocol/report-client.ts";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import type { System } from "../../system/system.ts";
import { newContext } from "./connecting.ts";
import { nodeNetIsNodes } from "./internals.ts";
import { EngineSocket } from "./socket.ts";
import type { HandleStream, StreamSource } from "./stream-reader.ts";

/** Has `toDuplex()` return these. Does nothing where node:net is not Node's own. */
export function installConnectionSockets(): void {
  if (nodeNetIsNodes) installDuplex((connection, options) => new ConnectionSocket(connection, options));
}

/** A Socket over a Connection, which still owns the descriptor. */
class ConnectionSocket extends EngineSocket implements ConnectionDuplex {
  declare readonly readyState: ConnectionDuplex["readyState"];
  declare readonly bytesWritten: number;
  readonly #connection: Connection;

  constructor(connection: Connection, { allowHalfOpen = false }: DuplexOptions) {
    super({ allowHalfOpen });
    this.#connection = connection;
    const info = proxyInfo(connection);
    if (info !== undefined) reportClient(this, info);
    const stream = new ConnectionStream(this, connection);
    this._accepted(stream, connection.fd, newContext());
    stream.start();
    this._startReading();
  }

  /** The Connection's socket, for options. */
  get socket(): BorrowedSocket {
    return this.#connection.socket;
  }

  override address(): DuplexAddress {
    return this._getsockname();
  }
}

// Programs read the constructor's name, or compare it with net.Socket.
Object.defineProperty(ConnectionSocket.prototype, "constructor", {
  value: net.Socket,
  writable: true,
  configurable: true,
});

/** The Connection, as the stream of a StreamHandle. */
class ConnectionStream implements StreamSource, HandleStream, Consumer {
  readonly keepsDescriptor = true;
  readonly #socket: ConnectionSocket;
  readonly #connection: Connection;
  #handlers: StreamHandlers | undefined;
  #unread: Uint8Array | undefined;
  #ended = false;
  #failed = false;

  constructor(socket: ConnectionSocket, connection: Connection) {
    this.#socket = socket;
    this.#connection = connection;
    const { unread, ended } = connection.handOver(this);
    this.#unread = unread;
    this.#ended = ended;
  }

  stream(_fd: number, handlers: StreamHandlers): HandleStream {
    this.#handlers = handlers;
    return this;
  }

  /** Delivers what the Connection had received. */
  start(): void {
    if (this.#unread !== undefined) this.onData(this.#unread);
    this.#unread = undefined;
    if (this.#ended) this.onEnd();
  }

  get system(): System {
    return this.#connection.socket.system;
  }

  /** -1 once the Connection has closed it, such as after both sides have ended. */
  get fd(): number {
    return this.#connection.fd;
  }

  get pendingBytes(): number {
    return this.#connection.pendingBytes;
  }

  ref(): void {
    this.#connection.ref();
  }

  unref(): void {
    this.#connection.unref();
  }

  resume(): void {
    this.#connection.startReceiving();
  }

  pause(): void {
    this.#connection.stopReceiving();
  }

  write(bytes: Uint8Array): void {
    if (this.#connection.isOpen) this.#connection.send(bytes);
  }

  writeText(text: string, encoding: BufferEncoding): number {
    const bytes = Buffer.from(text, encoding);
    this.write(bytes);
    return bytes.length;
  }

  /** Ticks run after each batch of events, as for every Connection. */
  letTicksRun(): void {}

  shutdown(done: () => void = () => {}): void {
    this.#connection.finish(done);
  }

  closeNow(done: () => void): void {
    this.#connection.closeNow();
    this.#connection.untilClosed().then(done);
  }

  onData(bytes: Uint8Array): void {
    this.#handlers?.onData(bytes);
  }

  onEnd(): void {
    this.#handlers?.onEnd();
  }

  onError(errno: number, ended: boolean): void {
    this.#failed = true;
    this.#handlers?.onError(errno, ended);
  }

  sendingFailed(errno: number): void {
    this.#handlers?.sendingFailed?.(errno);
  }

  onProgress(): void {
    this.#handlers?.onProgress?.();
  }

  onDrain(): void {
    this.#handlers?.onDrain();
  }

  /** The program or its listener closed the Connection. */
  closed(error: unknown): void {
    if (!this.#failed) this.#socket.destroy(isError(error) ? error : undefined);
  }
}
