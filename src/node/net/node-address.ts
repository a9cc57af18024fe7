import type { Address } from "../../address/address.ts";

/** An address in Node's format; empty for a unix socket. */
export interface NodeAddress {
  readonly address?: string;
  readonly family?: string;
  readonly port?: number;
}

export function nodeAddress(address: Address): NodeAddress {
  if (address.family === "ipv4") return { address: address.address, family: "IPv4", port: address.port };
  if (address.family === "ipv6") return { address: address.address, family: "IPv6", port: address.port };
  return {};
}
