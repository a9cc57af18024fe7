import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { AcceptQueue, ValueResult } from "../../system/system.ts";
import type {
  Credentials,
  KernelSocket,
  ReceiveRequest,
  SendRequest,
  SocketAddress,
} from "./kernel-socket.ts";
import { giveBytes, giveInt, ints, readWide, takenInt, wide } from "./option-value.ts";
import type { ProtocolHost } from "./protocol-host.ts";
import { optionKey, Refused, type SimpleOption } from "./simple-option.ts";
import { writeSockaddr } from "./sockaddr.ts";
import { attachFilter, detachFilter, type Program } from "./socket-filter.ts";
import { SOCKET_OPTION, socketOptions } from "./socket-options.ts";
import { INITIAL_SOCKET_SETTINGS, type SocketSettings } from "./socket-settings.ts";
import { readTimeout, timeval } from "./timeout-option.ts";

const { AF, IPPROTO, SOL } = constants;
const { EINVAL, ENODATA, ENODEV, ENOPROTOOPT, EOPNOTSUPP, EPERM } = errnos;

// include/net/sock.h: SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF.
const MIN_SNDBUF = 4_608;
const MIN_RCVBUF = 2_304;
const INT_MAX = 0x7fffffff;
/** SOF_TXTIME_FLAGS_MASK. */
const TXTIME_FLAGS = 3;

/** What sockets of every protocol have: the options of SOL_SOCKET, buffers, and a pending error. */
export abstract class SocketBase implements KernelSocket {
  readonly host: ProtocolHost;
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  /** SO_COOKIE, and the inode of the socket's file. */
  readonly cookie: number;
  /** The pending error (sk_err), a positive errno; 0 if there is none. */
  error = 0;
  /** sk_sndbuf and sk_rcvbuf: twice what setsockopt() took, in truesize. */
  sendBuffer: number;
  receiveBuffer: number;
  /** Shared until an option is set. */
  settings = INITIAL_SOCKET_SETTINGS;
  /** sk_shutdown: RCV_SHUTDOWN and SEND_SHUTDOWN. */
  receiveShutdown = false;
  sendShutdown = false;
  /** SO_BINDTODEVICE; 0 for none. */
  boundInterface = 0;
  /** SO_ATTACH_FILTER. */
  filter: Program | undefined = undefined;
  /** Simple options that were set; absent while all have their initial values. */
  #values: Map<number, number> | undefined;
  /** Whether a listener and its connections share them, until one of them sets an option. */
  #sharesValues = false;

  constructor(host: ProtocolHost, domain: number, type: number, protocol: number) {
    this.host = host;
    this.domain = domain;
    this.type = type;
    this.protocol = protocol;
    this.cookie = host.nextCookie();
    this.sendBuffer = host.sysctls.get("net.core.wmem_default");
    this.receiveBuffer = host.sysctls.get("net.core.rmem_default");
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
  protected configure(changed: Partial<SocketSettings>): void {
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

  protected detachReuseportFilter(): number {
    return -EINVAL;
  }

  /** Options of other levels than SOL_SOCKET. */
  protected getProtocolOption(_level: number, _name: number, _value: ValueResult): number {
    return -EOPNOTSUPP;
  }

  protected setProtocolOption(_level: number, _name: number, _value: Uint8Array): number {
    return -EOPNOTSUPP;
  }

  /** Called after a simple option changed, for what has to happen at once (a keepalive timer). */
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
    if (level !== SOL.SOCKET) return this.getProtocolOption(level, name, value);
    switch (name) {
      case options.SO_SNDBUF.number:
        return giveInt(value, this.sendBuffer);
      case options.SO_RCVBUF.number:
        return giveInt(value, this.receiveBuffer);
      case options.SO_TYPE.number:
        return giveInt(value, this.type);
      case options.SO_PROTOCOL.number:
        return giveInt(value, this.protocol);
      case options.SO_DOMAIN.number:
        return giveInt(value, this.domain);
      case options.SO_ERROR.number:
        return giveInt(value, -this.takeError());
      case options.SO_ACCEPTCONN.number:
        return giveInt(value, this.acceptQueue() === undefined ? 0 : 1);
      case options.SO_LINGER.number:
        return giveBytes(value, ints(this.settings.linger === undefined ? 0 : 1, this.settings.linger ?? 0));
      case options.SO_RCVTIMEO.number:
        return giveBytes(value, timeval(this.settings.receiveTimeout));
      case options.SO_SNDTIMEO.number:
        return giveBytes(value, timeval(this.settings.sendTimeout));
      case options.SO_RCVLOWAT.number:
        return giveInt(value, this.settings.receiveLowWater);
      case options.SO_SNDLOWAT.number:
        return giveInt(value, 1);
      case options.SO_BINDTODEVICE.number:
        return this.#getDevice(value);
      case options.SO_BINDTOIFINDEX.number:
        return giveInt(value, this.boundInterface);
      case options.SO_BPF_EXTENSIONS.number:
        return giveInt(value, 64);
      case options.SO_INCOMING_NAPI_ID.number:
      case options.SO_RESERVE_MEM.number:
        return giveInt(value, 0);
      case options.SO_COOKIE.number:
        return value.length < 8 ? -EINVAL : giveBytes(value, wide(this.cookie));
      case options.SO_NETNS_COOKIE.number:
        return value.length === 8 ? giveBytes(value, wide(1)) : -EINVAL;
      case options.SO_MAX_PACING_RATE.number:
        return this.#getPacingRate(value);
      case options.SO_TIMESTAMPING.number:
        return giveBytes(value, ints(this.value(SOCKET_OPTION.TIMESTAMPING), 0));
      case options.SO_TXTIME.number:
        return giveBytes(value, ints(...this.settings.transmitTime));
      case options.SO_MEMINFO.number:
        return giveBytes(value, ints(...this.memoryInfo()));
      case options.SO_PEERCRED.number: {
        const { pid, uid, gid } = this.peerCredentials ?? { pid: 0, uid: -1, gid: -1 };
        return giveBytes(value, ints(pid, uid, gid));
      }
      case options.SO_PEERGROUPS.number:
        return this.#getPeerGroups(value);
      case options.SO_PEERPIDFD.number:
        return -ENODATA;
      case options.SO_PEERNAME.number:
        return this.#getPeerName(value);
      case options.SO_GET_FILTER.number:
        value.length = this.filter?.length ?? 0;
        return 0;
      default:
        return this.#getSimple(name, value);
    }
  }

  setsockopt(level: number, name: number, value: Uint8Array): number {
    if (level !== SOL.SOCKET) return this.setProtocolOption(level, name, value);
    if (name === options.SO_BINDTODEVICE.number) return this.#setDevice(value);
    const int = takenInt(value);
    if (int === undefined) return -EINVAL;
    switch (name) {
      case options.SO_SNDBUF.number:
        return this.#setSendBuffer(Math.min(int >>> 0, this.host.sysctls.get("net.core.wmem_max")));
      case options.SO_SNDBUFFORCE.number:
        return this.host.user === 0 ? this.#setSendBuffer(Math.max(int, 0)) : -EPERM;
      case options.SO_RCVBUF.number:
        return this.#setReceiveBuffer(Math.min(int >>> 0, this.host.sysctls.get("net.core.rmem_max")));
      case options.SO_RCVBUFFORCE.number:
        return this.host.user === 0 ? this.#setReceiveBuffer(Math.max(int, 0)) : -EPERM;
      case options.SO_LINGER.number:
        return this.#setLinger(value, int);
      case options.SO_RCVTIMEO.number:
      case options.SO_SNDTIMEO.number:
        return this.#setTimeout(name, value);
      case options.SO_RCVLOWAT.number:
        return this.setReceiveLowWater(int < 0 ? INT_MAX : int);
      case options.SO_BINDTOIFINDEX.number:
        if (int < 0) return -EINVAL;
        this.boundInterface = int;
        return 0;
      case options.SO_MAX_PACING_RATE.number:
        this.configure({
          pacingRate: int === -1 ? Number.POSITIVE_INFINITY : (readWide(value) ?? int >>> 0),
        });
        return 0;
      case options.SO_TIMESTAMP.number:
      case options.SO_TIMESTAMPNS.number:
        // They exclude each other: sock_set_timestamp().
        this.setValue(SOCKET_OPTION.TIMESTAMP, name === options.SO_TIMESTAMP.number && int !== 0 ? 1 : 0);
        this.setValue(SOCKET_OPTION.TIMESTAMPNS, name === options.SO_TIMESTAMPNS.number && int !== 0 ? 1 : 0);
        return 0;
      case options.SO_RESERVE_MEM.number:
        return int < 0 ? -EINVAL : -EOPNOTSUPP;
      case options.SO_BUSY_POLL_BUDGET.number:
        return int < 0 || int > 0xffff ? -EINVAL : 0;
      case options.SO_CNX_ADVICE.number:
        return 0;
      case options.SO_DETACH_FILTER.number:
        return this.detachFilter();
      case options.SO_DETACH_REUSEPORT_BPF.number:
        return this.detachReuseportFilter();
      case options.SO_ATTACH_FILTER.number:
      case options.SO_ATTACH_REUSEPORT_CBPF.number:
        // Their value is a pointer, which comes through attachFilter() and its like.
        return -EINVAL;
      case options.SO_TXTIME.number:
        return this.#setTransmitTime(value, int);
      case options.SO_ATTACH_BPF.number:
      case options.SO_ATTACH_REUSEPORT_EBPF.number:
        // No descriptor is a program of BPF; those of standard input, output and error are others.
        return value.length === 4 && (int < 0 || int > 2) ? -errnos.EBADF : -EINVAL;
      case options.SO_DEVMEM_DONTNEED.number:
        return this.protocol === IPPROTO.TCP ? -EINVAL : -errnos.EBADF;
      default:
        return this.#setSimple(name, int);
    }
  }

  /** SO_RCVLOWAT; TCP limits it. */
  protected setReceiveLowWater(bytes: number): number {
    this.configure({ receiveLowWater: bytes === 0 ? 1 : bytes });
    return 0;
  }

  /**
   * SO_MEMINFO: rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog,
   * drops.
   */
  protected memoryInfo(): number[] {
    return [0, this.receiveBuffer, 0, this.sendBuffer, 0, 0, 0, 0, 0];
  }

  /** SO_PEERCRED; undefined without a peer that has any. */
  protected get peerCredentials(): Credentials | undefined {
    return undefined;
  }

  /** Simple options that this socket does not have, and the errno for that. */
  protected lacksOption(option: SimpleOption, value: number | undefined): number {
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

  #getSimple(name: number, value: ValueResult): number {
    const option = socketOptions.get(optionKey(SOL.SOCKET, name));
    if (option === undefined) return -ENOPROTOOPT;
    const lacks = this.lacksOption(option, undefined);
    return lacks < 0 ? lacks : giveInt(value, this.value(option));
  }

  #setSimple(name: number, int: number): number {
    const option = socketOptions.get(optionKey(SOL.SOCKET, name));
    if (option === undefined) return -ENOPROTOOPT;
    const lacks = this.lacksOption(option, int);
    if (lacks < 0) return lacks;
    const accepted = option.accept(int);
    if (accepted instanceof Refused) return accepted.errno;
    this.setValue(option, accepted);
    return 0;
  }

  #setSendBuffer(bytes: number): number {
    this.sendBuffer = Math.max(Math.min(bytes * 2, INT_MAX), MIN_SNDBUF);
    this.setValue(SOCKET_OPTION.BUF_LOCK, this.value(SOCKET_OPTION.BUF_LOCK) | 1);
    this.host.changed(this, constants.POLL.OUT);
    return 0;
  }

  #setReceiveBuffer(bytes: number): number {
    this.receiveBuffer = Math.max(Math.min(bytes * 2, INT_MAX), MIN_RCVBUF);
    this.setValue(SOCKET_OPTION.BUF_LOCK, this.value(SOCKET_OPTION.BUF_LOCK) | 2);
    return 0;
  }

  /** struct sock_txtime: kept, but packets leave when they can. */
  #setTransmitTime(value: Uint8Array, clock: number): number {
    const flags = takenInt(value, 4);
    if (value.length !== 8 || flags === undefined || (flags & ~TXTIME_FLAGS) !== 0) return -EINVAL;
    this.configure({ transmitTime: [clock, flags] });
    return 0;
  }

  #setLinger(value: Uint8Array, on: number): number {
    const seconds = takenInt(value, 4);
    if (seconds === undefined) return -EINVAL;
    this.configure({ linger: on === 0 ? undefined : seconds });
    return 0;
  }

  #setTimeout(name: number, value: Uint8Array): number {
    const timeout = readTimeout(value);
    if (typeof timeout !== "number") return timeout.errno;
    if (name === options.SO_RCVTIMEO.number) this.configure({ receiveTimeout: timeout });
    else this.configure({ sendTimeout: timeout });
    return 0;
  }

  #setDevice(value: Uint8Array): number {
    const end = value.indexOf(0);
    const name = String.fromCharCode(...value.subarray(0, Math.min(end === -1 ? value.length : end, 15)));
    const found = name === "" ? undefined : this.host.interfaceByName(name);
    if (name !== "" && found === undefined) return -ENODEV;
    this.boundInterface = found?.index ?? 0;
    return 0;
  }

  #getDevice(value: ValueResult): number {
    if (this.boundInterface === 0) {
      value.length = 0;
      return 0;
    }
    if (value.length < 16) return -EINVAL;
    const found = this.host.interfaceByIndex(this.boundInterface);
    if (found === undefined) return -ENODEV;
    return giveBytes(
      value,
      Uint8Array.from(`${found.name}\0`, (char) => char.charCodeAt(0)),
    );
  }

  #getPacingRate(value: ValueResult): number {
    const { pacingRate } = this.settings;
    const all = pacingRate === Number.POSITIVE_INFINITY;
    if (value.length < 8) return giveInt(value, all ? -1 : Math.min(pacingRate, 0xffffffff) | 0);
    return giveBytes(value, all ? new Uint8Array(8).fill(0xff) : wide(pacingRate));
  }

  #getPeerGroups(value: ValueResult): number {
    const credentials = this.peerCredentials;
    if (credentials === undefined) return -ENODATA;
    const short = value.length < 4;
    value.length = 4;
    if (short) return -errnos.ERANGE;
    return giveBytes(value, ints(credentials.gid));
  }

  #getPeerName(value: ValueResult): number {
    const address = this.getpeername();
    if (typeof address === "number") return address;
    if (address.length < value.length) return -EINVAL;
    const { length } = value;
    writeSockaddr(address, value);
    value.length = length;
    return 0;
  }
}
