import type { Address, AddressInput } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import type { ErrorEndpoint } from "../errors/socket-error.ts";
import { copyOf, isUint8Array } from "../system/view.ts";
import type { Borrowed } from "./borrow.ts";

/** The error fields that describe a socket's bound address. */
export function localEndpoint({ system, fd }: Borrowed): ErrorEndpoint | undefined {
  if (system.getsockname(fd, system.address) < 0) return undefined;
  return endpointOf(decodeAddress(system, system.address));
}

/**
 * The error fields that describe an address, named as in Node's errors; undefined if it has none,
 * or no longer has those that were encoded: getters of a caller's object may return anything, or
 * throw.
 */
export function endpointOf(given: Address | AddressInput): ErrorEndpoint | undefined {
  try {
    return described(given);
  } catch {
    return undefined;
  }
}

/** What an error says of an address without such fields: a vsock's numbers. */
export function aboutAddress(given: Address | AddressInput): string | undefined {
  try {
    if (given.family !== "vsock" || !("cid" in given && "port" in given)) return undefined;
    return `vsock ${Number(given.cid)}:${Number(given.port)}`;
  } catch {
    return undefined;
  }
}

function described(given: Address | AddressInput): ErrorEndpoint | undefined {
  if ("address" in given && "port" in given) {
    const { address, port } = given;
    return typeof address === "string" && typeof port === "number" ? { address, port } : undefined;
  }
  if (!("path" in given)) return undefined;
  const { path } = given;
  const text = isUint8Array(path) ? String.fromCharCode(...copyOf(path)) : path;
  return typeof text === "string" && text.length > 0 ? { path: text } : undefined;
}
