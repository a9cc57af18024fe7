import type { Address } from "../address/address.ts";

/** The result of a net.Socket's `address()`. */
export interface DuplexAddress {
  readonly address?: string;
  readonly family?: string;
  readonly port?: number;
}

/** An address in Node's format; empty for a unix socket. */
export function nodeAddress(address: Address): DuplexAddress {
  if (address.family === "ipv4") return { address: address.address, family: "IPv4", port: address.port };
  if (address.family === "ipv6") return { address: address.address, family: "IPv6", port: address.port };
  return {};
}
