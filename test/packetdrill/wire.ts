// Packets as bytes. This is a second reading of the formats, apart from the simulation's own, so
// that an error in either shows.
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../../src/address/ip.ts";
import { defined } from "../../src/invariant.ts";
import { FLAG, type TcpOption } from "./script.ts";
import { decodeTcpOptions, encodeTcpOptions } from "./wire-options.ts";

export interface WirePacket {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly hopLimit: number;
  readonly content: WireTcp | WireUdp | WireIcmp;
}

export interface WireTcp {
  readonly protocol: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  readonly options: readonly TcpOption[];
  readonly data: Uint8Array;
}

export interface WireUdp {
  readonly protocol: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

export interface WireIcmp {
  readonly protocol: "icmp";
  readonly type: number;
  readonly code: number;
  /** The four bytes after the checksum: an MTU, or an identifier and a sequence number. */
  readonly rest: number;
  readonly data: Uint8Array;
}

const PROTOCOL = { tcp: 6, udp: 17 };
const ICMP = { 4: 1, 6: 58 };

export function encodePacket(packet: WirePacket): Uint8Array {
  const { version, source, destination, content } = packet;
  const addresses = [addressBytes(source), addressBytes(destination)] as const;
  const protocol = content.protocol === "icmp" ? ICMP[version] : PROTOCOL[content.protocol];
  const payload = encodeContent(content);
  const checksumAt = content.protocol === "tcp" ? 16 : content.protocol === "udp" ? 6 : 2;
  const pseudo =
    version === 4 && content.protocol === "icmp" ? [] : pseudoHeader(addresses, protocol, payload);
  const sum = checksum([...pseudo, payload]);
  // RFC 768: 0 would be "no checksum".
  new DataView(payload.buffer).setUint16(checksumAt, content.protocol === "udp" && sum === 0 ? 0xffff : sum);
  return version === 4
    ? ipv4(packet, addresses, protocol, payload)
    : ipv6(packet, addresses, protocol, payload);
}

type Addresses = readonly [source: Uint8Array, destination: Uint8Array];

function addressBytes(text: string): Uint8Array {
  return defined(parseIpv4(text) ?? parseIpv6(text), "packets have numeric addresses");
}

function ipv4(packet: WirePacket, addresses: Addresses, protocol: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  bytes[1] = packet.trafficClass;
  view.setUint16(2, bytes.length);
  view.setUint16(6, 0x4000);
  bytes[8] = packet.hopLimit;
  bytes[9] = protocol;
  bytes.set(addresses[0], 12);
  bytes.set(addresses[1], 16);
  view.setUint16(10, checksum([bytes.subarray(0, 20)]));
  bytes.set(payload, 20);
  return bytes;
}

function ipv6(packet: WirePacket, addresses: Addresses, protocol: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(40 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ((6 << 28) | (packet.trafficClass << 20) | packet.flowLabel) >>> 0);
  view.setUint16(4, payload.length);
  bytes[6] = protocol;
  bytes[7] = packet.hopLimit;
  bytes.set(addresses[0], 8);
  bytes.set(addresses[1], 24);
  bytes.set(payload, 40);
  return bytes;
}

function encodeContent(content: WirePacket["content"]): Uint8Array {
  if (content.protocol === "tcp") return encodeTcp(content);
  const bytes = new Uint8Array(8 + content.data.length);
  const view = new DataView(bytes.buffer);
  if (content.protocol === "udp") {
    view.setUint16(0, content.sourcePort);
    view.setUint16(2, content.destinationPort);
    view.setUint16(4, bytes.length);
  } else {
    bytes[0] = content.type;
    bytes[1] = content.code;
    view.setUint32(4, content.rest);
  }
  bytes.set(content.data, 8);
  return bytes;
}

function encodeTcp(segment: WireTcp): Uint8Array {
  const options = encodeTcpOptions(segment.options);
  const header = 20 + options.length;
  const bytes = new Uint8Array(header + segment.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledgment);
  view.setUint16(12, (header << 10) | segment.flags);
  view.setUint16(14, segment.window);
  view.setUint16(18, segment.urgentPointer);
  bytes.set(options, 20);
  bytes.set(segment.data, header);
  return bytes;
}

/** A packet's bytes are not what its headers say. */
export class MalformedPacket extends Error {}

/** Reads a packet; undefined if it is neither TCP, UDP nor ICMP. Fragments are not read either. */
export function decodePacket(bytes: Uint8Array, checks: "all" | "ip header"): WirePacket | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(0) >> 4;
  return version === 4
    ? decodeIpv4(bytes, view, checks)
    : version === 6
      ? decodeIpv6(bytes, view, checks)
      : undefined;
}

function decodeIpv4(bytes: Uint8Array, view: DataView, checks: "all" | "ip header"): WirePacket | undefined {
  const header = (view.getUint8(0) & 0xf) * 4;
  if (checksum([bytes.subarray(0, header)]) !== 0)
    throw new MalformedPacket("wrong checksum of the IP header");
  if (view.getUint16(2) !== bytes.length) {
    throw new MalformedPacket(`total length ${view.getUint16(2)}, but ${bytes.length} bytes arrived`);
  }
  if ((view.getUint16(6) & 0x3fff) !== 0) return undefined;
  const addresses = [bytes.subarray(12, 16), bytes.subarray(16, 20)] as const;
  const content = decodeContent(view.getUint8(9), bytes.subarray(header), addresses, checks);
  return (
    content && {
      version: 4,
      source: formatIpv4(addresses[0]),
      destination: formatIpv4(addresses[1]),
      trafficClass: view.getUint8(1),
      flowLabel: 0,
      hopLimit: view.getUint8(8),
      content,
    }
  );
}

function decodeIpv6(bytes: Uint8Array, view: DataView, checks: "all" | "ip header"): WirePacket | undefined {
  // A jumbo segment that the kernel hands to a device has a length of 0 when it does not fit.
  const length = view.getUint16(4);
  if (length !== 0 && length + 40 !== bytes.length) {
    throw new MalformedPacket(`payload length ${length}, but ${bytes.length - 40} bytes arrived`);
  }
  const addresses = [bytes.subarray(8, 24), bytes.subarray(24, 40)] as const;
  const content = decodeContent(view.getUint8(6), bytes.subarray(40), addresses, checks);
  const first = view.getUint32(0);
  return (
    content && {
      version: 6,
      source: formatIpv6(addresses[0]),
      destination: formatIpv6(addresses[1]),
      trafficClass: (first >>> 20) & 0xff,
      flowLabel: first & 0xfffff,
      hopLimit: view.getUint8(7),
      content,
    }
  );
}

function decodeContent(
  protocol: number,
  payload: Uint8Array,
  addresses: Addresses,
  checks: "all" | "ip header",
): WirePacket["content"] | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const known = protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp;
  const icmp = protocol === ICMP[4] || protocol === ICMP[6];
  if (!known && !icmp) return undefined;
  if (checks === "all") {
    const pseudo = protocol === ICMP[4] ? [] : pseudoHeader(addresses, protocol, payload);
    const optional = protocol === PROTOCOL.udp && view.getUint16(6) === 0;
    if (!optional && checksum([...pseudo, payload]) !== 0) {
      throw new MalformedPacket(`wrong checksum of protocol ${protocol}`);
    }
  }
  if (icmp) {
    return {
      protocol: "icmp",
      type: view.getUint8(0),
      code: view.getUint8(1),
      rest: view.getUint32(4),
      data: payload.slice(8),
    };
  }
  const ports = { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2) };
  if (protocol === PROTOCOL.udp) return { protocol: "udp", ...ports, data: payload.slice(8) };
  const header = (view.getUint8(12) >> 4) * 4;
  return {
    protocol: "tcp",
    ...ports,
    sequence: view.getUint32(4),
    acknowledgment: view.getUint32(8),
    flags: view.getUint16(12) & (FLAG.AE * 2 - 1),
    window: view.getUint16(14),
    urgentPointer: view.getUint16(18),
    options: decodeTcpOptions(payload.subarray(20, header)),
    data: payload.slice(header),
  };
}

function pseudoHeader(addresses: Addresses, protocol: number, payload: Uint8Array): Uint8Array[] {
  const tail = new Uint8Array(8);
  new DataView(tail.buffer).setUint32(0, payload.length);
  tail[7] = protocol;
  return [...addresses, tail];
}

/** RFC 1071: the one's complement of the one's complement sum. Every part but the last is even. */
function checksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) {
      sum += (defined(part[at], "at is in range") << 8) | (part[at + 1] ?? 0);
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
