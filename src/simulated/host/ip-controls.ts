import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../../address/ip.ts";
import type { Cmsg } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { mapped, unmapped, versionOf } from "../ip/address.ts";
import type { Packet } from "../ip/packet.ts";
import { IP_OPTION, IPV6_OPTION } from "./ip-options.ts";
import { takenInt } from "./option-value.ts";
import type { SimpleOption } from "./simple-option.ts";
import { encodeSockaddr, internetAddress } from "./sockaddr.ts";
import { SOCKET_OPTION } from "./socket-options.ts";

// Control messages of datagrams: what recvmsg() gets (ip_cmsg_recv_offset(),
// ip6_datagram_recv_ctl()), and what sendmsg() may ask for (ip_cmsg_send(),
// ip6_datagram_send_ctl()).

const { SOL, IPPROTO } = constants;
const { EINVAL } = errnos;

/** A datagram as a socket received it. */
export interface Arrival {
  readonly packet: Packet;
  readonly destinationPort: number;
  readonly interface: number;
  /** Seconds and nanoseconds since 1970. */
  readonly time: { readonly seconds: number; readonly nanoseconds: number };
  /** Datagrams that the socket dropped before. */
  readonly drops: number;
}

/** Which options of a socket are on. */
export interface ControlSocket {
  readonly ipv6: boolean;
  isSet(option: SimpleOption): boolean;
}

const cmsg = ({ level, number }: { level: number; number: number }, data: Uint8Array): Cmsg => ({
  level,
  number,
  data,
});

const ints = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** The control messages that a socket requested, in the kernel's order. */
export function receivedControls(socket: ControlSocket, arrival: Arrival): Cmsg[] {
  const controls = socketControls(socket, arrival);
  const { packet } = arrival;
  if (packet.version === 4) ipv4Controls(socket, arrival, controls);
  if (socket.ipv6) ipv6Controls(socket, arrival, controls);
  return controls;
}

function socketControls(socket: ControlSocket, { time, drops }: Arrival): Cmsg[] {
  const controls: Cmsg[] = [];
  const { SO_TIMESTAMP, SO_TIMESTAMPNS, SO_RXQ_OVFL, SO_MARK, SO_PRIORITY } = options;
  if (socket.isSet(SOCKET_OPTION.TIMESTAMP))
    controls.push(cmsg(SO_TIMESTAMP, pairOf(time.seconds, Math.floor(time.nanoseconds / 1_000))));
  else if (socket.isSet(SOCKET_OPTION.TIMESTAMPNS))
    controls.push(cmsg(SO_TIMESTAMPNS, pairOf(time.seconds, time.nanoseconds)));
  if (socket.isSet(SOCKET_OPTION.RXQ_OVFL) && drops > 0) controls.push(cmsg(SO_RXQ_OVFL, ints(drops)));
  if (socket.isSet(SOCKET_OPTION.RCVMARK)) controls.push(cmsg(SO_MARK, ints(0)));
  if (socket.isSet(SOCKET_OPTION.RCVPRIORITY)) controls.push(cmsg(SO_PRIORITY, ints(0)));
  return controls;
}

/** struct timeval or timespec: two 64-bit numbers. */
function pairOf(first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, first % 2 ** 32, true);
  view.setUint32(4, Math.floor(first / 2 ** 32), true);
  view.setUint32(8, second, true);
  return bytes;
}

function ipv4Controls(socket: ControlSocket, arrival: Arrival, controls: Cmsg[]): void {
  const { packet, destinationPort, interface: index } = arrival;
  const { IP_PKTINFO, IP_TTL, IP_TOS, IP_ORIGDSTADDR } = options;
  if (socket.isSet(IP_OPTION.PKTINFO) && !socket.ipv6) {
    const data = new Uint8Array(12);
    data.set(ints(index));
    data.set(parseIpv4(packet.destination) ?? [], 4);
    data.set(parseIpv4(packet.destination) ?? [], 8);
    controls.push(cmsg(IP_PKTINFO, data));
  }
  if (socket.isSet(IP_OPTION.RECVTTL)) controls.push(cmsg(IP_TTL, ints(packet.hopLimit)));
  if (socket.isSet(IP_OPTION.RECVTOS)) controls.push(cmsg(IP_TOS, Uint8Array.of(packet.trafficClass)));
  if (socket.isSet(IP_OPTION.RECVORIGDSTADDR))
    controls.push(cmsg(IP_ORIGDSTADDR, encodeSockaddr(internetAddress(packet.destination, destinationPort))));
}

function ipv6Controls(socket: ControlSocket, arrival: Arrival, controls: Cmsg[]): void {
  const { packet, destinationPort, interface: index } = arrival;
  const { IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS, IPV6_ORIGDSTADDR } = options;
  const text = packet.version === 4 ? mapped(packet.destination) : packet.destination;
  if (socket.isSet(IPV6_OPTION.RECVPKTINFO)) {
    const data = new Uint8Array(20);
    data.set(parseIpv6(text) ?? []);
    data.set(ints(index), 16);
    controls.push(cmsg(IPV6_PKTINFO, data));
  }
  if (packet.version === 4) return;
  if (socket.isSet(IPV6_OPTION.RECVHOPLIMIT)) controls.push(cmsg(IPV6_HOPLIMIT, ints(packet.hopLimit)));
  if (socket.isSet(IPV6_OPTION.RECVTCLASS)) controls.push(cmsg(IPV6_TCLASS, ints(packet.trafficClass)));
  if (socket.isSet(IPV6_OPTION.RECVORIGDSTADDR))
    controls.push(cmsg(IPV6_ORIGDSTADDR, encodeSockaddr(internetAddress(text, destinationPort))));
}

/** The changes that control messages make to one datagram. */
export interface SentControls {
  source?: string;
  interface?: number;
  hopLimit?: number;
  trafficClass?: number;
  /** UDP_SEGMENT. */
  segment?: number;
}

/** Reads the control messages of sendmsg(); a negative errno if one is wrong. */
export function sentControls(cmsgs: readonly Cmsg[], ipv6: boolean): SentControls | number {
  const sent: SentControls = {};
  for (const one of cmsgs) {
    const problem =
      one.level === SOL.SOCKET
        ? socketControl(one)
        : one.level === IPPROTO.IP
          ? ipv4Control(one, sent)
          : one.level === IPPROTO.IPV6
            ? ipv6Control(one, sent, ipv6)
            : one.level === IPPROTO.UDP
              ? udpControl(one, sent)
              : 0;
    if (problem < 0) return problem;
  }
  return sent;
}

/** __sock_cmsg_send(): rights and credentials mean nothing to IP. */
function socketControl({ number, data }: Cmsg): number {
  const { SO_MARK, SO_TIMESTAMPING, SO_PRIORITY } = options;
  if (number === SO_MARK.number || number === SO_TIMESTAMPING.number || number === SO_PRIORITY.number)
    return data.length === 4 ? 0 : -EINVAL;
  return number === 1 || number === 2 ? 0 : -EINVAL;
}

function ipv4Control({ number, data }: Cmsg, sent: SentControls): number {
  const int = takenInt(data);
  switch (number) {
    case options.IP_PKTINFO.number: {
      if (data.length !== 12) return -EINVAL;
      if (int !== undefined && int !== 0) sent.interface = int;
      const source = formatIpv4(data, 4);
      if (source !== "0.0.0.0") sent.source = source;
      return 0;
    }
    case options.IP_TTL.number:
      if (data.length !== 4 || int === undefined || int < 1 || int > 255) return -EINVAL;
      sent.hopLimit = int;
      return 0;
    case options.IP_TOS.number: {
      const tos = data.length === 4 ? int : data.length === 1 ? data[0] : undefined;
      if (tos === undefined || tos < 0 || tos > 255) return -EINVAL;
      sent.trafficClass = tos;
      return 0;
    }
    case options.IP_RETOPTS.number:
      return 0;
    default:
      return -EINVAL;
  }
}

function ipv6Control({ number, data }: Cmsg, sent: SentControls, ipv6: boolean): number {
  const int = takenInt(data);
  switch (number) {
    case options.IPV6_PKTINFO.number: {
      if (data.length < 20) return -EINVAL;
      const text = formatIpv6(data);
      const source = unmapped(text) ?? text;
      if (!ipv6 && versionOf(source) === 6) return -EINVAL;
      const index = takenInt(data, 16) ?? 0;
      if (index !== 0) sent.interface = index;
      if (source !== "::") sent.source = source;
      return 0;
    }
    case options.IPV6_HOPLIMIT.number:
      if (data.length !== 4 || int === undefined || int < -1 || int > 255) return -EINVAL;
      if (int !== -1) sent.hopLimit = int;
      return 0;
    case options.IPV6_TCLASS.number:
      if (data.length !== 4 || int === undefined || int < -1 || int > 255) return -EINVAL;
      if (int !== -1) sent.trafficClass = int;
      return 0;
    case options.IPV6_DONTFRAG.number:
      return data.length === 4 && (int === 0 || int === 1) ? 0 : -EINVAL;
    default:
      return -EINVAL;
  }
}

/** udp_cmsg_send(). */
function udpControl({ number, data }: Cmsg, sent: SentControls): number {
  if (number !== options.UDP_SEGMENT.number || data.length !== 2) return -EINVAL;
  sent.segment = (data[0] ?? 0) + (data[1] ?? 0) * 256;
  return 0;
}
