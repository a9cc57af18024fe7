import type { DuplexAddress } from "../../net/node-address.ts";
import { currentSystem, machineSystem } from "../../system/current.ts";
import type { System } from "../../system/system.ts";
import type { ConnectOptions } from "./arguments.ts";
import type { Connecting } from "./connecting.ts";
import { codedType } from "./errors.ts";
import { setUp } from "./handle-of-node.ts";
import { IdleTimer } from "./idle-timer.ts";
import { type KeepAlive, NodeSocket } from "./internals.ts";
import { getTypeOfService, setKeepAliveOfNode, setNoDelay, setTypeOfService } from "./socket-options.ts";
import type { StreamForTls } from "./stream-for-tls.ts";
import type { StreamHandle } from "./stream-handle.ts";

/** The state of our Socket, and the members that describe its connection and set its options. */
export abstract class SocketBase extends NodeSocket {
  declare _connection: StreamHandle | null;
  declare _attempts: Connecting | null;
  /** The error to destroy it with once received data has been read. */
  declare _failure: unknown;
  declare _sendingFailure: unknown;
  declare _peerEnded: boolean;
  /** destroySoon() was called: the program reads no more. */
  declare _destroysSoon: boolean;
  /** The timer of `setTimeout()` on a simulated host; Node's own is real. */
  declare _idle: IdleTimer | null;
  /**
   * Set if it was compared with net.Socket, as TLS and `child.send()` do before taking the handle.
   */
  declare _mayBeTaken: boolean;
  /** The stream that TLS reads and writes instead of this Socket. */
  declare _forTls: StreamForTls | null;
  /** The endpoint it connects to. */
  declare _connectOptions: ConnectOptions | undefined;

  constructor(options?: object) {
    super(options);
    initialize(this);
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

  override _onTimeout(): void {
    if (this._connection?.hasProgressed() === true) this._unrefTimer();
    else this.emit("timeout");
  }

  /** Forgets the last connection, before the next one. */
  _startAnew(options: ConnectOptions): void {
    this._attempts?.cancel();
    forget(this);
    this._connectOptions = options;
    if (this.timeout && this._idle === null && !isOnMachine(this)) {
      // The option was set while the Socket was still Node's.
      const { timeout } = this;
      super.setTimeout(0);
      this.setTimeout(timeout);
    }
    this._undestroy();
    this._unrefTimer();
    this.connecting = true;
  }
}

// Not in every version of Node.
for (const name of ["setTypeOfService", "getTypeOfService"])
  if (!(name in NodeSocket.prototype)) Reflect.deleteProperty(SocketBase.prototype, name);

/** Gives a Socket the members that the constructor does. */
export function initialize(socket: SocketBase): void {
  forget(socket);
  socket._idle = null;
  socket._forTls = null;
}

function forget(socket: SocketBase): void {
  socket._connection = null;
  socket._attempts = null;
  socket._failure = undefined;
  socket._sendingFailure = undefined;
  socket._peerEnded = false;
  socket._destroysSoon = false;
  socket._mayBeTaken = false;
  socket._connectOptions = undefined;
}

/** The System of its connection, or the one that it would connect on. */
export const systemOf = ({ _connection }: SocketBase): System => _connection?.system ?? currentSystem();

export const isOnMachine = (socket: SocketBase): boolean => systemOf(socket) === machineSystem();
