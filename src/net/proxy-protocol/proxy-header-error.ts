import type { Address } from "../../address/address.ts";

/** Why a connection was refused by `proxyProtocol`. */
export type ProxyHeaderErrorName =
  /** The connection began with something else, or ended without a header. */
  | "ProxyHeaderMissing"
  /** It began with a header that violates the protocol. */
  | "ProxyHeaderMalformed"
  /** The header was not complete in time. */
  | "ProxyHeaderTimedOut"
  /** The peer is not one of the trusted addresses. */
  | "ProxyNotTrusted";

/**
 * A connection was refused because of its PROXY header, before any handler or `accept()` saw it.
 */
export class ProxyHeaderError extends Error {
  override readonly name: ProxyHeaderErrorName;
  readonly code = "ERR_PROXY_HEADER";
  /** The address of the peer that was refused. */
  readonly address: Address;

  /** @internal */
  constructor(name: ProxyHeaderErrorName, address: Address, message: string) {
    super(message);
    this.name = name;
    this.address = address;
  }
}
