import type { Address, AddressInput } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import type { ErrorPlace } from "../errors/socket-error.ts";
import type { Borrowed } from "./borrow.ts";

/** What an error says about the address that a socket is bound to. */
export function localPlace({ system, fd }: Borrowed): ErrorPlace | undefined {
  if (system.getsockname(fd, system.address) < 0) return undefined;
  return placeOf(decodeAddress(system, system.address));
}

/** What an error says about an address, in the fields that Node's errors have. */
export function placeOf(address: Address | AddressInput): ErrorPlace | undefined {
  if ("address" in address && "port" in address) return { address: address.address, port: address.port };
  if (!("path" in address) || address.path.length === 0) return undefined;
  const { path } = address;
  return { path: typeof path === "string" ? path : Buffer.from(path).toString("latin1") };
}
