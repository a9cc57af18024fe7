import type { Address, AddressInput } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import type { ErrorEndpoint } from "../errors/socket-error.ts";
import type { Borrowed } from "./borrow.ts";

/** The error fields that describe a socket's bound address. */
export function localEndpoint({ system, fd }: Borrowed): ErrorEndpoint | undefined {
  if (system.getsockname(fd, system.address) < 0) return undefined;
  return endpointOf(decodeAddress(system, system.address));
}

/** The error fields that describe an address, named as in Node's errors. */
export function endpointOf(address: Address | AddressInput): ErrorEndpoint | undefined {
  if ("address" in address && "port" in address) return { address: address.address, port: address.port };
  if (!("path" in address) || address.path.length === 0) return undefined;
  const { path } = address;
  return { path: typeof path === "string" ? path : String.fromCharCode(...path) };
}
