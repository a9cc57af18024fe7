import type { EtherTypes } from "./ether-types.ts";
import type { FamilyConstants } from "./family-constants.ts";

/**
 * The values of options, addresses and messages under their C names. Most groups exist only on
 * Linux.
 */
export interface ValueConstants extends FamilyConstants {
  readonly AI: Partial<AddressInfoFlags>;
  readonly NI: Partial<NameInfoFlags>;
  readonly IFF: Partial<InterfaceFlags>;
  readonly IPV6_PMTUDISC: Partial<PathMtuDiscoveries>;
  readonly IPV6_PREFER_SRC: Partial<SourcePreferences>;
  readonly IP_PMTUDISC: Partial<PathMtuDiscoveries>;
  readonly SO_EE_CODE: Partial<ErrorCodes>;
  readonly SO_EE_ORIGIN: Partial<ErrorOrigins>;
  readonly SOF_TIMESTAMPING: Partial<TimestampingFlags>;
  readonly SOF_TXTIME: Partial<TransmitTimeFlags>;
  readonly TCP_STATE: Partial<TcpStates>;
  readonly NETLINK_FAMILY: Partial<NetlinkFamilies>;
  readonly ETH_P: Partial<EtherTypes>;
  readonly PACKET_TYPE: Partial<PacketTypes>;
  readonly UDP_ENCAP: Partial<UdpEncapsulations>;
  readonly VMADDR: Partial<VsockValues>;
}

/** Flags of `getaddrinfo()`. */
export interface AddressInfoFlags {
  /** With V4MAPPED: IPv4-mapped addresses in addition to IPv6 ones. */
  readonly ALL: number;
  /** Only families in which this machine has an address. */
  readonly ADDRCONFIG: number;
  /** The canonical name of the host, in the first entry. */
  readonly CANONNAME: number;
  /** With CANONNAME: decodes that name from Punycode; glibc. */
  readonly CANONIDN: number;
  /** Encodes a name that is not ASCII as Punycode, in the charset of the locale; glibc. */
  readonly IDN: number;
  /** The name is an address: nothing is looked up. */
  readonly NUMERICHOST: number;
  /** The service is a number: nothing is looked up. */
  readonly NUMERICSERV: number;
  /** Without a name: addresses to `bind()` to, instead of the loopback addresses. */
  readonly PASSIVE: number;
  /** With AF.INET6: IPv4-mapped addresses if there are none of IPv6. */
  readonly V4MAPPED: number;
  /** Like V4MAPPED, if the kernel supports it; macOS and FreeBSD. */
  readonly V4MAPPED_CFG: number;
}

/** Flags of `getnameinfo()`. */
export interface NameInfoFlags {
  /** Looks up the service for UDP, if the names differ. */
  readonly DGRAM: number;
  /** Decodes the name from Punycode; glibc. */
  readonly IDN: number;
  /** Fails if the address has no name. */
  readonly NAMEREQD: number;
  /** Omits the domain name for local hosts. */
  readonly NOFQDN: number;
  /** Returns the host as an address, without a lookup. */
  readonly NUMERICHOST: number;
  /** The scope of an IPv6 address as a number; macOS and FreeBSD. */
  readonly NUMERICSCOPE: number;
  /** Returns the service as a number. */
  readonly NUMERICSERV: number;
}

/** Flags of a network interface, in the answer of `SIOC.GIFFLAGS`. */
export interface InterfaceFlags {
  /** Receives every multicast packet. */
  readonly ALLMULTI: number;
  /** Selects its medium automatically. */
  readonly AUTOMEDIA: number;
  /** Has a broadcast address. */
  readonly BROADCAST: number;
  /** Its driver's debugging is on. */
  readonly DEBUG: number;
  /** Loses its addresses when it goes down. */
  readonly DYNAMIC: number;
  /** The loopback interface. */
  readonly LOOPBACK: number;
  /** Consists of other interfaces, such as a bond. */
  readonly MASTER: number;
  /** Supports multicast. */
  readonly MULTICAST: number;
  /** Does not use ARP. */
  readonly NOARP: number;
  /** Avoids trailers. */
  readonly NOTRAILERS: number;
  /** A point-to-point link. */
  readonly POINTOPOINT: number;
  /** Can select its medium. */
  readonly PORTSEL: number;
  /** Receives every packet. */
  readonly PROMISC: number;
  /** Is operational, including its cable. */
  readonly RUNNING: number;
  /** Is part of another interface. */
  readonly SLAVE: number;
  /** Is up. */
  readonly UP: number;
}

/** Values of `IP.MTU_DISCOVER`, and of `IPV6.MTU_DISCOVER`. */
export interface PathMtuDiscoveries {
  /** Never fragments: a datagram that is too long fails. */
  readonly DO: number;
  /** Fragments when needed, and does not probe. */
  readonly DONT: number;
  /** Fragments at the MTU of the interface, and ignores that of the path. */
  readonly INTERFACE: number;
  /** Like INTERFACE, but fragments longer packets. */
  readonly OMIT: number;
  /** Never fragments, and ignores the MTU of the path. */
  readonly PROBE: number;
  /** Uses the settings of each route. */
  readonly WANT: number;
}

/** Flags of `IPV6.ADDR_PREFERENCES`, combined with `|` (RFC 5014). */
export interface SourcePreferences {
  /** An address that was generated from a public key. */
  readonly CGA: number;
  /** The care-of address of a mobile node. */
  readonly COA: number;
  /** The home address of a mobile node; the default. */
  readonly HOME: number;
  /** An address that was not generated from a public key. */
  readonly NONCGA: number;
  /** A public address rather than a temporary one. */
  readonly PUBLIC: number;
  /** Neither TMP nor PUBLIC: the system's default. */
  readonly PUBTMP_DEFAULT: number;
  /** A temporary address (RFC 8981), which says less about the machine. */
  readonly TMP: number;
}

/** Values of `code` in an error of the error queue, for the origins TXTIME and ZEROCOPY. */
export interface ErrorCodes {
  /** TXTIME: the message's time is invalid. */
  readonly TXTIME_INVALID_PARAM: number;
  /** TXTIME: the message came too late, and was dropped. */
  readonly TXTIME_MISSED: number;
  /** ZEROCOPY: the kernel copied the data after all. */
  readonly ZEROCOPY_COPIED: number;
}

/** Values of `origin` in an error of the error queue. */
export interface ErrorOrigins {
  /** ICMP. */
  readonly ICMP: number;
  /** ICMPv6. */
  readonly ICMP6: number;
  /** This machine. */
  readonly LOCAL: number;
  /** None. */
  readonly NONE: number;
  /** No error: a time stamp (SO.TIMESTAMPING). */
  readonly TIMESTAMPING: number;
  /** A missed send time (SO.TXTIME). */
  readonly TXTIME: number;
  /** No error: memory that is no longer in use (SO.ZEROCOPY). */
  readonly ZEROCOPY: number;
}

/** Flags of `SO.TIMESTAMPING`, and of `SCM_TIMESTAMPING` those that begin with TX_. */
export interface TimestampingFlags {
  /** The hardware clock is bound by its index. */
  readonly BIND_PHC: number;
  /** Time stamps arrive in control messages with the address. */
  readonly OPT_CMSG: number;
  /** Numbers sent messages. */
  readonly OPT_ID: number;
  /** Numbers the bytes of TCP from the one sent next; Linux 6.2. */
  readonly OPT_ID_TCP: number;
  /** Adds `SCM_TIMESTAMPING_PKTINFO`. */
  readonly OPT_PKTINFO: number;
  /** Only time stamps that this socket requested; Linux 6.12. */
  readonly OPT_RX_FILTER: number;
  /** Adds statistics of TCP. */
  readonly OPT_STATS: number;
  /** Omits the sent data. */
  readonly OPT_TSONLY: number;
  /** Software time stamps even if the device makes them, too. */
  readonly OPT_TX_SWHW: number;
  /** Reports the device's time stamps. */
  readonly RAW_HARDWARE: number;
  /** Arrival at the device. */
  readonly RX_HARDWARE: number;
  /** Arrival at the kernel. */
  readonly RX_SOFTWARE: number;
  /** Reports the kernel's time stamps. */
  readonly SOFTWARE: number;
  /** No longer used. */
  readonly SYS_HARDWARE: number;
  /** When the peer acknowledged all of it. */
  readonly TX_ACK: number;
  /** When the device completed it; Linux 6.15. */
  readonly TX_COMPLETION: number;
  /** When it left the device. */
  readonly TX_HARDWARE: number;
  /** When it entered the scheduler. */
  readonly TX_SCHED: number;
  /** When it left the kernel. */
  readonly TX_SOFTWARE: number;
}

/**
 * Values of `state` in `TCP.INFO`. On macOS and FreeBSD, the headers name them TCPS_CLOSED and so
 * on.
 */
export interface TcpStates {
  /** Closed. */
  readonly CLOSE: number;
  /** The peer has stopped sending. */
  readonly CLOSE_WAIT: number;
  /** Both stopped sending at once. */
  readonly CLOSING: number;
  /** Connected. */
  readonly ESTABLISHED: number;
  /** This side has stopped sending. */
  readonly FIN_WAIT1: number;
  /** The peer has acknowledged the FIN of this side. */
  readonly FIN_WAIT2: number;
  /** Both have stopped sending, the peer first. */
  readonly LAST_ACK: number;
  /** Listening. */
  readonly LISTEN: number;
  /** Being connected by a peer. */
  readonly SYN_RECV: number;
  /** Connecting. */
  readonly SYN_SENT: number;
  /** Waiting for packets that are still on their way. */
  readonly TIME_WAIT: number;
}

/** Protocols of AF.NETLINK: NETLINK_ROUTE is `NETLINK_FAMILY.ROUTE`. */
export interface NetlinkFamilies {
  /** Auditing. */
  readonly AUDIT: number;
  /** Process events and the like. */
  readonly CONNECTOR: number;
  /** Cryptographic algorithms. */
  readonly CRYPTO: number;
  /** DECnet; no longer used. */
  readonly DNRTMSG: number;
  /** eCryptfs; no longer used. */
  readonly ECRYPTFS: number;
  /** Looks up routes. */
  readonly FIB_LOOKUP: number;
  /** ip_queue; no longer used. */
  readonly FIREWALL: number;
  /** Generic netlink: families by name. */
  readonly GENERIC: number;
  /** ip6_queue; no longer used. */
  readonly IP6_FW: number;
  /** iSCSI. */
  readonly ISCSI: number;
  /** Device events. */
  readonly KOBJECT_UEVENT: number;
  /** Firewalls. */
  readonly NETFILTER: number;
  /** The log of iptables; no longer used. */
  readonly NFLOG: number;
  /** RDMA. */
  readonly RDMA: number;
  /** Routes, interfaces and addresses. */
  readonly ROUTE: number;
  /** SCSI transports. */
  readonly SCSITRANSPORT: number;
  /** SELinux events. */
  readonly SELINUX: number;
  /** SMC sockets. */
  readonly SMC: number;
  /** Sockets, as `ss` lists them. */
  readonly SOCK_DIAG: number;
  /** Between programs. */
  readonly USERSOCK: number;
  /** IPsec. */
  readonly XFRM: number;
}

/** Values of `pkttype` in a packet address: PACKET_HOST is `PACKET_TYPE.HOST`. */
export interface PacketTypes {
  /** Broadcast. */
  readonly BROADCAST: number;
  /** Forwarded fast; no longer used. */
  readonly FASTROUTE: number;
  /** To this machine. */
  readonly HOST: number;
  /** To the kernel. */
  readonly KERNEL: number;
  /** Looped back by multicast. */
  readonly LOOPBACK: number;
  /** Multicast. */
  readonly MULTICAST: number;
  /** To another machine. */
  readonly OTHERHOST: number;
  /** Sent by this machine. */
  readonly OUTGOING: number;
  /** To programs. */
  readonly USER: number;
}

/** Flags of `SO.TXTIME`. */
export interface TransmitTimeFlags {
  /** The time is the latest at which to send, not the earliest. */
  readonly DEADLINE_MODE: number;
  /** Reports messages that were not sent in time in the error queue. */
  readonly REPORT_ERRORS: number;
}

/** Values of `UDP.ENCAP`. Programs set the first two; the kernel's own tunnels use the others. */
export interface UdpEncapsulations {
  /** IPsec encryption (RFC 3948). */
  readonly ESPINUDP: number;
  /** L2TP. */
  readonly L2TPINUDP: number;
  /** IPsec encryption, of an early draft; rejected by recent kernels. */
  readonly ESPINUDP_NON_IKE: number;
  /** GTP version 0, of mobile networks. */
  readonly GTP0: number;
  /** GTP version 1. */
  readonly GTP1U: number;
  /** RxRPC. */
  readonly RXRPC: number;
}

/** Values of a vsock address. */
export interface VsockValues {
  /** cid: any, to `bind()`. */
  readonly CID_ANY: number;
  /** cid: the host of this virtual machine. */
  readonly CID_HOST: number;
  /** cid: the hypervisor. */
  readonly CID_HYPERVISOR: number;
  /** cid: this machine, as loopback. */
  readonly CID_LOCAL: number;
  /** flags: through the host. */
  readonly FLAG_TO_HOST: number;
  /** port: a free one, to `bind()`. */
  readonly PORT_ANY: number;
}
