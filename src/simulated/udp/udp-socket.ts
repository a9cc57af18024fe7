import type { Cmsg } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { ValueResult } from "../../system/system.ts";
import { ErrorQueue, ORIGIN } from "../host/error-queue.ts";
import { icmpErrno } from "../host/icmp-errnos.ts";
import { receivesAllMulticast } from "../host/inet-options.ts";
import { InetSocket } from "../host/inet-socket.ts";
import { receivedControls } from "../host/ip-controls.ts";
import { IP_OPTION, IPV6_OPTION } from "../host/ip-options.ts";
import type { KernelSocket, ReceiveRequest, SendRequest, SocketAddress } from "../host/kernel-socket.ts";
import type { NetworkInterface } from "../host/network-interface.ts";
import { giveInt, takenInt } from "../host/option-value.ts";
import { gather, scatter } from "../host/pieces.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { optionKey, Refused, type SimpleOption } from "../host/simple-option.ts";
import { filtered } from "../host/socket-filter.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { isAnyAddress, isLinkLocal, isMulticast, versionOf } from "../ip/address.ts";
import { reportedMtu } from "../ip/icmp.ts";
import { type IcmpMessage, type Packet, PROTOCOL, type UdpDatagram } from "../ip/packet.ts";
import { DatagramQueue, type QueuedDatagram, truesizeOf } from "./datagram-queue.ts";
import { destinationOf, scopeOf } from "./destination.ts";
import { UDP_OPTION, udpOptions } from "./udp-options.ts";
import { sendDatagram } from "./udp-send.ts";

const { AF, IPPROTO, MSG, POLL, SHUT, SOCK } = constants;
const { EACCES, EAGAIN, EINVAL, EMSGSIZE, ENOENT, ENOPROTOOPT, ENOTCONN, ENOTTY, EOPNOTSUPP } = errnos;

/** What a UDP socket needs from the protocol, which finds it by its addresses. */
export interface UdpSockets {
  /** The socket has a port from now on. */
  bound(socket: UdpSocket): void;
  /** It has another peer. */
  changed(socket: UdpSocket): void;
  removed(socket: UdpSocket): void;
}

/** Data that MSG_MORE or UDP_CORK holds back. */
interface Corked {
  readonly pieces: Uint8Array[];
  readonly request: SendRequest;
  length: number;
}

/** A socket of UDP (net/ipv4/udp.c, net/ipv6/udp.c). */
export class UdpSocket extends InetSocket {
  readonly #sockets: UdpSockets;
  readonly #queue = new DatagramQueue();
  readonly errors = new ErrorQueue();
  #corked: Corked | undefined;
  /** sk_stamp: undefined before anything was received, 0 if that was not stamped. */
  #stamp: bigint | undefined;
  #keepsStamp = false;

  constructor(host: ProtocolHost, sockets: UdpSockets, domain: number) {
    super(host, domain);
    this.#sockets = sockets;
  }

  override get type(): number {
    return SOCK.DGRAM;
  }

  override get protocol(): number {
    return IPPROTO.UDP;
  }

  /** TCP_ESTABLISHED. */
  get connected(): boolean {
    return this.remoteAddress !== "";
  }

  protected override get unbindable(): boolean {
    return this.connected;
  }

  protected override get hashed(): boolean {
    return this.localPort !== 0;
  }

  override takePort(port: number): number {
    const result = super.takePort(port);
    if (result >= 0) this.#sockets.bound(this);
    return result;
  }

  override releasePort(): void {
    this.#sockets.removed(this);
    super.releasePort();
  }

  /** inet_autobind(): a port for a socket that has none. */
  autobind(): number {
    return this.localPort === 0 && this.takePort(0) < 0 ? -EAGAIN : 0;
  }

  /** inet_dgram_connect(), __ip4_datagram_connect(), __ip6_datagram_connect(). */
  connect(address: SocketAddress): number {
    if (address.length < 2) return -EINVAL;
    if (address.family === AF.UNSPEC) return this.#disconnect();
    const bound = this.autobind();
    if (bound < 0) return bound;
    const to = destinationOf(this, address);
    if (typeof to === "number") return to;
    const scope = scopeOf(this, address);
    if (scope < 0) return scope;
    if (scope > 0) {
      this.boundInterface = scope;
      this.scopeId = scope;
    }
    if (isLinkLocal(to.address) && this.boundInterface === 0) return -EINVAL;
    const route = this.routeTo(to.address);
    if (typeof route === "number") return route;
    if (route.kind === "broadcast" && !this.isSet(SOCKET_OPTION.BROADCAST)) return -EACCES;
    this.#sockets.removed(this);
    this.remoteAddress = route.destination;
    this.remotePort = to.port;
    if (isAnyAddress(this.localAddress)) this.localAddress = route.source;
    this.#sockets.changed(this);
    return 0;
  }

  /** __udp_disconnect(). */
  #disconnect(): number {
    this.#sockets.removed(this);
    this.remoteAddress = "";
    this.remotePort = 0;
    if (!this.boundAddress) this.localAddress = this.ipv6 ? "::" : "0.0.0.0";
    if (this.boundPort) this.#sockets.changed(this);
    else super.releasePort();
    return 0;
  }

  listen(): number {
    return -EOPNOTSUPP;
  }

  accept(): KernelSocket | number {
    return -EOPNOTSUPP;
  }

  /** inet_shutdown(): without a peer it fails, but still shuts down. */
  shutdown(how: number): number {
    if (how < SHUT.RD || how > SHUT.RDWR) return -EINVAL;
    if (how !== SHUT.WR) this.receiveShutdown = true;
    if (how !== SHUT.RD) this.sendShutdown = true;
    this.host.changed(this, ALL);
    return this.connected ? 0 : -ENOTCONN;
  }

  send(request: SendRequest): number {
    const { flags, length } = request;
    const bound = this.autobind();
    if (bound < 0) return bound;
    if (length > 0xffff) return -EMSGSIZE;
    if (flags & MSG.OOB) return -EOPNOTSUPP;
    const corks = this.isSet(UDP_OPTION.CORK) || (flags & (MSG.MORE ?? 0)) !== 0;
    if (this.#corked === undefined && !corks) return sendDatagram(this, request);
    return this.#cork(request, corks);
  }

  #cork(request: SendRequest, corks: boolean): number {
    this.#corked ??= { pieces: [], request, length: 0 };
    const corked = this.#corked;
    if (corked.length + request.length > 0xffff) return -EMSGSIZE;
    corked.pieces.push(gather(request.pieces, request.length));
    corked.length += request.length;
    const sent = corks ? 0 : this.#flush();
    return sent < 0 ? sent : request.length;
  }

  #flush(): number {
    const corked = this.#corked;
    if (corked === undefined) return 0;
    this.#corked = undefined;
    return sendDatagram(this, { ...corked.request, pieces: corked.pieces, length: corked.length });
  }

  receive(request: ReceiveRequest): number {
    const { flags } = request;
    if (flags & (MSG.ERRQUEUE ?? 0)) return this.#receiveError(request);
    if (flags & MSG.OOB) return -EOPNOTSUPP;
    const pending = this.takeError();
    if (pending < 0) return pending;
    const peeks = (flags & MSG.PEEK) !== 0;
    const offset = peeks ? this.value(SOCKET_OPTION.PEEK_OFF) : -1;
    const found = offset >= 0 ? this.#queue.at(offset) : this.#first();
    // __skb_wait_for_more_packets() gives up, with 0, once receiving is shut down.
    if (found === undefined) return this.receiveShutdown && request.blocks ? 0 : -EAGAIN;
    const { queued, skip } = found;
    const { packet, datagram } = queued;
    const data = datagram.data.subarray(skip);
    const copied = scatter(data, request.pieces);
    if (copied < data.length) request.outFlags |= MSG.TRUNC;
    request.address = this.namedFrom(packet, datagram);
    if (request.wantsControls) {
      request.controls.push(...receivedControls(this, queued));
      if (queued.segment > 0) request.controls.push(segmentControl(queued.segment));
    }
    if (this.#keepsStamp)
      this.#stamp = BigInt(queued.time.seconds) * SECOND + BigInt(queued.time.nanoseconds);
    else this.#stamp ??= 0n;
    if (!peeks) {
      this.#queue.shift();
      this.host.memory(PROTOCOL.UDP).uncharge(queued.truesize);
    } else if (offset >= 0) this.setValue(SOCKET_OPTION.PEEK_OFF, offset + copied);
    return flags & MSG.TRUNC ? data.length : copied;
  }

  #first() {
    const queued = this.#queue.first;
    return queued && { queued, skip: 0 };
  }

  #receiveError(request: ReceiveRequest): number {
    const received = this.errors.receive(request, this.ipv6);
    if (received === undefined) return -EAGAIN;
    this.error = this.errors.pending;
    return received;
  }

  /** The sender of a packet, as this socket's program sees it. */
  namedFrom({ source }: Packet, { sourcePort }: UdpDatagram): SocketAddress {
    const named = this.named(source, sourcePort);
    return isLinkLocal(source) ? { ...named, scopeId: this.scopeId || LINK } : named;
  }

  /** A datagram arrived for this socket: udp_queue_rcv_skb(). */
  deliver(packet: Packet, arrived: UdpDatagram, from: NetworkInterface): void {
    const { host } = this;
    const minimum = this.value(packet.version === 4 ? IP_OPTION.MINTTL : IPV6_OPTION.MINHOPCOUNT);
    if (packet.hopLimit < minimum) return;
    const datagram = filtered(this, packet, arrived, from);
    if (datagram === undefined) {
      this.#queue.drops += 1;
      host.counters.count("Udp.InErrors");
      return;
    }
    const truesize = truesizeOf(datagram.data.length);
    const queued: QueuedDatagram = {
      packet,
      datagram,
      truesize,
      at: host.clock.now,
      segment: 0,
      destinationPort: datagram.destinationPort,
      interface: from.index,
      time: host.time(),
      drops: this.#queue.drops,
    };
    const joined = this.isSet(UDP_OPTION.GRO) && this.#queue.join(queued);
    if (!joined && !this.#queue.add(queued, this.receiveBuffer)) {
      host.counters.count("Udp.RcvbufErrors");
      host.counters.count("Udp.InErrors");
      return;
    }
    host.memory(PROTOCOL.UDP).charge(truesize);
    host.counters.count("Udp.InDatagrams");
    host.changed(this, POLL.IN | POLL.RDNORM);
  }

  /** An ICMP error about a datagram of this socket: __udp4_lib_err(), __udp6_lib_err(). */
  failed(about: Packet, datagram: UdpDatagram, message: IcmpMessage, from: string): void {
    const known = icmpErrno(about.version, message.type, message.code);
    if (known === undefined) return;
    const tooBig = reportedMtu(about, message) !== undefined;
    const discovers =
      this.value(about.version === 4 ? IP_OPTION.MTU_DISCOVER : IPV6_OPTION.MTU_DISCOVER) !== 0;
    if (tooBig && !discovers) return;
    const fatal = known.fatal || (tooBig && about.version === 4);
    if (this.isSet(this.ipv6 ? IPV6_OPTION.RECVERR : IP_OPTION.RECVERR)) {
      this.errors.add({
        errno: known.errno,
        origin: about.version === 4 ? ORIGIN.ICMP : ORIGIN.ICMP6,
        type: message.type,
        code: message.code,
        info: tooBig ? message.info : 0,
        destination: this.named(about.destination, datagram.destinationPort),
        offender: this.named(from, 0),
        data: datagram.data,
      });
    } else if (!fatal || !this.connected) return;
    this.error = known.errno;
    this.host.changed(this, POLL.ERR);
  }

  /** Whether this socket gets a packet for many: __udp_is_mcast_sock(). */
  wants(packet: Packet, from: NetworkInterface): boolean {
    const { destination, source } = packet;
    if (!isMulticast(destination)) return true;
    if (this.ipSettings.memberships === undefined) return this.#wantsAll(destination);
    return this.ipSettings.memberships.wants(destination, source, from.index, this.#wantsAll(destination));
  }

  #wantsAll(group: string): boolean {
    return versionOf(group) === 4 ? receivesAllMulticast(this) : this.value(IPV6_OPTION.MULTICAST_ALL) !== 0;
  }

  events(): number {
    let events = POLL.OUT | POLL.WRNORM | POLL.WRBAND;
    const priority = this.isSet(SOCKET_OPTION.SELECT_ERR_QUEUE) ? POLL.PRI : 0;
    if (this.error !== 0 || this.errors.size > 0) events |= POLL.ERR | priority;
    if (this.receiveShutdown) events |= POLL.RDHUP | POLL.IN | POLL.RDNORM;
    if (this.receiveShutdown && this.sendShutdown) events |= POLL.HUP;
    if (this.#queue.size > 0) events |= POLL.IN | POLL.RDNORM;
    return events;
  }

  atMark(): number {
    return -ENOTTY;
  }

  readable(): number {
    return this.#queue.first?.datagram.data.length ?? 0;
  }

  /** Datagrams leave immediately. */
  unacknowledged(): { readonly queued: number; readonly unsent: number } {
    return { queued: 0, unsent: -ENOTTY };
  }

  /** sock_gettstamp(): the first call asks for stamps. */
  stamp(): bigint {
    const { seconds, nanoseconds } = this.host.time();
    const now = BigInt(seconds) * SECOND + BigInt(nanoseconds);
    this.#keepsStamp = true;
    if (this.#stamp === 0n) this.#stamp = now;
    return this.#stamp ?? BigInt(-ENOENT);
  }

  close(): void {
    this.#corked = undefined;
    this.ipSettings.memberships?.leaveAll();
    this.host.memory(PROTOCOL.UDP).uncharge(this.#queue.allocated);
    this.releasePort();
  }

  describe(): string {
    const peer = this.connected ? ` to ${this.remoteAddress}:${this.remotePort}` : "";
    return `udp ${this.localAddress}:${this.localPort}${peer}`;
  }

  override memoryInfo(): number[] {
    const { allocated, drops } = this.#queue;
    return [allocated, this.receiveBuffer, 0, this.sendBuffer, 0, 0, 0, 0, drops];
  }

  protected override getProtocolOption(level: number, name: number, value: ValueResult): number {
    if (level !== IPPROTO.UDP) return super.getProtocolOption(level, name, value);
    const option = udpOptions.get(optionKey(level, name));
    return option === undefined ? -ENOPROTOOPT : giveInt(value, this.value(option));
  }

  protected override setProtocolOption(level: number, name: number, value: Uint8Array): number {
    if (level !== IPPROTO.UDP) return super.setProtocolOption(level, name, value);
    const int = takenInt(value);
    if (int === undefined) return -EINVAL;
    const option = udpOptions.get(optionKey(level, name));
    if (option === undefined) return -ENOPROTOOPT;
    const accepted = option.accept(int);
    if (accepted instanceof Refused) return accepted.errno;
    this.setValue(option, accepted);
    return 0;
  }

  protected override optionChanged(option: SimpleOption, value: number): void {
    if (option === UDP_OPTION.CORK && value === 0) this.#flush();
  }
}

const ALL = POLL.IN | POLL.OUT | POLL.RDHUP | POLL.HUP;
/** In nanoseconds. */
const SECOND = 1_000_000_000n;
/** The interface of the host's links. */
const LINK = 2;

/** UDP_GRO: how long the datagrams were that this one is made of. */
const segmentControl = (segment: number): Cmsg => ({
  ...options.UDP_GRO,
  data: new Uint8Array(Int32Array.of(segment).buffer),
});
