import type { UnixAddress } from "../../address/address.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../../address/ip.ts";
import { defined } from "../../invariant.ts";
import type { ParsedHeader, ProxiedAddress, Tlv } from "./proxy-header.ts";

/** "\r\n\r\n\0\r\nQUIT\n" */
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** Signature, version and command, family and protocol, length. */
const START = 16;

const LOCAL = 0x20;
const PROXY = 0x21;

/** The stream families. Other valid ones, such as UDP, are treated as unspecified (section 2.2). */
const UNSPECIFIED = 0x00;
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNIX = 0x31;

/** The highest values of the two halves: AF_UNIX, and DGRAM. */
const LAST_FAMILY = 3;
const LAST_PROTOCOL = 2;

/** PP2_TYPE_CRC32C: a checksum of the header, in which it counts as zeros (section 2.2.3). */
const CRC32C = 0x03;

/** The bytes of both addresses and ports. */
const ADDRESSES = { [TCP4]: 12, [TCP6]: 36, [UNIX]: 216 } as const;
/** Of struct sockaddr_un. */
const PATH = 108;

/** Whether the bytes are the start of the signature, or begin with it. */
export function startsV2(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}

/** Whether the bytes can only be a header of version 2. */
export const isCertainlyV2 = (bytes: Uint8Array): boolean =>
  bytes.length >= SIGNATURE.length && startsV2(bytes);

export function parseV2(bytes: Uint8Array): ParsedHeader {
  if (bytes.length < START) return { kind: "incomplete" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const versionAndCommand = view.getUint8(12);
  if (versionAndCommand !== LOCAL && versionAndCommand !== PROXY)
    return { kind: "invalid", reason: `its version and command are ${hex(versionAndCommand)}` };
  const family = view.getUint8(13);
  const isProxied = versionAndCommand === PROXY;
  if (isProxied && (family >> 4 > LAST_FAMILY || (family & 0xf) > LAST_PROTOCOL))
    return { kind: "invalid", reason: `its family and protocol are ${hex(family)}` };
  const length = START + view.getUint16(14);
  if (bytes.length < length) return { kind: "incomplete" };
  const size = addressesSize(family);
  if (isProxied && length - START < size)
    return { kind: "invalid", reason: `it is too short for addresses of family ${hex(family)}` };
  // LOCAL headers may have any family, and receivers must ignore its addresses.
  const said = isProxied ? addresses(bytes, view, family) : unsaid;
  const isKnown = isProxied && size > 0;
  const tlvs = isKnown ? tlvsOf(new Uint8Array(bytes.subarray(START + size, length))) : [];
  if (tlvs === undefined) return { kind: "invalid", reason: "its values are cut off" };
  if (!hasRightChecksum(bytes.subarray(0, length), START + size, tlvs))
    return { kind: "invalid", reason: "its checksum is wrong" };
  const command = isProxied ? "proxy" : "local";
  return { kind: "header", header: { version: 2, command, ...said, tlvs }, length };
}

const unsaid = { source: undefined, destination: undefined };

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;

function addressesSize(family: number): number {
  if (family === TCP4 || family === TCP6 || family === UNIX) return ADDRESSES[family];
  return 0;
}

function addresses(bytes: Uint8Array, view: DataView, family: number) {
  if (family === TCP4) {
    return both((index) => ({
      family: "ipv4",
      address: formatIpv4(bytes, START + 4 * index),
      port: view.getUint16(START + 8 + 2 * index),
    }));
  }
  if (family === TCP6) {
    return both((index) => ({
      family: "ipv6",
      address: formatIpv6(bytes, START + 16 * index),
      port: view.getUint16(START + 32 + 2 * index),
      flowlabel: 0,
      scopeId: 0,
    }));
  }
  if (family === UNIX)
    return both((index) => ({ family: "unix", path: pathAt(bytes, START + PATH * index) }));
  return unsaid;
}

const both = (each: (index: 0 | 1) => ProxiedAddress) => ({ source: each(0), destination: each(1) });

/** A path ends at its first NUL, and an abstract name at its last byte that is not. */
function pathAt(bytes: Uint8Array, at: number): string | Uint8Array {
  const all = Buffer.from(bytes.subarray(at, at + PATH));
  let end = all.indexOf(0);
  if (end === 0) {
    end = PATH;
    while (end > 0 && all[end - 1] === 0) end--;
  }
  const path = all.subarray(0, end === -1 ? PATH : end);
  const text = path.toString();
  return Buffer.from(text).equals(path) ? text : new Uint8Array(path);
}

function tlvsOf(bytes: Uint8Array): Tlv[] | undefined {
  const tlvs: Tlv[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    if (at + 3 > bytes.length) return undefined;
    const end = at + 3 + view.getUint16(at + 1);
    if (end > bytes.length) return undefined;
    tlvs.push({ type: view.getUint8(at), value: bytes.slice(at + 3, end) });
    at = end;
  }
  return tlvs;
}

/** @param at the offset of the values */
function hasRightChecksum(header: Uint8Array, at: number, tlvs: readonly Tlv[]): boolean {
  let start = at;
  for (const { type, value } of tlvs) {
    start += 3;
    if (type === CRC32C) {
      const zeroed = Uint8Array.from(header).fill(0, start, start + value.length);
      const said = value.length === 4 ? new DataView(value.buffer, value.byteOffset).getUint32(0) : undefined;
      return crc32c(zeroed) === said;
    }
    start += value.length;
  }
  return true;
}

/** RFC 9260, appendix A: the polynomial 0x1EDC6F41, with its bits reflected. */
function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0x82f63b78 : 0);
  }
  return ~rest >>> 0;
}

/** A header with both addresses, or one without any. */
export function encodeV2(
  source: ProxiedAddress | undefined,
  destination: ProxiedAddress | undefined,
  tlvs: readonly Tlv[] = [],
): Uint8Array {
  const block = blockOf(source, destination);
  // Without addresses, a receiver skips the rest.
  const values = block === undefined ? [] : tlvs.map(encodeTlv);
  const start = Buffer.alloc(START);
  start.set(SIGNATURE);
  start[12] = PROXY;
  start[13] = block?.family ?? UNSPECIFIED;
  const body = Buffer.concat([block?.bytes ?? Buffer.alloc(0), ...values]);
  start.writeUInt16BE(body.length, 14);
  return Buffer.concat([start, body]);
}

/** The header of a connection of the proxy's own, such as a health check. */
export function encodeLocalV2(): Uint8Array {
  const header = Buffer.from(encodeV2(undefined, undefined));
  header[12] = LOCAL;
  return header;
}

function encodeTlv({ type, value }: Tlv): Uint8Array {
  const bytes = Buffer.alloc(3 + value.length);
  bytes.writeUInt8(type);
  bytes.writeUInt16BE(value.length, 1);
  bytes.set(value, 3);
  return bytes;
}

function blockOf(source: ProxiedAddress | undefined, destination: ProxiedAddress | undefined) {
  if (source === undefined || destination === undefined) return undefined;
  if (source.family === "unix" && destination.family === "unix") {
    const bytes = Buffer.alloc(ADDRESSES[UNIX]);
    bytes.set(pathBytes(source), 0);
    bytes.set(pathBytes(destination), PATH);
    return { family: UNIX, bytes };
  }
  if (source.family === "unix" || destination.family === "unix") return undefined;
  if (source.family !== destination.family) return undefined;
  const isIpv4 = source.family === "ipv4";
  const size = isIpv4 ? 4 : 16;
  const bytes = Buffer.alloc(2 * size + 4);
  for (const [index, { address, port }] of [source, destination].entries()) {
    const [bare = ""] = address.split("%");
    bytes.set(
      defined(isIpv4 ? parseIpv4(bare) : parseIpv6(bare), "the system wrote the address"),
      size * index,
    );
    bytes.writeUInt16BE(port, 2 * size + 2 * index);
  }
  return { family: isIpv4 ? TCP4 : TCP6, bytes };
}

const pathBytes = ({ path }: UnixAddress): Uint8Array =>
  (typeof path === "string" ? Buffer.from(path) : path).subarray(0, PATH);
