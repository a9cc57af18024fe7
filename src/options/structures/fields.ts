import type { Address } from "../../address/address.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../../address/ip.ts";
import { decodeSockaddr, encodeAddress } from "../../address/sockaddr.ts";
import { argumentType, invalidString, invalidValue, kind, quoted } from "../../errors/argument.ts";
import type { System, ValueResult } from "../../system/system.ts";

/** Maps one of a set of names to its C number. */
export function named<Name extends string>(
  field: string,
  value: Name,
  numbers: Readonly<Record<Name, number>>,
): number {
  const number = typeof value === "string" && Object.hasOwn(numbers, value) ? numbers[value] : undefined;
  if (number !== undefined) return number;
  const names = Object.keys(numbers).map((name) => JSON.stringify(name));
  throw invalidString(value, `${field} must be one of ${names.join(", ")}, not ${quoted(value)}`);
}

/** struct in_addr. */
export function writeIpv4(field: string, address: string, into: ValueResult, offset: number): void {
  into.bytes.set(parsed(field, address, "IPv4", parseIpv4), offset);
}

/** struct in6_addr. */
export function writeIpv6(field: string, address: string, into: ValueResult, offset: number): void {
  into.bytes.set(parsed(field, address, "IPv6", parseIpv6), offset);
}

export const readIpv4 = (from: ValueResult, offset: number): string =>
  formatIpv4(from.bytes.subarray(offset, offset + 4));

export const readIpv6 = (from: ValueResult, offset: number): string =>
  formatIpv6(from.bytes.subarray(offset, offset + 16));

/** struct __kernel_sockaddr_storage (include/uapi/linux/socket.h). */
export const SOCKADDR_STORAGE = 128;

/** A sockaddr_in or sockaddr_in6 in a sockaddr_storage; multicast requests have no port. */
export function writeStorage(
  field: string,
  address: string,
  family: "ipv4" | "ipv6",
  into: ValueResult,
  offset: number,
  system: System,
): void {
  const [name, parse] = family === "ipv4" ? (["IPv4", parseIpv4] as const) : (["IPv6", parseIpv6] as const);
  parsed(field, address, name, parse);
  const sockaddr = encodeAddress({ family, address, port: 0 }, system, system.address).valid;
  into.bytes.fill(0, offset, offset + SOCKADDR_STORAGE);
  into.bytes.set(sockaddr, offset);
}

/** A sockaddr_in or sockaddr_in6 at the beginning of a sockaddr_storage. */
export function readStorage(bytes: Uint8Array, system: System): Address {
  const family = new DataView(bytes.buffer, bytes.byteOffset).getUint16(0, true);
  return decodeSockaddr(bytes.subarray(0, family === system.constants.AF.INET ? 16 : 28), system);
}

function parsed(
  field: string,
  address: string,
  family: "IPv4" | "IPv6",
  parse: (text: string) => Uint8Array | undefined,
): Uint8Array {
  if (typeof address !== "string") {
    throw argumentType(`${field} must be an ${family} address, not ${kind(address)}`);
  }
  const bytes = parse(address);
  if (bytes === undefined) {
    throw invalidValue(`${field} must be an ${family} address, not ${JSON.stringify(address)}`);
  }
  return bytes;
}
