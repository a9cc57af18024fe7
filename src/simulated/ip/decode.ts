import { formatIpv4, formatIpv6 } from "../../address/ip.ts";
import { addWords, finishChecksum, pseudoHeader } from "./checksum.ts";
import {
  type Fragment,
  type IcmpMessage,
  type Packet,
  type Payload,
  PROTOCOL,
  type SackBlock,
  type TcpOptions,
  type TcpSegment,
  type TcpTimestamps,
  type UnknownTcpOption,
} from "./packet.ts";

/**
 * Reads a packet of IPv4 or IPv6 from untrusted bytes. Undefined if it is malformed: no packet, or
 * a header that does not fit. A wrong checksum of the payload is `badChecksum`; a wrong one of an
 * IPv4 header makes it malformed. Options of IPv4 and extension headers of IPv6 other than the
 * fragment header are skipped.
 *
 * @param quoted whether it stands in an ICMP error, which may have cut it
 */
export function decodePacket(bytes: Uint8Array, quoted = false): Packet | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4) return decodeIpv4(bytes, quoted);
  return version === 6 ? decodeIpv6(bytes, quoted) : undefined;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function decodeIpv4(bytes: Uint8Array, quoted: boolean): Packet | undefined {
  if (bytes.length < 20) return undefined;
  const view = viewOf(bytes);
  const header = (view.getUint8(0) & 0xf) * 4;
  const total = view.getUint16(2);
  if (header < 20 || total < header || bytes.length < header || (!quoted && bytes.length < total))
    return undefined;
  if (!quoted && finishChecksum(addWords(0, bytes, 0, header)) !== 0) return undefined;
  const bits = view.getUint16(6);
  const fragment = fragmentOf((bits & 0x1fff) * 8, (bits & 0x2000) !== 0);
  const [source, destination] = [bytes.subarray(12, 16), bytes.subarray(16, 20)];
  const payload = decodePayload(bytes.subarray(header, Math.min(total, bytes.length)), {
    version: 4,
    protocol: view.getUint8(9),
    source,
    destination,
    raw: fragment !== undefined,
    quoted,
  });
  if (payload === undefined) return undefined;
  return {
    version: 4,
    source: formatIpv4(source),
    destination: formatIpv4(destination),
    hopLimit: view.getUint8(8),
    trafficClass: view.getUint8(1),
    flowLabel: 0,
    identification: view.getUint16(4),
    dontFragment: (bits & 0x4000) !== 0,
    fragment,
    payload,
  };
}

const fragmentOf = (offset: number, more: boolean): Fragment | undefined =>
  offset === 0 && !more ? undefined : { offset, more };

/** Hop-by-hop options, routing, destination options: a length in units of 8 bytes follows. */
const SKIPPED = new Set([0, 43, 60]);
const FRAGMENT = 44;

function decodeIpv6(bytes: Uint8Array, quoted: boolean): Packet | undefined {
  if (bytes.length < 40) return undefined;
  const view = viewOf(bytes);
  const total = 40 + view.getUint16(4);
  if (!quoted && bytes.length < total) return undefined;
  const end = Math.min(total, bytes.length);
  let [protocol, at] = [view.getUint8(6), 40];
  let fragment: Fragment | undefined;
  let identification = 0;
  while (SKIPPED.has(protocol) || protocol === FRAGMENT) {
    if (at + 8 > end) return undefined;
    if (protocol === FRAGMENT) {
      const bits = view.getUint16(at + 2);
      fragment = fragmentOf(bits & 0xfff8, (bits & 1) !== 0);
      identification = view.getUint32(at + 4);
    }
    const size = protocol === FRAGMENT ? 8 : 8 + view.getUint8(at + 1) * 8;
    protocol = view.getUint8(at);
    at += size;
    if (at > end) return undefined;
    if (fragment !== undefined) break;
  }
  const [source, destination] = [bytes.subarray(8, 24), bytes.subarray(24, 40)];
  const payload = decodePayload(bytes.subarray(at, end), {
    version: 6,
    protocol,
    source,
    destination,
    raw: fragment !== undefined,
    quoted,
  });
  if (payload === undefined) return undefined;
  const first = view.getUint32(0);
  return {
    version: 6,
    source: formatIpv6(source),
    destination: formatIpv6(destination),
    hopLimit: view.getUint8(7),
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    identification,
    dontFragment: false,
    fragment,
    payload,
  };
}

interface Around {
  readonly version: 4 | 6;
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Whether this is a fragment, whose payload stays bytes. */
  readonly raw: boolean;
  readonly quoted: boolean;
}

/** Reads the payload of a whole packet, as reassembly puts it together. */
export function decodePayload(bytes: Uint8Array, around: Around): Payload | undefined {
  const { version, protocol, raw, quoted } = around;
  if (raw) return { kind: "raw", protocol, data: bytes };
  if (protocol === PROTOCOL.TCP) return decodeTcp(quoted ? padded(bytes, 20) : bytes, around);
  if (protocol === PROTOCOL.UDP) return decodeUdp(quoted ? padded(bytes, 8) : bytes, around);
  if (protocol === (version === 4 ? PROTOCOL.ICMP : PROTOCOL.ICMPV6)) return decodeIcmp(bytes, around);
  return { kind: "raw", protocol, data: bytes };
}

/** An ICMP error quotes at least 8 bytes; missing bytes of the header count as zeros. */
function padded(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length >= size) return bytes;
  const whole = new Uint8Array(size);
  whole.set(bytes);
  // A header of 20 bytes, so that reading goes on.
  if (size === 20) whole[12] = 0x50;
  return whole;
}

function isBad(bytes: Uint8Array, { version, protocol, source, destination, quoted }: Around): boolean {
  if (quoted) return false;
  const pseudo =
    version === 4 && protocol === PROTOCOL.ICMP
      ? 0
      : pseudoHeader(source, destination, protocol, bytes.length);
  return finishChecksum(addWords(pseudo, bytes)) !== 0;
}

function decodeTcp(bytes: Uint8Array, around: Around): TcpSegment | undefined {
  if (bytes.length < 20) return undefined;
  const view = viewOf(bytes);
  const bits = view.getUint16(12);
  const header = (bits >> 12) * 4;
  if (header < 20 || (header > bytes.length && !around.quoted)) return undefined;
  const segment: TcpSegment = {
    kind: "tcp",
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgment: view.getUint32(8),
    flags: bits & 0x1ff,
    window: view.getUint16(14),
    urgentPointer: view.getUint16(18),
    options: decodeTcpOptions(bytes.subarray(20, header)),
    data: bytes.subarray(header),
  };
  return isBad(bytes, around) ? { ...segment, badChecksum: true } : segment;
}

/** Reads options until one is malformed, as tcp_parse_options() does. */
export function decodeTcpOptions(bytes: Uint8Array): TcpOptions {
  const view = viewOf(bytes);
  let mss: number | undefined;
  let windowScale: number | undefined;
  let sackPermitted = false;
  let timestamps: TcpTimestamps | undefined;
  const sack: SackBlock[] = [];
  const unknown: UnknownTcpOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = at + 1 < bytes.length ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > bytes.length) break;
    if (kind === 2 && length === 4) mss = view.getUint16(at + 2);
    else if (kind === 3 && length === 3) windowScale = view.getUint8(at + 2);
    else if (kind === 4 && length === 2) sackPermitted = true;
    else if (kind === 8 && length === 10)
      timestamps = { value: view.getUint32(at + 2), echo: view.getUint32(at + 6) };
    else if (kind === 5 && length > 2 && (length - 2) % 8 === 0) {
      for (let block = at + 2; block < at + length; block += 8)
        sack.push({ left: view.getUint32(block), right: view.getUint32(block + 4) });
    } else unknown.push({ kind, data: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return { mss, windowScale, sackPermitted, timestamps, sack, unknown };
}

function decodeUdp(bytes: Uint8Array, around: Around): Payload | undefined {
  if (bytes.length < 8) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint16(4);
  if (length < 8 || (length > bytes.length && !around.quoted)) return undefined;
  const whole = bytes.subarray(0, length);
  const noChecksum = view.getUint16(6) === 0;
  // IPv6 needs a checksum (RFC 8200, 8.1).
  const bad = noChecksum ? around.version === 6 && !around.quoted : isBad(whole, around);
  return {
    kind: "udp",
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    data: whole.subarray(8),
    ...(noChecksum && !around.quoted && { noChecksum }),
    ...(bad && { badChecksum: true }),
  };
}

function decodeIcmp(bytes: Uint8Array, around: Around): IcmpMessage | undefined {
  if (bytes.length < 8) return undefined;
  const view = viewOf(bytes);
  const type = view.getUint8(0);
  const about = isIcmpError(around.version, type) ? decodePacket(bytes.subarray(8), true) : undefined;
  const message: IcmpMessage = {
    kind: "icmp",
    type,
    code: view.getUint8(1),
    info: view.getUint32(4),
    about,
    data: about === undefined ? bytes.subarray(8) : new Uint8Array(0),
  };
  return isBad(bytes, around) ? { ...message, badChecksum: true } : message;
}

/**
 * Whether a type is an error, which quotes a packet: unreachable, source quench, redirect, time
 * exceeded, parameter problem (RFC 792); below 128 in ICMPv6 (RFC 4443).
 */
export const isIcmpError = (version: 4 | 6, type: number): boolean =>
  version === 6 ? type < 128 : type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
