import type { IpAddressInput } from "../address/address.ts";
import { readAddress } from "../address/sockaddr.ts";
import { elements, invalidValue } from "../errors/argument.ts";
import type { ErrorEndpoint } from "../errors/socket-error.ts";
import type { System } from "../system/system.ts";
import { OPTION_CAPACITY } from "../system/value-result.ts";
import { endpointOf } from "./endpoint.ts";

/** sizeof(struct sockaddr_in) and sizeof(struct sockaddr_in6). */
const SOCKADDR_IN = 16;
const SOCKADDR_IN6 = 28;
/** sizeof(sa_family_t). */
const FAMILY = 2;
/** As many as fit the value of an option. */
const MAX_ADDRESSES = Math.floor(OPTION_CAPACITY / SOCKADDR_IN6);

/** Copies the caller's array. Throws if it is none, or too long. */
export const copyOfAddresses = (addresses: readonly IpAddressInput[]): IpAddressInput[] =>
  elements("addresses", "an array of addresses", addresses, MAX_ADDRESSES);

/**
 * Encodes addresses as sctp_bindx() and sctp_connectx() take them: one after another, each as long
 * as its family's sockaddr. Throws on a bad address.
 */
export function encodeAddresses(given: readonly IpAddressInput[], system: System): Uint8Array {
  const { AF } = system.constants;
  const read = given.map((address) => readAddress(address, system));
  const sizes = read.map(([family, data]) => {
    const size = family === AF.INET ? SOCKADDR_IN : SOCKADDR_IN6;
    // An address given as bytes may have any family and length.
    if ((family === AF.INET || family === AF.INET6) && data.byteLength === size - FAMILY) return size;
    throw invalidValue('the family of an address must be "ipv4" or "ipv6"');
  });
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const [index, [family, data]] of read.entries()) {
    view.setUint16(offset, family, true);
    bytes.set(data, offset + FAMILY);
    offset += sizes[index] ?? 0;
  }
  return bytes;
}

/** The error fields of an address, if there is only one that an error can be about. */
export function onlyEndpoint(given: readonly IpAddressInput[]): ErrorEndpoint | undefined {
  const [first, ...others] = given;
  return first === undefined || others.length > 0 ? undefined : endpointOf(first);
}
