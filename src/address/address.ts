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
  | VsockAddress
  | AlgAddress
  | BluetoothAddress
  | CanAddress
  | QipcrtrAddress
  | TipcAddress
  | XdpAddress;

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

/** A network of a CAN bus: sockaddr_can, Documentation/networking/can.rst. */
export interface CanAddress {
  readonly family: "can";
  /** The interface index; 0 is any. */
  readonly ifindex: number;
  /**
   * ISO-TP: the identifiers to receive and to send; J1939: the low and the high half of the name.
   */
  readonly rxId: number;
  readonly txId: number;
  /** J1939: the parameter group. */
  readonly pgn: number;
  /** J1939: the address. */
  readonly addr: number;
}

/** An algorithm of the kernel's cryptography: sockaddr_alg; `bind()` alone takes it. */
export interface AlgAddress {
  readonly family: "alg";
  /** `"hash"`, `"skcipher"`, `"aead"`, `"rng"`: at most 13 bytes. */
  readonly type: string;
  /** Such as `"sha256"` or `"cbc(aes)"`: at most 63 bytes. */
  readonly name: string;
  readonly feat: number;
  readonly mask: number;
}

/** A Bluetooth address, whose protocol is that of its socket. */
export type BluetoothAddress = BluetoothL2cap | BluetoothRfcomm | BluetoothSco | BluetoothHci;

/** sockaddr_l2. */
export interface BluetoothL2cap {
  readonly family: "bluetooth";
  readonly protocol: "l2cap";
  /** Such as `"00:1a:7d:da:71:13"`; `"00:00:00:00:00:00"` is any. */
  readonly address: string;
  readonly psm: number;
  readonly cid: number;
  /** 0 for BR/EDR, 1 for public and 2 for random addresses of Low Energy. */
  readonly addressType: number;
}

/** sockaddr_rc. */
export interface BluetoothRfcomm {
  readonly family: "bluetooth";
  readonly protocol: "rfcomm";
  readonly address: string;
  readonly channel: number;
}

/** sockaddr_sco. */
export interface BluetoothSco {
  readonly family: "bluetooth";
  readonly protocol: "sco";
  readonly address: string;
}

/** sockaddr_hci. */
export interface BluetoothHci {
  readonly family: "bluetooth";
  readonly protocol: "hci";
  /** The number of the adapter; 0xffff is none. */
  readonly dev: number;
  readonly channel: number;
}

/** A TIPC address: sockaddr_tipc. */
export type TipcAddress = TipcSocket | TipcService | TipcRange;

/** One socket: TIPC_SOCKET_ADDR. */
export interface TipcSocket {
  readonly family: "tipc";
  readonly type: "socket";
  readonly ref: number;
  readonly node: number;
  readonly scope: number;
}

/** An instance of a service: TIPC_SERVICE_ADDR. */
export interface TipcService {
  readonly family: "tipc";
  readonly type: "service";
  readonly service: number;
  readonly instance: number;
  readonly domain: number;
  readonly scope: number;
}

/** A range of instances of a service: TIPC_SERVICE_RANGE. */
export interface TipcRange {
  readonly family: "tipc";
  readonly type: "range";
  readonly service: number;
  readonly lower: number;
  readonly upper: number;
  /** 2 is the cluster, 3 the node; negative withdraws a binding. */
  readonly scope: number;
}

/** A port of a processor of Qualcomm: sockaddr_qrtr. */
export interface QipcrtrAddress {
  readonly family: "qipcrtr";
  readonly node: number;
  readonly port: number;
}

/** A queue of an interface: sockaddr_xdp. */
export interface XdpAddress {
  readonly family: "xdp";
  /** XDP_ flags. */
  readonly flags: number;
  readonly ifindex: number;
  readonly queueId: number;
  /** The descriptor of a socket whose memory it shares. */
  readonly sharedUmemFd: number;
}

/** The address of a CAN bus; everything but the interface is 0 by default. */
export interface CanAddressInput extends Partial<Omit<CanAddress, "family" | "ifindex">> {
  readonly family: "can";
  readonly ifindex: InterfaceReference;
}

/** An algorithm; `feat` and `mask` are 0 by default. */
export type AlgAddressInput = Pick<AlgAddress, "family" | "type" | "name"> & Partial<AlgAddress>;

/** A queue of an interface; flags and the descriptor are 0 by default. */
export interface XdpAddressInput extends Partial<Omit<XdpAddress, "family" | "ifindex" | "queueId">> {
  readonly family: "xdp";
  readonly ifindex: InterfaceReference;
  readonly queueId: number;
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
  | VsockAddressInput
  | AlgAddressInput
  | BluetoothAddress
  | CanAddressInput
  | QipcrtrAddress
  | TipcAddress
  | XdpAddressInput;

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
