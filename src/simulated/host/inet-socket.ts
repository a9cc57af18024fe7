import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { ValueResult } from "../../system/system.ts";
import {
  isAnyAddress,
  isLinkLocal,
  isMulticast,
  isOfOneLink,
  mapped,
  unmapped,
  versionOf,
} from "../ip/address.ts";
import { getIpOption, setIpOption } from "./inet-options.ts";
import { IP_OPTION, IPV6_OPTION } from "./ip-options.ts";
import { INITIAL_IP_SETTINGS, type IpSettings } from "./ip-settings.ts";
import type { SocketAddress } from "./kernel-socket.ts";
import type { ProtocolHost, Route } from "./protocol-host.ts";
import {
  attachReuseportFilter,
  detachReuseportFilter,
  type ReuseportGroup,
  type SharingSocket,
} from "./reuseport-group.ts";
import { internetAddress } from "./sockaddr.ts";
import { SocketBase } from "./socket-base.ts";

const { AF, IPPROTO, SOCK } = constants;
const { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENODEV, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } =
  errnos;

/** sizeof(struct sockaddr_in), and sin6 without its scope: SIN6_LEN_RFC2133. */
const SIN_SIZE = 16;
const SIN6_LEAST = 24;

/** What chose the address or the port of a socket: SOCK_BINDADDR_LOCK and so on. */
export const LOCK = { BIND_ADDRESS: 1, BIND_PORT: 2, CONNECT_PORT: 4 } as const;

/** A socket of IPv4 or IPv6: its addresses and ports, bind(), and the options of IP. */
export abstract class InetSocket extends SocketBase implements SharingSocket {
  /**
   * Where packets must be addressed to, in the text of packets: a wildcard, or one address. An IPv6
   * socket that speaks IPv4 has IPv4 addresses here; only names that programs see are mapped.
   */
  localAddress: string;
  /** 0 while it has no port. */
  localPort = 0;
  /** The peer; "" without one. */
  remoteAddress = "";
  remotePort = 0;
  reuseportGroup: ReuseportGroup | undefined = undefined;
  /** How it got its address and port: LOCK, combined with | (sk_userlocks). */
  locks = 0;
  /** sk_ipv6only: the option, or the result of bind() to one IPv6 address. */
  v6only: boolean;
  /** The interface of a link-local peer, or of the socket's own link-local address. */
  scopeId = 0;
  /** Shared until an option is set. */
  ipSettings = INITIAL_IP_SETTINGS;

  constructor(host: ProtocolHost, domain: number) {
    super(host, domain);
    this.localAddress = this.ipv6 ? "::" : "0.0.0.0";
    this.v6only = this.ipv6 && host.sysctls.get("net.ipv6.bindv6only") !== 0;
  }

  get ipv6(): boolean {
    return this.domain === AF.INET6;
  }

  get boundAddress(): boolean {
    return (this.locks & LOCK.BIND_ADDRESS) !== 0;
  }

  get boundPort(): boolean {
    return (this.locks & LOCK.BIND_PORT) !== 0;
  }

  get connectBound(): boolean {
    return (this.locks & LOCK.CONNECT_PORT) !== 0;
  }

  /** Whether it listens: PortUser, and the rules of bind() for TCP. */
  get listening(): boolean {
    return false;
  }

  get timeWait(): boolean {
    return false;
  }

  /**
   * Whether packets may be delivered to it: a UDP socket with a port, a TCP socket that listens or
   * connects.
   */
  protected abstract get hashed(): boolean;

  /** Whether bind() comes too late for this socket's state. */
  protected abstract get unbindable(): boolean;

  bind(address: SocketAddress): number {
    return this.ipv6 ? this.#bindIpv6(address) : this.#bindIpv4(address);
  }

  /** __inet_bind() in net/ipv4/af_inet.c; the order of its checks decides which errno is seen. */
  #bindIpv4(address: SocketAddress): number {
    if (address.length < SIN_SIZE) return -EINVAL;
    if (address.family !== AF.INET && !this.#isUnspecifiedAny(address)) return -EAFNOSUPPORT;
    const local = address.family === AF.INET ? address.address : "0.0.0.0";
    const port = address.family === AF.INET ? address.port : portIn(address.data);
    if (!this.#mayBind(local)) return -EADDRNOTAVAIL;
    if (this.#isPrivileged(port)) return -EACCES;
    if (this.unbindable || this.localPort !== 0) return -EINVAL;
    return this.#take(local, port);
  }

  /** inet6_bind() and __inet6_bind() in net/ipv6/af_inet6.c. */
  #bindIpv6(address: SocketAddress): number {
    if (address.length < SIN6_LEAST) return -EINVAL;
    if (address.family !== AF.INET6) return -EAFNOSUPPORT;
    const { address: text, port } = address;
    if (isMulticast(text) && this.type === SOCK.STREAM) return -EINVAL;
    if (this.#isPrivileged(port)) return -EACCES;
    if (this.unbindable || this.localPort !== 0) return -EINVAL;
    const ipv4 = unmapped(text);
    if (ipv4 !== undefined) {
      if (this.v6only) return -EINVAL;
      return this.#mayBind(ipv4) ? this.#take(ipv4, port) : -EADDRNOTAVAIL;
    }
    if (isOfOneLink(text)) {
      if (address.scopeId !== 0) this.boundInterface = address.scopeId;
      if (this.boundInterface === 0) return -EINVAL;
      if (this.host.interfaceByIndex(this.boundInterface) === undefined) return -ENODEV;
      this.scopeId = this.boundInterface;
    }
    if (!isMulticast(text) && !this.#mayBind(text)) return -EADDRNOTAVAIL;
    const before = this.v6only;
    if (text !== "::") this.v6only = true;
    const result = this.#take(text, port);
    if (result < 0) this.v6only = before;
    return result;
  }

  /** bind() of IPv4 takes AF_UNSPEC with INADDR_ANY, as old programs pass it. */
  #isUnspecifiedAny({ family, data }: SocketAddress): boolean {
    return family === AF.UNSPEC && data.subarray(2, 6).every((byte) => byte === 0);
  }

  #mayBind(address: string): boolean {
    const { host } = this;
    if (isAnyAddress(address) || host.isLocal(address)) return true;
    const nonlocal = versionOf(address) === 4 ? "net.ipv4.ip_nonlocal_bind" : "net.ipv6.ip_nonlocal_bind";
    if (
      host.sysctls.get(nonlocal) !== 0 ||
      this.isSet(IP_OPTION.FREEBIND) ||
      this.isSet(IPV6_OPTION.FREEBIND) ||
      this.isSet(IPV6_OPTION.TRANSPARENT) ||
      this.isSet(IP_OPTION.TRANSPARENT)
    )
      return true;
    return versionOf(address) === 4 && (isMulticast(address) || host.isBroadcast(address));
  }

  #isPrivileged(port: number): boolean {
    return (
      port !== 0 &&
      port < this.host.sysctls.get("net.ipv4.ip_unprivileged_port_start") &&
      this.host.user !== 0
    );
  }

  #take(address: string, port: number): number {
    this.localAddress = address;
    if (port !== 0 || !this.isSet(IP_OPTION.BIND_ADDRESS_NO_PORT)) {
      const result = this.takePort(port);
      if (result < 0) {
        // inet_reset_saddr(): a connection that has ended leaves an address behind.
        this.localAddress = this.ipv6 ? "::" : "0.0.0.0";
        return result;
      }
    }
    this.locks &= LOCK.CONNECT_PORT;
    if (!isAnyAddress(address)) this.locks |= LOCK.BIND_ADDRESS;
    if (port !== 0) this.locks |= LOCK.BIND_PORT;
    return 0;
  }

  /** Enters the socket in the table of ports, under this port or one that is free (get_port()). */
  takePort(port: number): number {
    const table = this.host.ports(this.protocol);
    if (port !== 0 && table.conflicts(this, port)) return -EADDRINUSE;
    const taken = port === 0 ? table.portToBind(this, this.portRange()) : port;
    if (taken === undefined) return -EADDRINUSE;
    table.add(this, taken);
    this.localPort = taken;
    return 0;
  }

  /** Releases the port. */
  releasePort(): void {
    if (this.localPort !== 0) this.host.ports(this.protocol).remove(this, this.localPort);
    this.localPort = 0;
    this.locks &= ~LOCK.CONNECT_PORT;
  }

  /** The ephemeral ports of this socket: the host's, narrowed by IP_LOCAL_PORT_RANGE. */
  portRange(): readonly [first: number, last: number] {
    const [first = 0, last = 0] = this.host.sysctls.get("net.ipv4.ip_local_port_range");
    const range = this.value(IP_OPTION.LOCAL_PORT_RANGE);
    if (range === 0) return [first, last];
    const [low, high] = [range & 0xffff, range >>> 16];
    // inet_sk_get_local_port_range(): each end holds only within the host's range.
    return [low > first && low <= last ? low : first, high >= first && high < last ? high : last];
  }

  getsockname(): SocketAddress {
    return this.named(this.localAddress, this.localPort);
  }

  getpeername(): SocketAddress | number {
    return this.remoteAddress === "" ? -ENOTCONN : this.named(this.remoteAddress, this.remotePort);
  }

  /**
   * An address of packets as this socket's program sees it: mapped if it is IPv4's and this IPv6's.
   */
  named(address: string, port: number): SocketAddress {
    if (!this.ipv6) return internetAddress(address, port);
    const text = versionOf(address) === 6 ? address : mapped(address);
    return internetAddress(text, port, isOfOneLink(text) ? this.scopeId || this.boundInterface : 0);
  }

  /** Sets options of IP. */
  configureIp(changed: Partial<IpSettings>): void {
    this.ipSettings = { ...this.ipSettings, ...changed };
  }

  /** The route to an address, as this socket is bound. */
  routeTo(destination: string): Route | number {
    const multicast = isMulticast(destination);
    const { multicastInterface, unicastInterface } = this.ipSettings.sendingInterface;
    const given = multicast ? multicastInterface : unicastInterface;
    const scope = isLinkLocal(destination) ? this.scopeId : 0;
    const source =
      isAnyAddress(this.localAddress) || isMulticast(this.localAddress) ? undefined : this.localAddress;
    return this.host.route(destination, { source, interface: this.boundInterface || scope || given });
  }

  /** The TTL or hop limit of packets to an address. */
  hopLimit(destination: string): number {
    const version = versionOf(destination);
    if (!isMulticast(destination)) return this.unicastHopLimit(version);
    return this.value(version === 4 ? IP_OPTION.MULTICAST_TTL : IPV6_OPTION.MULTICAST_HOPS);
  }

  /** The TTL or hop limit of packets to one host. */
  unicastHopLimit(version: 4 | 6): number {
    const { sysctls } = this.host;
    const own = this.value(version === 4 ? IP_OPTION.TTL : IPV6_OPTION.UNICAST_HOPS);
    if (own !== -1) return own;
    return sysctls.get(version === 4 ? "net.ipv4.ip_default_ttl" : "net.ipv6.conf.all.hop_limit");
  }

  /** The TOS or traffic class of packets. */
  trafficClass(version: 4 | 6): number {
    return this.value(version === 4 ? IP_OPTION.TOS : IPV6_OPTION.TCLASS);
  }

  /**
   * Whether packets carry DF: with IP_PMTUDISC_DO, PROBE, and WANT unless the MTU is locked
   * (ip_dont_fragment()).
   */
  dontFragment(locked: boolean): boolean {
    const discover = this.value(IP_OPTION.MTU_DISCOVER);
    return (discover === 1 && !locked) || discover === 2 || discover === 3;
  }

  override attachReuseportFilter(filter: Uint8Array): number {
    return attachReuseportFilter(this, filter, this.hashed);
  }

  override detachReuseportFilter(): number {
    return detachReuseportFilter(this);
  }

  override inherit(from: SocketBase): void {
    super.inherit(from);
    if (!(from instanceof InetSocket)) return;
    this.v6only = from.v6only;
    const { sendingInterface } = from.ipSettings;
    if (sendingInterface !== this.ipSettings.sendingInterface) this.configureIp({ sendingInterface });
  }

  protected override getProtocolOption(level: number, name: number, value: ValueResult): number {
    if (level === IPPROTO.IP || (level === IPPROTO.IPV6 && this.ipv6))
      return getIpOption(this, level, name, value);
    return this.ipv6 ? -ENOPROTOOPT : -EOPNOTSUPP;
  }

  protected override setProtocolOption(level: number, name: number, value: Uint8Array): number {
    if (level === IPPROTO.IP || (level === IPPROTO.IPV6 && this.ipv6))
      return setIpOption(this, level, name, value);
    return -ENOPROTOOPT;
  }
}

/** sin_port of a sockaddr whose family is another. */
const portIn = ([high = 0, low = 0]: Uint8Array): number => high * 256 + low;
