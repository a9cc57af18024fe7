import type { InternetEntry } from "./host-tables.ts";

/**
 * Whether any of these listeners accepts connections to the address; undefined if that depends on
 * whether IPv6's wildcard accepts IPv4.
 */
export function findsListener(listening: readonly InternetEntry[], address: Uint8Array): boolean | undefined {
  const sameFamily = listening.filter(({ local }) => local.address.byteLength === address.byteLength);
  if (sameFamily.some(({ local }) => isWildcard(local.address) || equal(local.address, address))) return true;
  if (address.byteLength !== 4) return false;
  const open = listening.filter(({ local }) => local.address.byteLength === 16 && isWildcard(local.address));
  if (open.some(({ v6only }) => v6only === false)) return true;
  return open.some(({ v6only }) => v6only === undefined) ? undefined : false;
}

const isWildcard = (address: Uint8Array) => address.every((byte) => byte === 0);
const equal = (one: Uint8Array, other: Uint8Array) => one.every((byte, index) => byte === other[index]);
