import type { AddressFamilies } from "./address-families.ts";
import type { OptionLevels } from "./option-levels.ts";
import type { Protocols } from "./protocols.ts";
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
