import type { ValueConstants } from "./value-constants.ts";

/**
 * The constants of `<sys/socket.h>`, `<netinet/in.h>` and `<poll.h>` under their C names, without
 * the prefix: AF_INET is `AF.INET`. Each system has its own numbers; the names here are those that
 * some system lacks.
 */
export interface Constants extends ValueConstants {
  readonly AF: Lacking<
    AddressFamilies,
    | "ALG"
    | "APPLETALK"
    | "ASH"
    | "ATMPVC"
    | "ATMSVC"
    | "AX25"
    | "BLUETOOTH"
    | "BRIDGE"
    | "CAIF"
    | "CAN"
    | "DECnet"
    | "ECONET"
    | "HYPERV"
    | "IB"
    | "IEEE802154"
    | "IPX"
    | "IRDA"
    | "ISDN"
    | "IUCV"
    | "KCM"
    | "KEY"
    | "LINK"
    | "LLC"
    | "MCTP"
    | "MPLS"
    | "NETBEUI"
    | "NETLINK"
    | "NETROM"
    | "NFC"
    | "PACKET"
    | "PHONET"
    | "PPPOX"
    | "QIPCRTR"
    | "RDS"
    | "ROSE"
    | "ROUTE"
    | "RXRPC"
    | "SECURITY"
    | "SMC"
    | "SNA"
    | "SYSTEM"
    | "TIPC"
    | "VSOCK"
    | "WANPIPE"
    | "X25"
    | "XDP"
  >;
  readonly SOCK: Lacking<SocketTypes, "CLOEXEC" | "DCCP" | "NONBLOCK">;
  readonly IPPROTO: Lacking<
    Protocols,
    | "AH"
    | "BEETPH"
    | "COMP"
    | "DCCP"
    | "DSTOPTS"
    | "EGP"
    | "ENCAP"
    | "EON"
    | "ESP"
    | "ETHERNET"
    | "FRAGMENT"
    | "GGP"
    | "GRE"
    | "HELLO"
    | "HOPOPTS"
    | "IDP"
    | "IPCOMP"
    | "IPIP"
    | "IPV4"
    | "L2TP"
    | "MH"
    | "MPLS"
    | "MPTCP"
    | "MTP"
    | "ND"
    | "NONE"
    | "PGM"
    | "PIM"
    | "PUP"
    | "ROUTING"
    | "RSVP"
    | "SMC"
    | "TP"
    | "UDPLITE"
    | "XTP"
  >;
  readonly SHUT: Shutdowns;
  readonly MSG: Lacking<
    MessageFlags,
    | "BCAST"
    | "CMSG_CLOEXEC"
    | "CONFIRM"
    | "DONTWAIT"
    | "EOF"
    | "EOR"
    | "ERRQUEUE"
    | "FASTOPEN"
    | "MCAST"
    | "MORE"
    | "NOSIGNAL"
    | "NOTIFICATION"
    | "PARTIAL"
    | "WAITFORONE"
    | "ZEROCOPY"
  >;
  readonly POLL: Lacking<PollEvents, "RDHUP">;
  readonly SOL: Lacking<
    OptionLevels,
    | "AAL"
    | "ALG"
    | "ATALK"
    | "ATM"
    | "AX25"
    | "BLUETOOTH"
    | "CAIF"
    | "CAN_BASE"
    | "CAN_ISOTP"
    | "CAN_J1939"
    | "CAN_RAW"
    | "DCCP"
    | "DECNET"
    | "HCI"
    | "ICMPV6"
    | "IP"
    | "IPV6"
    | "IPX"
    | "IRDA"
    | "IUCV"
    | "KCM"
    | "L2CAP"
    | "LLC"
    | "LOCAL"
    | "MCTP"
    | "MPTCP"
    | "NETBEUI"
    | "NETLINK"
    | "NETROM"
    | "NFC"
    | "PACKET"
    | "PNPIPE"
    | "PPPOL2TP"
    | "RAW"
    | "RDS"
    | "RFCOMM"
    | "ROSE"
    | "RXRPC"
    | "SCO"
    | "SCTP"
    | "SMC"
    | "TCP"
    | "TIPC"
    | "TLS"
    | "UDP"
    | "VSOCK"
    | "X25"
    | "XDP"
  >;
  /**
   * The largest backlog that `<sys/socket.h>` names. The kernel's own limit may differ: on Linux,
   * `net.core.somaxconn`.
   */
  readonly SOMAXCONN: number;
}

/** Names that some systems lack. */
type Lacking<Names, Some extends keyof Names> = Omit<Names, Some> & Partial<Pick<Names, Some>>;

/** Address families: the first argument of `socket()`. */
export interface AddressFamilies {
  /** The kernel's cryptography API. */
  readonly ALG: number;
  /** AppleTalk. */
  readonly APPLETALK: number;
  /** Ash. */
  readonly ASH: number;
  /** ATM, permanent circuits. */
  readonly ATMPVC: number;
  /** ATM, switched circuits. */
  readonly ATMSVC: number;
  /** Amateur radio. */
  readonly AX25: number;
  /** Bluetooth. */
  readonly BLUETOOTH: number;
  /** A bridge of the kernel, in messages of NETLINK. */
  readonly BRIDGE: number;
  /** Modems of ST-Ericsson. */
  readonly CAIF: number;
  /** Controller area network. */
  readonly CAN: number;
  /** DECnet. */
  readonly DECnet: number;
  /** Econet. */
  readonly ECONET: number;
  /** A Hyper-V virtual machine and its host. */
  readonly HYPERV: number;
  /** InfiniBand. */
  readonly IB: number;
  /** IEEE 802.15.4. */
  readonly IEEE802154: number;
  /** IPv4. */
  readonly INET: number;
  /** IPv6. */
  readonly INET6: number;
  /** IPX. */
  readonly IPX: number;
  /** Infrared. */
  readonly IRDA: number;
  /** ISDN. */
  readonly ISDN: number;
  /** Virtual machines of z/VM. */
  readonly IUCV: number;
  /** Messages over TCP (kernel connection multiplexor). */
  readonly KCM: number;
  /** IPsec keys (PF_KEY). */
  readonly KEY: number;
  /** Link-layer addresses. */
  readonly LINK: number;
  /** IEEE 802.2. */
  readonly LLC: number;
  /** POSIX's later name of UNIX. */
  readonly LOCAL: number;
  /** Management components (MCTP). */
  readonly MCTP: number;
  /** MPLS. */
  readonly MPLS: number;
  /** NetBEUI; reserved. */
  readonly NETBEUI: number;
  /** Messages to and from the Linux kernel. */
  readonly NETLINK: number;
  /** NET/ROM of amateur radio. */
  readonly NETROM: number;
  /** Near-field communication. */
  readonly NFC: number;
  /** Frames of a network device. */
  readonly PACKET: number;
  /** Modems of Nokia. */
  readonly PHONET: number;
  /** PPP over Ethernet and the like. */
  readonly PPPOX: number;
  /** Processors of Qualcomm. */
  readonly QIPCRTR: number;
  /** Reliable datagrams. */
  readonly RDS: number;
  /** ROSE of amateur radio. */
  readonly ROSE: number;
  /** Routes; another name of NETLINK on Linux. */
  readonly ROUTE: number;
  /** RPC of AFS. */
  readonly RXRPC: number;
  /** Security callbacks; reserved. */
  readonly SECURITY: number;
  /** TCP over RDMA (shared memory communications). */
  readonly SMC: number;
  /** SNA of IBM. */
  readonly SNA: number;
  /** The kernel of macOS. */
  readonly SYSTEM: number;
  /** TIPC. */
  readonly TIPC: number;
  /** Sockets in the file system or, on Linux, in the abstract namespace. */
  readonly UNIX: number;
  /** No family: `connect()` accepts it to disconnect. */
  readonly UNSPEC: number;
  /** A virtual machine and its host. */
  readonly VSOCK: number;
  /** Wanpipe. */
  readonly WANPIPE: number;
  /** X.25. */
  readonly X25: number;
  /** Frames of a network device, past the network stack. */
  readonly XDP: number;
}

/** Socket types: the second argument of `socket()`. */
export interface SocketTypes {
  /** Flag: close on exec. `socket()` sets it unless told otherwise. */
  readonly CLOEXEC: number;
  /** Datagrams with congestion control, of IPPROTO.DCCP; until Linux 6.15. */
  readonly DCCP: number;
  /** Messages, each on its own. */
  readonly DGRAM: number;
  /** Flag: do not block. */
  readonly NONBLOCK: number;
  /** The network protocol itself; privileged. */
  readonly RAW: number;
  /** Messages, whose order is not guaranteed. */
  readonly RDM: number;
  /** A connection that keeps message boundaries. */
  readonly SEQPACKET: number;
  /** A connection: a byte stream without boundaries. */
  readonly STREAM: number;
}

/** Protocols: the third argument of `socket()`; 0 is the default protocol of the type. */
export interface Protocols {
  /** IPsec authentication. */
  readonly AH: number;
  /** IPsec BEET. */
  readonly BEETPH: number;
  /** Compression (IPComp). */
  readonly COMP: number;
  /** Datagram congestion control protocol. */
  readonly DCCP: number;
  /** IPv6 destination options. */
  readonly DSTOPTS: number;
  /** Exterior gateway protocol. */
  readonly EGP: number;
  /** Encapsulation. */
  readonly ENCAP: number;
  /** ISO CLNP. */
  readonly EON: number;
  /** IPsec encryption. */
  readonly ESP: number;
  /** Ethernet in IPv6. */
  readonly ETHERNET: number;
  /** IPv6 fragments. */
  readonly FRAGMENT: number;
  /** Gateway to gateway; obsolete. */
  readonly GGP: number;
  /** Generic routing encapsulation. */
  readonly GRE: number;
  /** Hello routing. */
  readonly HELLO: number;
  /** IPv6 hop-by-hop options. */
  readonly HOPOPTS: number;
  /** Internet control messages. */
  readonly ICMP: number;
  /** Internet control messages of IPv6. */
  readonly ICMPV6: number;
  /** Xerox datagrams. */
  readonly IDP: number;
  /** Multicast group management. */
  readonly IGMP: number;
  /** The default protocol of the type. */
  readonly IP: number;
  /** Compression: the name of COMP on macOS and FreeBSD. */
  readonly IPCOMP: number;
  /** IPv4 in IP. */
  readonly IPIP: number;
  /** IPv4 in IP: the name of IPIP on macOS, FreeBSD and Windows. */
  readonly IPV4: number;
  /** IPv6. */
  readonly IPV6: number;
  /** Layer 2 tunnels. */
  readonly L2TP: number;
  /** IPv6 mobility. */
  readonly MH: number;
  /** MPLS in IP. */
  readonly MPLS: number;
  /** TCP over several paths. */
  readonly MPTCP: number;
  /** Multicast transport. */
  readonly MTP: number;
  /** Sun's disks over the network. */
  readonly ND: number;
  /** No next header of IPv6. */
  readonly NONE: number;
  /** Pragmatic general multicast. */
  readonly PGM: number;
  /** Multicast routing. */
  readonly PIM: number;
  /** PARC universal packets. */
  readonly PUP: number;
  /** Raw IP packets. */
  readonly RAW: number;
  /** IPv6 routing. */
  readonly ROUTING: number;
  /** Reservations. */
  readonly RSVP: number;
  /** Stream control transmission protocol. */
  readonly SCTP: number;
  /** TCP over RDMA: the protocol of AF.INET and AF.INET6; Linux 6.11. */
  readonly SMC: number;
  /** Transmission control protocol. */
  readonly TCP: number;
  /** ISO transport class 4. */
  readonly TP: number;
  /** User datagram protocol. */
  readonly UDP: number;
  /** UDP with a partial checksum. */
  readonly UDPLITE: number;
  /** Express transport. */
  readonly XTP: number;
}

/**
 * Option levels, besides the protocols of `IPPROTO`: the first argument of `rawOption()`. The
 * system's headers have more; `rawOption()` accepts any number.
 */
export interface OptionLevels {
  /** ATM adaptation layers. */
  readonly AAL: number;
  /** The kernel's cryptography API. */
  readonly ALG: number;
  /** AppleTalk. */
  readonly ATALK: number;
  /** ATM. */
  readonly ATM: number;
  /** Amateur radio. */
  readonly AX25: number;
  /** Bluetooth. */
  readonly BLUETOOTH: number;
  /** CAIF. */
  readonly CAIF: number;
  /** CAN: its level, plus the protocol. */
  readonly CAN_BASE: number;
  /** ISO-TP on CAN. */
  readonly CAN_ISOTP: number;
  /** SAE J1939 on CAN. */
  readonly CAN_J1939: number;
  /** Raw CAN. */
  readonly CAN_RAW: number;
  /** DCCP. */
  readonly DCCP: number;
  /** DECnet. */
  readonly DECNET: number;
  /** Bluetooth adapters. */
  readonly HCI: number;
  /** ICMPv6. */
  readonly ICMPV6: number;
  /** IPv4: the level of `IP`. */
  readonly IP: number;
  /** IPv6: the level of `IPV6`. */
  readonly IPV6: number;
  /** IPX. */
  readonly IPX: number;
  /** Infrared. */
  readonly IRDA: number;
  /** Virtual machines of z/VM. */
  readonly IUCV: number;
  /** KCM. */
  readonly KCM: number;
  /** Logical links of Bluetooth. */
  readonly L2CAP: number;
  /** IEEE 802.2. */
  readonly LLC: number;
  /** Unix sockets, on macOS and FreeBSD: the level of `LOCAL`. */
  readonly LOCAL: number;
  /** MCTP. */
  readonly MCTP: number;
  /** Multipath TCP. */
  readonly MPTCP: number;
  /** NetBEUI. */
  readonly NETBEUI: number;
  /** Messages to and from the Linux kernel. */
  readonly NETLINK: number;
  /** NET/ROM of amateur radio. */
  readonly NETROM: number;
  /** Near-field communication. */
  readonly NFC: number;
  /** Frames of a network device. */
  readonly PACKET: number;
  /** Pipes of Phonet. */
  readonly PNPIPE: number;
  /** PPP over L2TP. */
  readonly PPPOL2TP: number;
  /** Raw IP. */
  readonly RAW: number;
  /** RDS. */
  readonly RDS: number;
  /** Serial ports over Bluetooth. */
  readonly RFCOMM: number;
  /** ROSE of amateur radio. */
  readonly ROSE: number;
  /** RxRPC. */
  readonly RXRPC: number;
  /** Voice over Bluetooth. */
  readonly SCO: number;
  /** SCTP. */
  readonly SCTP: number;
  /** SMC. */
  readonly SMC: number;
  /** The socket itself, whatever its protocol: the level of `SO`. */
  readonly SOCKET: number;
  /** TCP: the level of `TCP`. */
  readonly TCP: number;
  /** TIPC. */
  readonly TIPC: number;
  /** Encryption of a TCP connection by the kernel. */
  readonly TLS: number;
  /** UDP: the level of `UDP`. */
  readonly UDP: number;
  /** vsock. */
  readonly VSOCK: number;
  /** X.25. */
  readonly X25: number;
  /** Frames of a network device, past the network stack. */
  readonly XDP: number;
}

/** The directions that `shutdown()` closes. */
export interface Shutdowns {
  /** Receiving. */
  readonly RD: number;
  /** Both. */
  readonly RDWR: number;
  /** Sending: the peer reads the end. */
  readonly WR: number;
}

/** Flags of `send()` and `recv()`, combined with `|`. */
export interface MessageFlags {
  /** The datagram was broadcast (received); Windows. */
  readonly BCAST: number;
  /** Sets close-on-exec on received descriptors. */
  readonly CMSG_CLOEXEC: number;
  /** The neighbour answered: do not probe it. */
  readonly CONFIRM: number;
  /** Control data was truncated (received). */
  readonly CTRUNC: number;
  /** Only to hosts on a directly connected network. */
  readonly DONTROUTE: number;
  /** Do not block in this call. */
  readonly DONTWAIT: number;
  /** Ends sending after this data; macOS and FreeBSD. */
  readonly EOF: number;
  /** The end of a record. */
  readonly EOR: number;
  /** Receive a queued error instead of data. */
  readonly ERRQUEUE: number;
  /** Connect and send in one step (TCP Fast Open). */
  readonly FASTOPEN: number;
  /** The datagram was multicast (received); Windows. */
  readonly MCAST: number;
  /** More data will follow: hold a partial segment back. */
  readonly MORE: number;
  /** No SIGPIPE. Every send here sets it. */
  readonly NOSIGNAL: number;
  /** A notification of SCTP, not data (received). */
  readonly NOTIFICATION: number;
  /** Out-of-band data. */
  readonly OOB: number;
  /** A part of a message; Windows. */
  readonly PARTIAL: number;
  /** Receive, and leave the data in the queue. */
  readonly PEEK: number;
  /** Return the datagram's real length, even if the buffer was shorter. */
  readonly TRUNC: number;
  /** Block until the whole buffer is full. */
  readonly WAITALL: number;
  /** Block for the first message only (recvmmsg). */
  readonly WAITFORONE: number;
  /** Send from the caller's pages without a copy. */
  readonly ZEROCOPY: number;
}

/** Events of `poll()`, combined with `|`. */
export interface PollEvents {
  /** An error is pending (result only). */
  readonly ERR: number;
  /** The peer has hung up (result only). */
  readonly HUP: number;
  /** Data, the end of data, or a connection to accept. */
  readonly IN: number;
  /** Not an open descriptor (result only). */
  readonly NVAL: number;
  /** Space to send. */
  readonly OUT: number;
  /** Out-of-band data. */
  readonly PRI: number;
  /** Priority data. */
  readonly RDBAND: number;
  /** The peer has stopped sending. */
  readonly RDHUP: number;
  /** Normal data. */
  readonly RDNORM: number;
  /** Space to send priority data. */
  readonly WRBAND: number;
  /** Space to send normal data. */
  readonly WRNORM: number;
}
