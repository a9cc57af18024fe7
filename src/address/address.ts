/** A socket address, as calls give it. */
export type Address =
  | Ipv4Address
  | Ipv6Address
  | NetlinkAddress
  | PacketAddress
  | UnixAddress
  | UnspecifiedAddress
  | UnknownAddress
  | VsockAddress;

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
  /**
   * sin6_flowinfo, 0 to 0xffffffff: the low 20 bits are the flow label, above them lies the traffic
   * class; 0 is none.
   */
  readonly flowlabel: number;
  /** The number of the interface that a link-local address belongs to; 0 is none. */
  readonly scopeId: number;
}

/** The address of a unix socket: sockaddr_un. */
export interface UnixAddress {
  readonly family: "unix";
  /**
   * A path in the file system; with a leading `"\0"` a name in Linux's abstract namespace; `""` for
   * a socket without a name. A name that is not UTF-8 stays bytes.
   */
  readonly path: string | Uint8Array;
}

/** A netlink socket of the kernel or of a process: sockaddr_nl, netlink(7). */
export interface NetlinkAddress {
  readonly family: "netlink";
  /**
   * The port of the socket, by custom the number of its process; 0 is the kernel, and asks `bind()`
   * for a free one.
   */
  readonly pid: number;
  /** A mask of multicast groups. */
  readonly groups: number;
}

/** A network interface and an address of its link layer: sockaddr_ll, packet(7). */
export interface PacketAddress {
  readonly family: "packet";
  /**
   * The Ethernet protocol, such as 0x0800 for IPv4, in the host's order: it is written in the
   * network's.
   */
  readonly protocol: number;
  /** The number of the interface; 0 is any. */
  readonly ifindex: number;
  /** Received: the type of the hardware, such as 1 for Ethernet and 772 for loopback. */
  readonly hatype: number;
  /**
   * Received: whom the frame was for: this host is 0, broadcast 1, multicast 2, another host 3,
   * from this host 4.
   */
  readonly pkttype: number;
  /** At most 8 bytes; an Ethernet address has 6. */
  readonly address: Uint8Array;
}

/** A port of a virtual machine or its host: sockaddr_vm, vsock(7). */
export interface VsockAddress {
  readonly family: "vsock";
  /** The context: 1 is this machine, 2 the host, 0xffffffff any. */
  readonly cid: number;
  /** 0xffffffff asks `bind()` for a free one. */
  readonly port: number;
  /** 0, or 1 for VMADDR_FLAG_TO_HOST. */
  readonly flags: number;
}

/** No address: `connect()` takes it to undo a connection (AF_UNSPEC). */
export interface UnspecifiedAddress {
  readonly family: "unspecified";
}

/**
 * An address of a family that berkeley does not know, as the bytes that follow the family in its
 * sockaddr.
 */
export interface UnknownAddress {
  readonly family: "unknown";
  /** The number of the family. */
  readonly number: number;
  readonly data: Uint8Array;
}

/**
 * What calls take as an address: an `Address`, with what has a usual value left out; a
 * `net.SocketAddress`; or the result of Node's `server.address()`, whose `family` is `"IPv4"` or
 * `"IPv6"`, and just a string to its type.
 */
export type AddressInput =
  | IpAddressInput
  | NetlinkAddress
  | PacketAddressInput
  | UnixAddress
  | UnspecifiedAddress
  | UnknownAddress
  | VsockAddressInput;

/** A packet address, with what is only received left out. */
export type PacketAddressInput = Pick<PacketAddress, "family" | "protocol" | "ifindex"> &
  Partial<PacketAddress>;

/** A vsock address; flags are 0 if left out. */
export type VsockAddressInput = Pick<VsockAddress, "family" | "cid" | "port"> & Partial<VsockAddress>;

/** An IPv4 or IPv6 address and a port, by Node's spelling of the family or ours. */
export interface IpAddressInput {
  readonly family: "ipv4" | "ipv6" | "IPv4" | "IPv6" | (string & {});
  /** Dotted, or IPv6; a link-local address may name its interface: `"fe80::1%eth0"`. */
  readonly address: string;
  readonly port: number;
  /** IPv6 only: 0 to 0xffffffff; 0 if left out. */
  readonly flowlabel?: number;
  /** IPv6 only: the number of the interface; 0 if left out. */
  readonly scopeId?: number;
}
