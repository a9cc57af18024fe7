import { defined } from "../../invariant.ts";

// Addresses as text, as packets carry them, and as bytes, without node:net, which browsers lack.

/** Four bytes of a dotted address; undefined if it is malformed, as for inet_pton(3). */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined;
}

/** Sixteen bytes of an IPv6 address without a zone; undefined if it is malformed. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(defined(halves[0], "split() returns a part"), halves.length === 1);
  const tail = halves.length === 1 ? [] : groups(defined(halves[1], "there are two halves"), true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(16);
  const words = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (const [index, word] of words.entries()) {
    bytes[2 * index] = word >> 8;
    bytes[2 * index + 1] = word & 0xff;
  }
  return bytes;
}

/** 16-bit groups; the last may be a dotted address, which counts as two. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      words.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = last && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (dotted === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = dotted;
    words.push(a * 256 + b, c * 256 + d);
  }
  return words;
}

/** The bytes of an address of either version. */
export const parseAddress = (text: string): Uint8Array | undefined =>
  text.includes(":") ? parseIpv6(text) : parseIpv4(text);

export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/**
 * inet_ntop's text: lower case, the longest run of two or more zero groups as `::`, mapped and
 * compatible addresses dotted.
 */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const words: number[] = [];
  for (let index = 0; index < 8; index += 1)
    words.push((bytes[at + 2 * index] ?? 0) * 256 + (bytes[at + 2 * index + 1] ?? 0));
  let [start, length] = [0, 0];
  for (let from = 0, index = 0; index <= 8; index += 1) {
    if (words[index] === 0) continue;
    if (index - from > length) [start, length] = [from, index - from];
    from = index + 1;
  }
  if (start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))) {
    return `::${length === 5 ? "ffff:" : ""}${formatIpv4(bytes, at + 12)}`;
  }
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  if (length < 2) return hex(words);
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

export const formatAddress = (bytes: Uint8Array): string =>
  bytes.length === 4 ? formatIpv4(bytes) : formatIpv6(bytes);

/** The canonical text of an address; undefined if it is malformed. */
export function canonical(text: string): string | undefined {
  const bytes = parseAddress(text);
  return bytes === undefined ? undefined : formatAddress(bytes);
}

export const versionOf = (address: string): 4 | 6 => (address.includes(":") ? 6 : 4);

/** The wildcard addresses. */
export const isAnyAddress = (address: string): boolean => address === "0.0.0.0" || address === "::";

export const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

export const isLinkLocal = (address: string): boolean => /^fe[89ab][0-9a-f]:/.test(address);

/** Whether an address means nothing without its link: __ipv6_addr_needs_scope_id(). */
export const isOfOneLink = (address: string): boolean =>
  isLinkLocal(address) || /^ff[0-9a-f][12]:/.test(address);

export function isMulticast(address: string): boolean {
  if (address.includes(":")) return address.startsWith("ff") && address.indexOf(":") === 4;
  const first = Number.parseInt(address, 10);
  return first >= 224 && first < 240;
}

/** The IPv4 address of `::ffff:a.b.c.d`; undefined for any other address. */
export const unmapped = (address: string): string | undefined =>
  address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : undefined;

export const mapped = (address: string): string => `::ffff:${address}`;

/** Whether two addresses of one version agree in their first `prefix` bits. */
export function samePrefix(one: Uint8Array, other: Uint8Array, prefix: number): boolean {
  if (one.length !== other.length) return false;
  const whole = prefix >> 3;
  for (let at = 0; at < whole; at += 1) if (one[at] !== other[at]) return false;
  const rest = prefix & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest);
  return (((one[whole] ?? 0) ^ (other[whole] ?? 0)) & mask & 0xff) === 0;
}
