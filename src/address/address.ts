/** A socket address, as calls give it. */
export type Address = Ipv4Address | Ipv6Address | UnixAddress | UnspecifiedAddress | UnknownAddress;

/** An IPv4 address and a port: sockaddr_in. */
export interface Ipv4Address {
  readonly family: "ipv4";
  /** Dotted, such as `"127.0.0.1"`. */
  readonly address: string;
  /** 0 to 65535; 0 asks `bind()` for a free one. */
  readonly port: number;
}

/** An IPv6 address and a port: sockaddr_in6. */
export interface Ipv6Address {
  readonly family: "ipv6";
  /** As RFC 5952 writes it, such as `"::1"`. */
  readonly address: string;
  /** 0 to 65535; 0 asks `bind()` for a free one. */
  readonly port: number;
  /** 0 to 0xfffff; 0 is none. */
  readonly flowlabel: number;
  /** The number of the interface that a link-local address belongs to; 0 is none. */
  readonly scopeId: number;
}

/** The address of a unix socket: sockaddr_un. */
export interface UnixAddress {
  readonly family: "unix";
  /**
   * A path in the file system; with a leading `"\0"` a name in Linux's abstract namespace; `""` for a socket without
   * a name. A name that is not UTF-8 stays bytes.
   */
  readonly path: string | Uint8Array;
}

/** No address: `connect()` takes it to undo a connection (AF_UNSPEC). */
export interface UnspecifiedAddress {
  readonly family: "unspecified";
}

/** An address of a family that berkeley does not know, as the bytes that follow the family in its sockaddr. */
export interface UnknownAddress {
  readonly family: "unknown";
  /** The number of the family. */
  readonly number: number;
  readonly data: Uint8Array;
}

/**
 * What calls take as an address: an `Address`, with what has a usual value left out; a `net.SocketAddress`; or the
 * result of Node's `server.address()`, whose `family` is `"IPv4"` or `"IPv6"`, and just a string to its type.
 */
export type AddressInput = IpAddressInput | UnixAddress | UnspecifiedAddress | UnknownAddress;

/** An IPv4 or IPv6 address and a port, by Node's spelling of the family or ours. */
export interface IpAddressInput {
  readonly family: "ipv4" | "ipv6" | "IPv4" | "IPv6" | (string & {});
  /** Dotted, or IPv6; a link-local address may name its interface: `"fe80::1%eth0"`. */
  readonly address: string;
  readonly port: number;
  /** IPv6 only: 0 to 0xfffff; 0 if left out. */
  readonly flowlabel?: number;
  /** IPv6 only: the number of the interface; 0 if left out. */
  readonly scopeId?: number;
}
