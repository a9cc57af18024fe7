import type { InterfaceReference } from "./interface-index.ts";

export type { InterfaceReference };

/** A socket address, as returned by calls. */
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
  /** In RFC 5952 form, such as `"::1"`. */
  readonly address: string;
  /** 0 to 65535; 0 asks `bind()` for a free one. */
  readonly port: number;
  /**
   * sin6_flowinfo, 0 to 0xffffffff: the flow label in the low 20 bits, the traffic class above
   * them; 0 is none.
   */
  readonly flowlabel: number;
  /** The interface index of a link-local address; 0 is none. */
  readonly scopeId: number;
}

/** The address of a unix socket: sockaddr_un. */
export interface UnixAddress {
  readonly family: "unix";
  /**
   * A path in the file system; a name in Linux's abstract namespace if it starts with `"\0"`; `""`
   * for an unnamed socket. A name that is not UTF-8 is given as bytes.
   */
  readonly path: string | Uint8Array;
}

/** The address of a netlink socket, of the kernel or a process: sockaddr_nl, netlink(7). */
export interface NetlinkAddress {
  readonly family: "netlink";
  /**
   * The socket's port id, by convention its process id. 0 is the kernel; passed to `bind()`, it
   * requests a free one.
   */
  readonly pid: number;
  /** A mask of multicast groups. */
  readonly groups: number;
}

/** A network interface and a link-layer address: sockaddr_ll, packet(7). */
export interface PacketAddress {
  readonly family: "packet";
  /**
   * The Ethernet protocol in host byte order, such as 0x0800 for IPv4; berkeley converts it to
   * network byte order.
   */
  readonly protocol: number;
  /** The interface index; 0 is any. */
  readonly ifindex: number;
  /** Received: the hardware type, such as 1 for Ethernet and 772 for loopback. */
  readonly hatype: number;
  /**
   * Received: the packet type: 0 to this host, 1 broadcast, 2 multicast, 3 to another host, 4 sent
   * by this host.
   */
  readonly pkttype: number;
  /** At most 8 bytes; an Ethernet address has 6. */
  readonly address: Uint8Array;
}

/** A port on a virtual machine or its host: sockaddr_vm, vsock(7). */
export interface VsockAddress {
  readonly family: "vsock";
  /** The context id: 1 is this machine, 2 the host, 0xffffffff any. */
  readonly cid: number;
  /** 0xffffffff asks `bind()` for a free one. */
  readonly port: number;
  /** 0, or 1 for VMADDR_FLAG_TO_HOST. */
  readonly flags: number;
}

/** No address (AF_UNSPEC). Pass it to `connect()` to disconnect. */
export interface UnspecifiedAddress {
  readonly family: "unspecified";
}

/**
 * An address of an unknown family, as the bytes that follow the family in its sockaddr.
 */
export interface UnknownAddress {
  readonly family: "unknown";
  /** The family number. */
  readonly number: number;
  readonly data: Uint8Array;
}

/**
 * An address as accepted by calls: an `Address` with its default fields omitted; a
 * `net.SocketAddress`; or the result of Node's `server.address()`, whose `family` is `"IPv4"` or
 * `"IPv6"`, typed as string.
 */
export type AddressInput =
  | IpAddressInput
  | NetlinkAddress
  | PacketAddressInput
  | UnixAddress
  | UnspecifiedAddress
  | UnknownAddress
  | VsockAddressInput;

/** A packet address without the receive-only fields. */
export interface PacketAddressInput
  extends Pick<PacketAddress, "family" | "protocol">,
    Partial<Omit<PacketAddress, "family" | "protocol" | "ifindex">> {
  /** The index or name of the interface; 0 is any. */
  readonly ifindex: InterfaceReference;
}

/** A vsock address; flags default to 0. */
export type VsockAddressInput = Pick<VsockAddress, "family" | "cid" | "port"> & Partial<VsockAddress>;

/** An IPv4 or IPv6 address and a port, with Node's spelling of the family or ours. */
export interface IpAddressInput {
  readonly family: "ipv4" | "ipv6" | "IPv4" | "IPv6" | (string & {});
  /** Dotted IPv4, or IPv6; a link-local address may include its interface: `"fe80::1%eth0"`. */
  readonly address: string;
  readonly port: number;
  /** IPv6 only: 0 to 0xffffffff; defaults to 0. */
  readonly flowlabel?: number;
  /** IPv6 only: the index or name of the interface; defaults to 0. */
  readonly scopeId?: InterfaceReference;
}
