import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { type ErrorQueue, ORIGIN } from "../host/error-queue.ts";
import { type SentControls, sentControls } from "../host/ip-controls.ts";
import { IP_OPTION, IPV6_OPTION } from "../host/ip-options.ts";
import type { IpSettings } from "../host/ip-settings.ts";
import type { SendRequest, SocketAddress } from "../host/kernel-socket.ts";
import { gather } from "../host/pieces.ts";
import type { ProtocolHost, Route } from "../host/protocol-host.ts";
import type { SimpleOption } from "../host/simple-option.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { isAnyAddress, isLinkLocal, isMulticast, versionOf } from "../ip/address.ts";
import type { Packet, UdpDatagram } from "../ip/packet.ts";
import { type DestinationSocket, destinationOf } from "./destination.ts";
import { UDP_OPTION } from "./udp-options.ts";

const { AF } = constants;
const { EACCES, EAFNOSUPPORT, EDESTADDRREQ, EINVAL, EIO, EMSGSIZE, ENETUNREACH, EPIPE } = errnos;

/** What sending needs from a UDP socket. */
export interface SendingSocket extends DestinationSocket {
  readonly host: ProtocolHost;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly sendShutdown: boolean;
  readonly ipSettings: IpSettings;
  readonly scopeId: number;
  readonly errors: ErrorQueue;
  isSet(option: SimpleOption): boolean;
  value(option: SimpleOption): number;
  takeError(): number;
  hopLimit(destination: string): number;
  trafficClass(version: 4 | 6): number;
  named(address: string, port: number): SocketAddress;
}

const NOTHING = new Uint8Array(0);

/** UDP_MAX_SEGMENTS: the most datagrams of one call with UDP_SEGMENT. */
const MOST_SEGMENTS = 128;

/** udp_sendmsg(), udpv6_sendmsg(): the order of the checks decides which errno is seen. */
export function sendDatagram(socket: SendingSocket, request: SendRequest): number {
  const to = whereTo(socket, request.address);
  if (typeof to === "number") return to;
  const controls = sentControls(request.controls, socket.ipv6);
  if (typeof controls === "number") return controls;
  const route = routeFor(socket, to, controls);
  if (typeof route === "number") return route;
  if (route.kind === "broadcast" && !socket.isSet(SOCKET_OPTION.BROADCAST)) return -EACCES;
  const version = versionOf(route.destination);
  const most = 0xffff - 8 - (version === 4 ? 20 : 0);
  if (request.length > most) return tooBig(socket, route, to.port);
  // sock_alloc_send_pskb() reports what is pending.
  const pending = socket.takeError();
  if (pending < 0) return pending;
  if (socket.sendShutdown) return -EPIPE;
  const segment = controls.segment ?? socket.value(UDP_OPTION.SEGMENT);
  const data = gather(request.pieces, request.length);
  if (segment === 0 || segment >= data.length) return sendOne(socket, route, to.port, data, controls);
  if (Math.ceil(data.length / segment) > MOST_SEGMENTS) return -EINVAL;
  if (segment + 28 > route.mtu) return -EINVAL;
  if (socket.isSet(SOCKET_OPTION.NO_CHECK)) return -EIO;
  for (let from = 0; from < data.length; from += segment) {
    const sent = sendOne(socket, route, to.port, data.subarray(from, from + segment), controls);
    if (sent < 0) return sent;
  }
  return data.length;
}

interface Destination {
  readonly address: string;
  readonly port: number;
  readonly scopeId: number;
}

function whereTo(socket: SendingSocket, address: SocketAddress | undefined): Destination | number {
  if (address === undefined) {
    if (socket.remoteAddress === "") return -EDESTADDRREQ;
    return { address: socket.remoteAddress, port: socket.remotePort, scopeId: socket.scopeId };
  }
  // AF_UNSPEC: IPv4 takes it for AF_INET, IPv6 for the peer of connect().
  if (address.family === AF.UNSPEC) {
    if (socket.ipv6) return whereTo(socket, undefined);
    if (address.length < 16) return -EINVAL;
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = address.data;
    const port = b0 * 256 + b1;
    return port === 0 ? -EINVAL : { address: `${b2}.${b3}.${b4}.${b5}`, port, scopeId: 0 };
  }
  if (!socket.ipv6 && address.length >= 16 && address.family !== AF.INET) return -EAFNOSUPPORT;
  // udpv6_sendmsg() has another errno here than connect().
  if (socket.ipv6 && address.family === AF.INET && socket.v6only && address.length >= 16) return -ENETUNREACH;
  const to = destinationOf(socket, address);
  if (typeof to === "number") return to;
  return to.port === 0 ? -EINVAL : { ...to, scopeId: address.scopeId };
}

function routeFor(socket: SendingSocket, to: Destination, controls: SentControls): Route | number {
  const multicast = isMulticast(to.address);
  const version = versionOf(to.address);
  const own =
    isAnyAddress(socket.localAddress) || isMulticast(socket.localAddress) ? undefined : socket.localAddress;
  const multicastSource =
    multicast && version === 4 && socket.ipSettings.sendingInterface.multicastAddress !== "0.0.0.0"
      ? socket.ipSettings.sendingInterface.multicastAddress
      : undefined;
  const source = controls.source ?? own ?? multicastSource;
  if (controls.source !== undefined && !socket.host.isLocal(controls.source)) return -EINVAL;
  const scope = isLinkLocal(to.address) ? to.scopeId : 0;
  const given = multicast
    ? socket.ipSettings.sendingInterface.multicastInterface
    : socket.ipSettings.sendingInterface.unicastInterface;
  const index = socket.boundInterface || controls.interface || scope || given;
  return socket.host.route(to.address, {
    source: source !== undefined && versionOf(source) === version ? source : undefined,
    interface: index,
  });
}

function sendOne(
  socket: SendingSocket,
  route: Route,
  port: number,
  data: Uint8Array,
  controls: SentControls,
): number {
  const { host } = socket;
  const { destination } = route;
  const version = versionOf(destination);
  const payload: UdpDatagram = {
    kind: "udp",
    sourcePort: socket.localPort,
    destinationPort: port,
    data,
    ...(version === 4 && socket.isSet(SOCKET_OPTION.NO_CHECK) && { noChecksum: true }),
  };
  const size = data.length + 8 + (version === 4 ? 20 : 40);
  // IPV6_MTU: frag_size limits what the path allows.
  const limit = version === 6 ? socket.value(IPV6_OPTION.MTU) : 0;
  const mtu = limit === 0 ? route.mtu : Math.min(limit, route.mtu);
  const dontFragment = keepsWhole(socket, version, size, mtu);
  if (size > mtu && dontFragment) return tooBig(socket, route, port);
  const packet: Packet = {
    version,
    source: route.source,
    destination,
    hopLimit: controls.hopLimit ?? socket.hopLimit(destination),
    trafficClass: controls.trafficClass ?? socket.trafficClass(versionOf(destination)),
    flowLabel: 0,
    identification: version === 4 ? identify(socket) : 0,
    dontFragment,
    fragment: undefined,
    payload,
  };
  host.counters.count("Udp.OutDatagrams");
  const loops = socket.isSet(version === 4 ? IP_OPTION.MULTICAST_LOOP : IPV6_OPTION.MULTICAST_LOOP);
  if (route.kind === "multicast" && loops) host.loopBack(packet, route.interface);
  const sent = host.send(packet, mtu === route.mtu ? route : { ...route, mtu });
  return sent < 0 ? sent : data.length;
}

/**
 * Whether DF is set: ip_dont_fragment() and __ip_make_skb(); in IPv6, whether nobody may fragment.
 */
function keepsWhole(socket: SendingSocket, version: 4 | 6, size: number, mtu: number): boolean {
  const discover = socket.value(version === 4 ? IP_OPTION.MTU_DISCOVER : IPV6_OPTION.MTU_DISCOVER);
  if (version === 6) return discover === 2 || discover === 3 || socket.isSet(IPV6_OPTION.DONTFRAG);
  return discover === 2 || discover === 3 || (discover === 1 && size <= mtu);
}

/** ip_select_ident_segs(): what nobody may fragment needs none, unless the socket has a peer. */
function identify(socket: SendingSocket): number {
  const discover = socket.value(IP_OPTION.MTU_DISCOVER);
  const needsNone = (discover === 2 || discover === 3) && socket.remoteAddress === "";
  return needsNone ? 0 : socket.host.nextIdentification();
}

/** -EMSGSIZE, which IP_RECVERR also queues: ip_local_error(). */
function tooBig(socket: SendingSocket, route: Route, port: number): number {
  const option = socket.ipv6 ? IPV6_OPTION.RECVERR : IP_OPTION.RECVERR;
  if (socket.isSet(option)) {
    socket.errors.add({
      errno: EMSGSIZE,
      origin: ORIGIN.LOCAL,
      type: 0,
      code: 0,
      info: route.mtu,
      destination: socket.named(route.destination, port),
      offender: undefined,
      data: NOTHING,
    });
  }
  return -EMSGSIZE;
}
