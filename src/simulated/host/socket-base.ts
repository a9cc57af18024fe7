import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { AcceptQueue, ValueResult } from "../../system/system.ts";
import type {
  Credentials,
  KernelSocket,
  ReceiveRequest,
  SendRequest,
  SocketAddress,
} from "./kernel-socket.ts";
import type { ProtocolHost } from "./protocol-host.ts";
import { optionKey, type SimpleOption } from "./simple-option.ts";
import { attachFilter, detachFilter, type Program } from "./socket-filter.ts";
import { getSocketOption, setSocketOption } from "./socket-level.ts";
import { SOCKET_OPTION } from "./socket-options.ts";
import { INITIAL_SOCKET_SETTINGS, type SocketSettings } from "./socket-settings.ts";

const { AF, IPPROTO, SOL } = constants;
const { EINVAL, EOPNOTSUPP, EPERM } = errnos;

const RCV_SHUTDOWN = 1;
const SEND_SHUTDOWN = 2;

/**
 * The base of sockets of every protocol: the options of SOL_SOCKET, buffers, and a pending error.
 */
export abstract class SocketBase implements KernelSocket {
  readonly host: ProtocolHost;
  readonly domain: number;
  abstract readonly type: number;
  abstract readonly protocol: number;
  /** SO_COOKIE, and the inode of the socket's file. */
  readonly cookie: number;
  /** The pending error (sk_err), a positive errno; 0 if there is none. */
  error = 0;
  /** sk_sndbuf and sk_rcvbuf: twice what setsockopt() took, in truesize. */
  sendBuffer: number;
  receiveBuffer: number;
  /** Shared until an option is set. */
  settings = INITIAL_SOCKET_SETTINGS;
  /** sk_shutdown. */
  #shutdown = 0;
  /** SO_BINDTODEVICE; 0 for none. */
  boundInterface = 0;
  /** SO_ATTACH_FILTER. */
  filter: Program | undefined = undefined;
  /** Simple options that were set; absent while all have their initial values. */
  #values: Map<number, number> | undefined;
  /** Whether a listener and its connections share them, until one of them sets an option. */
  #sharesValues = false;

  constructor(host: ProtocolHost, domain: number) {
    this.host = host;
    this.domain = domain;
    this.cookie = host.nextCookie();
    this.sendBuffer = host.sysctls.get("net.core.wmem_default");
    this.receiveBuffer = host.sysctls.get("net.core.rmem_default");
  }

  get receiveShutdown(): boolean {
    return (this.#shutdown & RCV_SHUTDOWN) !== 0;
  }

  set receiveShutdown(on: boolean) {
    this.#shutdown = on ? this.#shutdown | RCV_SHUTDOWN : this.#shutdown & ~RCV_SHUTDOWN;
  }

  get sendShutdown(): boolean {
    return (this.#shutdown & SEND_SHUTDOWN) !== 0;
  }

  set sendShutdown(on: boolean) {
    this.#shutdown = on ? this.#shutdown | SEND_SHUTDOWN : this.#shutdown & ~SEND_SHUTDOWN;
  }

  get receiveLowWater(): number {
    return this.settings.receiveLowWater;
  }

  get receiveTimeout(): number {
    return this.settings.receiveTimeout;
  }

  get sendTimeout(): number {
    return this.settings.sendTimeout;
  }

  /** Sets options. */
  configure(changed: Partial<SocketSettings>): void {
    this.settings = { ...this.settings, ...changed };
  }

  abstract bind(address: SocketAddress): number;
  abstract connect(address: SocketAddress): number;
  abstract listen(backlog: number): number;
  abstract accept(blocks?: boolean): KernelSocket | number;
  abstract shutdown(how: number): number;
  abstract send(request: SendRequest): number;
  abstract receive(request: ReceiveRequest): number;
  abstract getsockname(): SocketAddress | number;
  abstract getpeername(): SocketAddress | number;
  abstract events(): number;
  abstract atMark(): number;
  abstract readable(): number;
  abstract close(): void;
  abstract describe(): string;

  acceptQueue(): AcceptQueue | undefined {
    return undefined;
  }

  lingering(): number {
    return 0;
  }

  attachFilter(filter: Uint8Array): number {
    return attachFilter(this, filter);
  }

  detachFilter(): number {
    return detachFilter(this);
  }

  /** Only sockets of IP share ports. */
  attachReuseportFilter(_filter: Uint8Array): number {
    return -EINVAL;
  }

  detachReuseportFilter(): number {
    return -EINVAL;
  }

  /** Options of other levels than SOL_SOCKET. */
  protected getProtocolOption(_level: number, _name: number, _value: ValueResult): number {
    return -EOPNOTSUPP;
  }

  protected setProtocolOption(_level: number, _name: number, _value: Uint8Array): number {
    return -EOPNOTSUPP;
  }

  /** Called after a simple option changed, for immediate effects (a keepalive timer). */
  protected optionChanged(_option: SimpleOption, _value: number): void {}

  /** The value of an option. */
  value(option: SimpleOption): number {
    return this.#values?.get(optionKey(option.level, option.number)) ?? option.initial;
  }

  /** Whether an option was ever set. */
  wasSet(option: SimpleOption): boolean {
    return this.#values?.has(optionKey(option.level, option.number)) ?? false;
  }

  isSet(option: SimpleOption): boolean {
    return this.value(option) !== 0;
  }

  setValue(option: SimpleOption, value: number): void {
    if (this.#values === undefined || this.#sharesValues) this.#values = new Map(this.#values);
    this.#sharesValues = false;
    this.#values.set(optionKey(option.level, option.number), value);
    this.optionChanged(option, value);
  }

  get reuseAddress(): boolean {
    return this.isSet(SOCKET_OPTION.REUSEADDR);
  }

  get reusePort(): boolean {
    return this.isSet(SOCKET_OPTION.REUSEPORT);
  }

  get user(): number {
    return this.host.user;
  }

  /** Returns the pending error as a negative errno, and clears it (sock_error()); 0 if none. */
  takeError(): number {
    const error = this.error;
    this.error = 0;
    return -error || 0;
  }

  /** Takes over the options of a listener (sk_clone_lock()). */
  inherit(from: SocketBase): void {
    this.sendBuffer = from.sendBuffer;
    this.receiveBuffer = from.receiveBuffer;
    this.settings = from.settings;
    this.boundInterface = from.boundInterface;
    this.filter = from.filter;
    this.#values = from.#values;
    this.#sharesValues = true;
    from.#sharesValues = true;
  }

  getsockopt(level: number, name: number, value: ValueResult): number {
    return level === SOL.SOCKET
      ? getSocketOption(this, name, value)
      : this.getProtocolOption(level, name, value);
  }

  setsockopt(level: number, name: number, value: Uint8Array): number {
    return level === SOL.SOCKET
      ? setSocketOption(this, name, value)
      : this.setProtocolOption(level, name, value);
  }

  /** SO_RCVLOWAT; TCP limits it. */
  setReceiveLowWater(bytes: number): number {
    this.configure({ receiveLowWater: bytes === 0 ? 1 : bytes });
    return 0;
  }

  /**
   * SO_MEMINFO: rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog,
   * drops.
   */
  memoryInfo(): number[] {
    return [0, this.receiveBuffer, 0, this.sendBuffer, 0, 0, 0, 0, 0];
  }

  /** SO_PEERCRED; undefined without a peer that has any. */
  get peerCredentials(): Credentials | undefined {
    return undefined;
  }

  /** Simple options that this socket does not have, and the errno for that. */
  lacksOption(option: SimpleOption, value: number | undefined): number {
    const isUnix = this.domain === AF.UNIX;
    switch (option) {
      case SOCKET_OPTION.PASSCRED:
      case SOCKET_OPTION.PASSPIDFD:
      case SOCKET_OPTION.PASSRIGHTS:
      case SOCKET_OPTION.PASSSEC:
        return isUnix ? 0 : -EOPNOTSUPP;
      case SOCKET_OPTION.TXREHASH:
        return this.protocol === IPPROTO.TCP ? 0 : -EOPNOTSUPP;
      case SOCKET_OPTION.ZEROCOPY:
        return isUnix && value !== undefined ? -EOPNOTSUPP : 0;
      case SOCKET_OPTION.LOCK_FILTER:
        return value === 0 && this.isSet(option) ? -EPERM : 0;
      case SOCKET_OPTION.REUSEPORT:
        return isUnix && value !== undefined && value !== 0 ? -EOPNOTSUPP : 0;
      default:
        return 0;
    }
  }
}
