import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../../address/ip.ts";

// Addresses of either version as text, as sockets and the routing table have them, and as bytes.

/** The bytes of an address of either version. */
export const parseAddress = (text: string): Uint8Array | undefined =>
  text.includes(":") ? parseIpv6(text) : parseIpv4(text);

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
