import type { Address, InterfaceReference } from "../address/address.ts";
import type {
  SctpAuthenticationMessage,
  SctpDestinationMessage,
  SctpInitMessage,
  SctpNextMessage,
  SctpReceiveMessage,
  SctpReliabilityMessage,
  SctpSendMessage,
  SctpSendReceiveMessage,
  SctpSendReceiveMessageToSend,
} from "./sctp-messages.ts";

/**
 * Ancillary data of a message, under its C name. `Descriptor` is the type used to pass a
 * descriptor, or the type of a received one.
 */
export type ControlMessage<Descriptor = number> =
  | TwoWayMessage<Descriptor, number>
  | PidfdMessage<Descriptor>
  | HeaderOptionsMessage
  | J1939NameMessage
  | ReceivedNumberMessage
  | OriginalDestinationMessage
  | PacketAuxdataMessage
  | PathMtuMessage
  | SctpNextMessage
  | SctpReceiveMessage
  | SctpSendReceiveMessage
  | SecurityLabelMessage
  | TimestampMessage
  | TimestampingMessage
  | TimestampingPacketMessage
  | TimestampingStatsMessage
  | ExtendedErrorMessage;

/** The control messages that a program can send; all others come from the kernel. */
export type ControlMessageToSend<Descriptor = number> =
  | TwoWayMessage<Descriptor, InterfaceReference>
  | AlgInitialisationMessage
  | NumberMessageToSend
  | SctpAuthenticationMessage
  | SctpDestinationMessage
  | SctpInitMessage
  | SctpReliabilityMessage
  | SctpSendMessage
  | SctpSendReceiveMessageToSend
  | TimestampingRequest
  | TransmitTimeMessage;

/** The control messages that can be both sent and received. */
export type TwoWayMessage<Descriptor, Interface> =
  | RightsMessage<Descriptor>
  | CredentialsMessage
  | HeaderMessage
  | NumberMessage
  | PacketInfoMessage<Interface>
  | PacketInfo6Message<Interface>
  | UnknownControlMessage;

/** Descriptors; the receiver gets duplicates of the same open files (unix(7)). */
export interface RightsMessage<Descriptor> {
  readonly type: "SCM_RIGHTS";
  /** At most 253 (SCM_MAX_FD in include/net/scm.h). */
  readonly descriptors: readonly Descriptor[];
}

/**
 * The sender's credentials, verified by the kernel (unix(7)). The receiver must set SO.PASSCRED.
 */
export interface CredentialsMessage {
  readonly type: "SCM_CREDENTIALS";
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * A pidfd of the sending process; receive only. The receiver must set SO.PASSPIDFD (Linux 6.5). If
 * the kernel cannot create it, because the process has exited or no descriptor is left, the message
 * is of unknown type with the negative errno in its data.
 */
export interface PidfdMessage<Descriptor> {
  readonly type: "SCM_PIDFD";
  readonly descriptor: Descriptor;
}

/** A control message whose value is a number; to send, or received. */
export interface NumberMessage {
  /**
   * - `IPV6_FLOWINFO`: the flow label, in the low 20 bits, and the traffic class above them. The
   *   receiver must set IPV6.FLOWINFO, and gets one that is not 0.
   * - `IP_TTL`, `IPV6_HOPLIMIT`, `IPV6_2292HOPLIMIT`: the hop limit of the packet: to send, how
   *   many hops it may take; received, how many were left.
   * - `IP_TOS`, `IPV6_TCLASS`: the type of service or traffic class.
   * - `SO_MARK`: the mark of the packet, for routing and firewall rules; sending it takes
   *   CAP_NET_ADMIN or CAP_NET_RAW. The receiver must set SO.RCVMARK (Linux 5.19).
   * - `SO_PRIORITY`: the priority of the packet; it can be sent since Linux 6.14. The receiver must
   *   set SO.RCVPRIORITY (Linux 6.14).
   * - `UDP_SEGMENT`: send only: the kernel splits the data into datagrams of this length, at most
   *   128 of them.
   */
  readonly type:
    | "IP_TTL"
    | "IP_TOS"
    | "IPV6_2292HOPLIMIT"
    | "IPV6_FLOWINFO"
    | "IPV6_HOPLIMIT"
    | "IPV6_TCLASS"
    | "SO_MARK"
    | "SO_PRIORITY"
    | "UDP_SEGMENT";
  readonly value: number;
}

/** A control message whose value is a number; send only. */
export interface NumberMessageToSend {
  /**
   * - `ALG_SET_AEAD_ASSOCLEN`: how many bytes at the start are authenticated and not encrypted.
   * - `ALG_SET_OP`: `ALG_OP.ENCRYPT` or `ALG_OP.DECRYPT`, on a socket of AF.ALG that was accepted.
   * - `IP_PROTOCOL`: the protocol of the packet, on a raw socket (Linux 6.4).
   * - `IPV6_DONTFRAG`: 1 if the packet must not be fragmented, 0 if it may.
   * - `SCM_TS_OPT_ID`: the number of the packet's time stamps (Linux 6.13). SO.TIMESTAMPING must
   *   have SOF_TIMESTAMPING_OPT_ID.
   * - `TLS_SET_RECORD_TYPE`: the type of the TLS record, such as 21 for an alert; data is 23. The
   *   socket must have set TLS.TX.
   */
  readonly type:
    | "ALG_SET_AEAD_ASSOCLEN"
    | "ALG_SET_OP"
    | "IP_PROTOCOL"
    | "IPV6_DONTFRAG"
    | "SCM_TS_OPT_ID"
    | "TLS_SET_RECORD_TYPE";
  readonly value: number;
}

/** A control message whose value is a number; receive only. */
export interface ReceivedNumberMessage {
  /**
   * - `IP_CHECKSUM`: the sum of the packet's data, if the device added it up. The receiver must set
   *   IP.CHECKSUM.
   * - `IP_RECVFRAGSIZE`, `IPV6_RECVFRAGSIZE`: the bytes of the largest fragment. The receiver must
   *   set IP.RECVFRAGSIZE or IPV6.RECVFRAGSIZE.
   * - `NETLINK_LISTEN_ALL_NSID`: the number, here, of the network namespace that a message is from;
   *   -1 is one without. The receiver must set NETLINK.LISTEN_ALL_NSID.
   * - `NETLINK_PKTINFO`: the group that the message was sent to. The receiver must set
   *   NETLINK.PKTINFO.
   * - `SCM_INQ`: the bytes that are left in the receive queue of a unix stream. The receiver must
   *   set SO.INQ (Linux 6.17).
   * - `SCM_J1939_DEST_ADDR`, `SCM_J1939_PRIO`: the address that a J1939 message was sent to, and
   *   its priority.
   * - `SCM_WIFI_STATUS`: 1 if the wireless frame was acknowledged. The sender must set
   *   SO.WIFI_STATUS.
   * - `SO_RXQ_OVFL`: how many messages the socket has dropped since it was made, modulo 2^32; sent
   *   along once it has dropped one. The receiver must set SO.RXQ_OVFL.
   * - `TCP_CM_INQ`: the bytes that are left in the receive queue. The receiver must set TCP.INQ.
   * - `TLS_GET_RECORD_TYPE`: the type of the TLS record: 23 is data. The receiver must have set
   *   TLS.RX.
   * - `UDP_GRO`: the data consists of several datagrams; the length of each in bytes, of which the
   *   last may have fewer. The receiver must set UDP.GRO.
   */
  readonly type:
    | "IP_CHECKSUM"
    | "IP_RECVFRAGSIZE"
    | "IPV6_RECVFRAGSIZE"
    | "NETLINK_LISTEN_ALL_NSID"
    | "NETLINK_PKTINFO"
    | "SCM_INQ"
    | "SCM_J1939_DEST_ADDR"
    | "SCM_J1939_PRIO"
    | "SCM_WIFI_STATUS"
    | "SO_RXQ_OVFL"
    | "TCP_CM_INQ"
    | "TLS_GET_RECORD_TYPE"
    | "UDP_GRO";
  readonly value: number;
}

/**
 * Options of an IPv4 header, or an extension header of IPv6 (RFC 3542), as bytes.
 *
 * - `IP_RETOPTS`: received, the options with which to answer: IP.RETOPTS. To send, those of the
 *   packet.
 * - `IPV6_DSTOPTS`, `IPV6_HOPOPTS`, `IPV6_RTHDR`: the receiver must set IPV6.RECVDSTOPTS and so on;
 *   the first two take CAP_NET_RAW to send.
 * - `IPV6_RTHDRDSTOPTS`: to send only.
 * - `IPV6_2292DSTOPTS` and so on: the same of RFC 2292, where the receiver set IPV6["2292DSTOPTS"]
 *   and so on.
 */
export interface HeaderMessage {
  readonly type:
    | "IP_RETOPTS"
    | "IPV6_2292DSTOPTS"
    | "IPV6_2292HOPOPTS"
    | "IPV6_2292RTHDR"
    | "IPV6_DSTOPTS"
    | "IPV6_HOPOPTS"
    | "IPV6_RTHDR"
    | "IPV6_RTHDRDSTOPTS";
  readonly data: Uint8Array;
}

/** The options of an IPv4 header; receive only. The receiver must set IP.RECVOPTS. */
export interface HeaderOptionsMessage {
  readonly type: "IP_RECVOPTS";
  readonly data: Uint8Array;
}

/**
 * Where a packet was sent to before this machine's firewall redirected it; receive only. The
 * receiver must set IP.RECVORIGDSTADDR or IPV6.RECVORIGDSTADDR.
 */
export interface OriginalDestinationMessage {
  readonly type: "IP_ORIGDSTADDR" | "IPV6_ORIGDSTADDR";
  readonly address: Address;
}

/**
 * A message was too long for the path to a peer: struct ip6_mtuinfo; receive only. The socket must
 * set IPV6.RECVPATHMTU. No data comes with it.
 */
export interface PathMtuMessage {
  readonly type: "IPV6_PATHMTU";
  /** The peer. */
  readonly address: Address;
  /** The path MTU in bytes. */
  readonly mtu: number;
}

/** The initialisation vector of a cipher: struct af_alg_iv; send only. */
export interface AlgInitialisationMessage {
  readonly type: "ALG_SET_IV";
  readonly iv: Uint8Array;
}

/** The name that a J1939 message was sent to; receive only. */
export interface J1939NameMessage {
  readonly type: "SCM_J1939_DEST_NAME";
  readonly name: bigint;
}

/** The sender's security label; receive only. The receiver must set SO.PASSSEC or IP.PASSSEC. */
export interface SecurityLabelMessage {
  readonly type: "SCM_SECURITY";
  readonly label: string;
}

/** Where an IPv4 packet arrived, or where to send one from: struct in_pktinfo (ip(7)). */
export interface PacketInfoMessage<Interface = number> {
  readonly type: "IP_PKTINFO";
  /** The index of the interface, or to send its name; 0 leaves the choice to the routes. */
  readonly ifindex: Interface;
  /**
   * Received: the local address of the packet. To send: the source address; `"0.0.0.0"` lets the
   * kernel choose.
   */
  readonly specDst: string;
  /** Received: the destination in the packet's header. To send: ignored. */
  readonly addr: string;
}

/** Where an IPv6 packet arrived, or where to send one from: struct in6_pktinfo (RFC 3542). */
export interface PacketInfo6Message<Interface = number> {
  /** `IPV6_2292PKTINFO` is that of RFC 2292, where the receiver set IPV6["2292PKTINFO"]. */
  readonly type: "IPV6_PKTINFO" | "IPV6_2292PKTINFO";
  /**
   * Received: the destination in the packet's header. To send: the source address; `"::"` lets the
   * kernel choose.
   */
  readonly address: string;
  /** The index of the interface, or to send its name; 0 leaves the choice to the routes. */
  readonly ifindex: Interface;
}

/** When the packet arrived; receive only. The receiver must set SO.TIMESTAMP or SO.TIMESTAMPNS. */
export interface TimestampMessage {
  readonly type: "SCM_TIMESTAMP" | "SCM_TIMESTAMPNS";
  /** Nanoseconds since 1970-01-01 UTC; SCM_TIMESTAMP has microsecond resolution. */
  readonly nanoseconds: bigint;
}

/**
 * When a packet arrived or, read with MSG.ERRQUEUE, was sent: struct scm_timestamping; receive
 * only. The socket must set SO.TIMESTAMPING.
 */
export interface TimestampingMessage {
  readonly type: "SCM_TIMESTAMPING";
  /** By the kernel: nanoseconds since 1970-01-01 UTC; 0n if it took no time. */
  readonly software: bigint;
  /** By the device, in nanoseconds of its own clock; 0n if it took no time. */
  readonly hardware: bigint;
}

/**
 * Which time stamps are taken of a message that is sent; send only. SO.TIMESTAMPING says which of
 * them are reported.
 */
export interface TimestampingRequest {
  readonly type: "SCM_TIMESTAMPING";
  /** `SOF_TIMESTAMPING.TX_SOFTWARE` and so on, combined with `|`. */
  readonly flags: number;
}

/**
 * Where a packet arrived whose time the device took: struct scm_ts_pktinfo; receive only.
 * SO.TIMESTAMPING must have SOF_TIMESTAMPING_OPT_PKTINFO.
 */
export interface TimestampingPacketMessage {
  readonly type: "SCM_TIMESTAMPING_PKTINFO";
  /** The index of the device's interface. */
  readonly ifindex: number;
  /** The bytes of the packet, with the header of its link. */
  readonly length: number;
}

/**
 * TCP's counters at a time stamp of SO.TIMESTAMPING, with SOF_TIMESTAMPING_OPT_STATS; receive only.
 */
export interface TimestampingStatsMessage {
  readonly type: "SCM_TIMESTAMPING_OPT_STATS";
  /** Netlink attributes: TCP_NLA_BUSY and so on of include/uapi/linux/tcp.h. */
  readonly data: Uint8Array;
}

/**
 * Data that a packet socket adds to a frame: struct tpacket_auxdata; receive only: PACKET.AUXDATA.
 */
export interface PacketAuxdataMessage {
  readonly type: "PACKET_AUXDATA";
  /** TP_STATUS_ flags. */
  readonly status: number;
  /** The bytes of the frame, and how many of them were received. */
  readonly length: number;
  readonly snaplen: number;
  /** Where its link-layer and network headers begin. */
  readonly mac: number;
  readonly net: number;
  /** Its VLAN: tag and protocol. */
  readonly vlanTci: number;
  readonly vlanTpid: number;
}

/** When to send the message; send only. The socket must set SO.TXTIME. */
export interface TransmitTimeMessage {
  readonly type: "SCM_TXTIME";
  /** Nanoseconds of the clock that SO.TXTIME named. */
  readonly nanoseconds: bigint;
}

/**
 * An error read from the queue with MSG.ERRQUEUE: struct sock_extended_err (ip(7)); receive only.
 */
export interface ExtendedErrorMessage {
  readonly type: "IP_RECVERR" | "IPV6_RECVERR";
  /** The C name of the error, such as `"ECONNREFUSED"`. */
  readonly code: string;
  /** Its origin: `SO_EE_ORIGIN.ICMP` and so on. */
  readonly origin: number;
  /** The ICMP type and code, such as `ICMP_TYPE.DEST_UNREACH` and `ICMP_CODE.PORT_UNREACH`. */
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Further information, such as the path MTU with EMSGSIZE. */
  readonly info: number;
  readonly data: number;
  /** The address of the node that reported it. */
  readonly offender: Address;
}

/**
 * A control message that berkeley does not know, or whose length does not match its type, as bytes.
 */
export interface UnknownControlMessage {
  readonly type: "unknown";
  /** cmsg_level, such as SOL_SOCKET. */
  readonly level: number;
  /** cmsg_type. */
  readonly number: number;
  readonly data: Uint8Array;
}
