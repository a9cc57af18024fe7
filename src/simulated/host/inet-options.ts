import { formatIpv4, parseIpv4 } from "../../address/ip.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { ValueResult } from "../../system/system.ts";
import { mapped } from "../ip/address.ts";
import { IP_OPTION, IPV6_OPTION, ipOptions, ipv6Options } from "./ip-options.ts";
import type { SendingInterface } from "./ip-settings.ts";
import { getIpv4Filter, type MulticastSocket, setMulticastOption } from "./multicast-options.ts";
import { giveBytes, giveInt, takenInt } from "./option-value.ts";
import type { ProtocolHost, Route } from "./protocol-host.ts";
import { optionKey, Refused, type SimpleOption } from "./simple-option.ts";
import { encodeSockaddr, internetAddress } from "./sockaddr.ts";

const { IPPROTO, SOCK } = constants;
const { EADDRNOTAVAIL, EINVAL, ENODEV, ENOENT, ENOPROTOOPT, ENOTCONN } = errnos;

/** The parts of an InetSocket that options of IP concern. */
export interface IpOptionSocket extends MulticastSocket {
  readonly host: ProtocolHost;
  readonly ipv6: boolean;
  readonly localPort: number;
  readonly remoteAddress: string;
  v6only: boolean;
  readonly localAddress: string;
  value(option: SimpleOption): number;
  wasSet(option: SimpleOption): boolean;
  setValue(option: SimpleOption, value: number): void;
  routeTo(destination: string): Route | number;
}

const number = (name: keyof typeof options): number => options[name].number;

export function getIpOption(socket: IpOptionSocket, level: number, name: number, value: ValueResult): number {
  return level === IPPROTO.IP ? getIpv4(socket, name, value) : getIpv6(socket, name, value);
}

export function setIpOption(socket: IpOptionSocket, level: number, name: number, value: Uint8Array): number {
  const multicast = setMulticastOption(socket, level, name, value);
  if (multicast !== undefined) return multicast;
  return level === IPPROTO.IP ? setIpv4(socket, name, value) : setIpv6(socket, name, value);
}

/** IP_MULTICAST_ALL: inet6_create() leaves it clear, inet_create() sets it. */
export const receivesAllMulticast = (socket: Pick<IpOptionSocket, "ipv6" | "value" | "wasSet">): boolean =>
  socket.value(IP_OPTION.MULTICAST_ALL) !== 0 && (!socket.ipv6 || socket.wasSet(IP_OPTION.MULTICAST_ALL));

/** do_ip_getsockopt(): a small int fits in one byte, if the caller has no room for more. */
function giveIpInt(value: ValueResult, int: number): number {
  if (value.length >= 4 || value.length === 0 || int < 0 || int > 255) return giveInt(value, int);
  value.length = 1;
  value.bytes[0] = int;
  return 0;
}

function getIpv4(socket: IpOptionSocket, name: number, value: ValueResult): number {
  switch (name) {
    case number("IP_TTL"): {
      const ttl = socket.value(IP_OPTION.TTL);
      return giveIpInt(value, ttl === -1 ? socket.host.sysctls.get("net.ipv4.ip_default_ttl") : ttl);
    }
    case number("IP_MTU"):
      return pathMtu(socket, (mtu) => giveIpInt(value, mtu));
    case number("IP_PROTOCOL"):
      return giveIpInt(value, socket.localPort);
    case number("IP_HDRINCL"):
    case number("IP_NODEFRAG"):
    case number("IP_ROUTER_ALERT"):
      return giveIpInt(value, 0);
    case number("IP_MULTICAST_ALL"):
      // inet6_create() leaves mc_all clear, inet_create() sets it.
      return giveIpInt(value, receivesAllMulticast(socket) ? 1 : 0);
    case number("IP_MULTICAST_IF"):
      return giveBytes(
        value,
        parseIpv4(socket.ipSettings.sendingInterface.multicastAddress) ?? new Uint8Array(4),
      );
    case number("IP_UNICAST_IF"):
      return giveBytes(value, networkOrder(socket.ipSettings.sendingInterface.unicastInterface));
    case number("IP_OPTIONS"):
      return giveBytes(value, socket.ipSettings.ipOptionBytes ?? new Uint8Array(0));
    case number("IP_PKTOPTIONS"):
      return socket.type === SOCK.STREAM ? givePacketOptions(socket, value) : -ENOPROTOOPT;
    case number("IP_MSFILTER"):
      return getIpv4Filter(socket, value);
    case number("MCAST_MSFILTER"):
      return -EINVAL;
    case number("SO_ORIGINAL_DST"):
      return socket.type === SOCK.STREAM ? -ENOENT : -ENOPROTOOPT;
    default: {
      const option = ipOptions.get(optionKey(IPPROTO.IP, name));
      return option === undefined ? -ENOPROTOOPT : giveIpInt(value, socket.value(option));
    }
  }
}

function setIpv4(socket: IpOptionSocket, name: number, value: Uint8Array): number {
  const stream = socket.type === SOCK.STREAM;
  switch (name) {
    case number("IP_OPTIONS"):
      return setIpOptionBytes(socket, value);
    case number("IP_MULTICAST_IF"):
      return stream ? -EINVAL : setMulticastInterface(socket, value);
    case number("IP_UNICAST_IF"):
      return setUnicastInterface(socket, value);
    case number("IP_MULTICAST_TTL"):
    case number("IP_RECVFRAGSIZE"):
      if (stream) return -EINVAL;
      break;
    case number("IP_ROUTER_ALERT"):
      return -EINVAL;
    case number("IP_TOS"):
      return setTos(socket, value);
    case number("IP_LOCAL_PORT_RANGE"):
      if (value.length !== 4) return -EINVAL;
      break;
  }
  const option = ipOptions.get(optionKey(IPPROTO.IP, name));
  if (option === undefined) return -ENOPROTOOPT;
  return setSimple(socket, option, value);
}

/** TCP keeps the ECN bits to itself: __ip_sock_set_tos(). */
function setTos(socket: IpOptionSocket, value: Uint8Array): number {
  const given = intOf(value) ?? 0;
  const mask = socket.type === SOCK.STREAM ? 0xfc : 0xff;
  socket.setValue(IP_OPTION.TOS, given & mask);
  return 0;
}

function setSimple(socket: IpOptionSocket, option: SimpleOption, value: Uint8Array): number {
  if (value.length < option.minimum) return -EINVAL;
  // do_ip_setsockopt() takes a byte for an int, do_ipv6_setsockopt() does not.
  const short = option.level === IPPROTO.IP ? (value[0] ?? 0) : 0;
  const int = takenInt(value) ?? (option.minimum === 4 ? undefined : short);
  if (int === undefined) return -EINVAL;
  const accepted = option.accept(int);
  if (accepted instanceof Refused) return accepted.errno;
  socket.setValue(option, accepted);
  return 0;
}

/** do_ip_setsockopt(): an int if there is room for one, otherwise the first byte. */
const intOf = (value: Uint8Array): number | undefined => takenInt(value) ?? value[0];

/** Only options that do nothing, IPOPT_NOOP and IPOPT_END, are accepted: no packet carries any. */
function setIpOptionBytes(socket: IpOptionSocket, value: Uint8Array): number {
  if (value.length > 40) return -EINVAL;
  const end = value.indexOf(0);
  const used = end === -1 ? value : value.subarray(0, end);
  if (used.some((byte) => byte !== 1)) return -EINVAL;
  const kept = new Uint8Array(Math.ceil(value.length / 4) * 4);
  kept.set(used);
  socket.configureIp({ ipOptionBytes: kept.length === 0 ? undefined : kept });
  return 0;
}

/** struct in_addr, ip_mreq or ip_mreqn. */
function setMulticastInterface(socket: IpOptionSocket, value: Uint8Array): number {
  if (value.length < 4) return -EINVAL;
  const index = value.length >= 12 ? (takenInt(value, 8) ?? 0) : 0;
  const address = value.length >= 8 ? formatIpv4(value, 4) : formatIpv4(value);
  if (index === 0 && address === "0.0.0.0") {
    send(socket, { multicastInterface: 0, multicastAddress: "0.0.0.0" });
    return 0;
  }
  const found = index === 0 ? socket.host.interfaceOf(address) : socket.host.interfaceByIndex(index);
  if (found === undefined) return -EADDRNOTAVAIL;
  send(socket, { multicastInterface: found.index, multicastAddress: address });
  return 0;
}

function send(socket: IpOptionSocket, changed: Partial<SendingInterface>): void {
  socket.configureIp({ sendingInterface: { ...socket.ipSettings.sendingInterface, ...changed } });
}

/** The index is in network byte order. */
function setUnicastInterface(socket: IpOptionSocket, value: Uint8Array): number {
  if (value.length !== 4) return -EINVAL;
  const index = new DataView(value.buffer, value.byteOffset, 4).getInt32(0);
  if (index !== 0 && socket.host.interfaceByIndex(index) === undefined) return -EADDRNOTAVAIL;
  send(socket, { unicastInterface: index });
  return 0;
}

function networkOrder(int: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, int);
  return bytes;
}

function pathMtu(socket: IpOptionSocket, give: (mtu: number) => number): number {
  if (socket.remoteAddress === "") return -ENOTCONN;
  const route = socket.routeTo(socket.remoteAddress);
  return typeof route === "number" ? -ENOTCONN : give(route.mtu);
}

const NOTHING = new Uint8Array(0);

/** Extension headers that a socket would send with every packet. */
const extensionHeaders = new Set([
  number("IPV6_HOPOPTS"),
  number("IPV6_RTHDRDSTOPTS"),
  number("IPV6_RTHDR"),
  number("IPV6_DSTOPTS"),
]);

function getIpv6(socket: IpOptionSocket, name: number, value: ValueResult): number {
  if (extensionHeaders.has(name))
    return giveBytes(value, socket.ipSettings.extensionHeaders?.get(name) ?? NOTHING);
  switch (name) {
    case number("IPV6_V6ONLY"):
      return giveInt(value, socket.v6only ? 1 : 0);
    case number("IPV6_UNICAST_HOPS"): {
      const hops = socket.value(IPV6_OPTION.UNICAST_HOPS);
      return giveInt(value, hops === -1 ? socket.host.sysctls.get("net.ipv6.conf.all.hop_limit") : hops);
    }
    case number("IPV6_MTU"):
      return pathMtu(socket, (mtu) => giveInt(value, mtu));
    case number("IPV6_PATHMTU"):
      return givePathMtu(socket, value);
    case number("IPV6_ADDRFORM"):
      return -ENOTCONN;
    case number("IPV6_MULTICAST_IF"):
      return giveInt(value, socket.ipSettings.sendingInterface.multicastInterface);
    case number("IPV6_UNICAST_IF"):
      return giveBytes(value, networkOrder(socket.ipSettings.sendingInterface.unicastInterface));
    case number("IPV6_ROUTER_ALERT"):
      return giveInt(value, 0);
    case number("IPV6_2292PKTOPTIONS"):
      if (socket.type !== SOCK.STREAM) return -ENOPROTOOPT;
      value.length = 0;
      return 0;
    case number("IPV6_FLOWLABEL_MGR"):
      return value.length < 32 ? -EINVAL : -ENOENT;
    case number("IPV6_MCAST_MSFILTER"):
      return -EINVAL;
    case number("IP6T_SO_ORIGINAL_DST"):
      return socket.type === SOCK.STREAM ? -ENOENT : -ENOPROTOOPT;
    default: {
      const option = ipv6Options.get(optionKey(IPPROTO.IPV6, name));
      return option === undefined ? -ENOPROTOOPT : giveInt(value, socket.value(option));
    }
  }
}

function setIpv6(socket: IpOptionSocket, name: number, value: Uint8Array): number {
  const stream = socket.type === SOCK.STREAM;
  const int = takenInt(value);
  if (extensionHeaders.has(name)) return setExtensionHeader(socket, name, value);
  switch (name) {
    case number("IPV6_V6ONLY"):
      if (int === undefined || socket.localPort !== 0) return -EINVAL;
      socket.v6only = int !== 0;
      return 0;
    case number("IPV6_MULTICAST_HOPS"):
      if (stream) return -ENOPROTOOPT;
      break;
    case number("IPV6_MULTICAST_IF"):
      if (stream) return -ENOPROTOOPT;
      if (int === undefined) return -EINVAL;
      if (int !== 0 && socket.host.interfaceByIndex(int) === undefined) return -ENODEV;
      send(socket, { multicastInterface: int });
      return 0;
    case number("IPV6_UNICAST_IF"):
      return setUnicastInterface(socket, value);
    case number("IPV6_TCLASS"):
      if (stream && int !== undefined && int >= -1 && int <= 255) {
        socket.setValue(IPV6_OPTION.TCLASS, int === -1 ? 0 : int & 0xfc);
        return 0;
      }
      break;
    case number("IPV6_ADDR_PREFERENCES"):
      return int === undefined ? -EINVAL : setPreferences(socket, int);
    case number("IPV6_ADDRFORM"):
      // To IPv4 only, and only for a connection that speaks it.
      return int === 2 ? -ENOTCONN : -EINVAL;
    case number("IPV6_PKTINFO"):
    case number("IPV6_FLOWLABEL_MGR"):
    case number("IPV6_JOIN_ANYCAST"):
      return -EINVAL;
    case number("IPV6_LEAVE_ANYCAST"):
      return value.length < 20 ? -EINVAL : -ENOENT;
    case number("IPV6_ROUTER_ALERT"):
      return int === undefined ? -EINVAL : -ENOPROTOOPT;
    case number("IPV6_2292PKTOPTIONS"):
      return 0;
  }
  const option = ipv6Options.get(optionKey(IPPROTO.IPV6, name));
  return option === undefined ? -ENOPROTOOPT : setSimple(socket, option, value);
}

/** A header of whole units of 8 bytes, whose second byte counts them without the first. */
function setExtensionHeader(socket: IpOptionSocket, name: number, value: Uint8Array): number {
  if (value.length === 0) {
    if (socket.ipSettings.extensionHeaders?.has(name) === true)
      changeHeaders(socket, (headers) => headers.delete(name));
    return 0;
  }
  const [, units = 0, type = 0] = value;
  const size = (units + 1) * 8;
  if (value.length % 8 !== 0 || value.length < size) return -EINVAL;
  // Routing headers of mobility and segment routing only (RFC 5095).
  if (name === number("IPV6_RTHDR") && type !== 2 && type !== 4) return -EINVAL;
  changeHeaders(socket, (headers) => headers.set(name, value.slice(0, size)));
  return 0;
}

function changeHeaders(socket: IpOptionSocket, change: (headers: Map<number, Uint8Array>) => void): void {
  const extensionHeaders = new Map(socket.ipSettings.extensionHeaders);
  change(extensionHeaders);
  socket.configureIp({ extensionHeaders });
}

const MTUINFO_SIZE = 32;

/** struct ip6_mtuinfo. */
function givePathMtu(socket: IpOptionSocket, value: ValueResult): number {
  if (value.length < MTUINFO_SIZE) return -EINVAL;
  return pathMtu(socket, (mtu) => {
    const bytes = new Uint8Array(MTUINFO_SIZE);
    bytes.set(encodeSockaddr(internetAddress(mappedIfIpv4(socket.remoteAddress), 0)));
    new DataView(bytes.buffer).setUint32(28, mtu, true);
    return giveBytes(value, bytes);
  });
}

const mappedIfIpv4 = (address: string): string => (address.includes(":") ? address : mapped(address));

/** IP_PKTOPTIONS of a stream: control messages that recvmsg() has no datagram for. */
function givePacketOptions(socket: IpOptionSocket, value: ValueResult): number {
  const messages: Uint8Array[] = [];
  const local = parseIpv4(socket.localAddress) ?? new Uint8Array(4);
  if (socket.value(IP_OPTION.PKTINFO) !== 0) {
    const data = new Uint8Array(12);
    new DataView(data.buffer).setInt32(0, socket.ipSettings.sendingInterface.multicastInterface, true);
    data.set(local, 4);
    data.set(local, 8);
    messages.push(controlMessage(number("IP_PKTINFO"), data));
  }
  if (socket.value(IP_OPTION.RECVTTL) !== 0)
    messages.push(
      controlMessage(number("IP_TTL"), Uint8Array.of(socket.value(IP_OPTION.MULTICAST_TTL), 0, 0, 0)),
    );
  if (socket.value(IP_OPTION.RECVTOS) !== 0)
    messages.push(controlMessage(number("IP_TOS"), new Uint8Array(4)));
  const all = new Uint8Array(messages.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const message of messages) {
    all.set(message, at);
    at += message.length;
  }
  return giveBytes(value, all);
}

/** struct cmsghdr on 64-bit machines, and its data. */
function controlMessage(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + Math.ceil(data.length / 8) * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 16 + data.length, true);
  view.setUint32(8, IPPROTO.IP, true);
  view.setUint32(12, type, true);
  bytes.set(data, 16);
  return bytes;
}

// include/uapi/linux/in6.h
const PREFER = { TMP: 1, PUBLIC: 2, PUBTMP_DEFAULT: 0x100, COA: 4, HOME: 0x400, CGA: 8, NONCGA: 0x800 };

/** ip6_sock_set_addr_preferences(): one choice of each pair. */
function setPreferences(socket: IpOptionSocket, value: number): number {
  const { TMP, PUBLIC, PUBTMP_DEFAULT, COA, HOME, CGA, NONCGA } = PREFER;
  let prefer = 0;
  let kept = ~0;
  const choice = value & (PUBLIC | TMP | PUBTMP_DEFAULT);
  if (choice === PUBLIC || choice === TMP) prefer |= choice;
  else if (choice !== PUBTMP_DEFAULT && choice !== 0) return -EINVAL;
  if (choice !== 0) kept &= ~(PUBLIC | TMP);
  const home = value & (HOME | COA);
  if (home === COA) prefer |= COA;
  else if (home !== HOME && home !== 0) return -EINVAL;
  if (home !== 0) kept &= ~COA;
  const cga = value & (CGA | NONCGA);
  if (cga !== 0 && cga !== CGA && cga !== NONCGA) return -EINVAL;
  const before = socket.value(IPV6_OPTION.ADDR_PREFERENCES) & (TMP | PUBLIC | COA);
  const chosen = (before & kept) | prefer;
  const shown = chosen & (TMP | PUBLIC) ? 0 : PUBTMP_DEFAULT;
  socket.setValue(IPV6_OPTION.ADDR_PREFERENCES, chosen | shown | (chosen & COA ? 0 : HOME));
  return 0;
}
