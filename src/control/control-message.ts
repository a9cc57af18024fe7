import type { Address } from "../address/address.ts";

/**
 * What travels beside the data of a message, under its C name. `Descriptor` is what a descriptor is
 * passed as, and what a received one becomes.
 */
export type ControlMessage<Descriptor = number> =
  | ControlMessageToSend<Descriptor>
  | PidfdMessage<Descriptor>
  | SegmentLengthMessage
  | TimestampMessage
  | ExtendedErrorMessage;

/** The control messages that a program may send; the others come from the kernel. */
export type ControlMessageToSend<Descriptor = number> =
  | RightsMessage<Descriptor>
  | CredentialsMessage
  | NumberMessage
  | PacketInfoMessage
  | PacketInfo6Message
  | UnknownControlMessage;

/** Descriptors: the receiver gets its own, of the same open files (unix(7)). */
export interface RightsMessage<Descriptor> {
  readonly type: "SCM_RIGHTS";
  /** At most 253 (SCM_MAX_FD in include/net/scm.h). */
  readonly descriptors: readonly Descriptor[];
}

/** Who sent it; the kernel checks it (unix(7)). The receiver sets SO.PASSCRED. */
export interface CredentialsMessage {
  readonly type: "SCM_CREDENTIALS";
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * A descriptor of the process that sent it; only received. The receiver sets SO.PASSPIDFD (Linux
 * 6.5). Where the kernel cannot make it, because the process is gone or no descriptor is left, the
 * message is an unknown one with the negative errno in its data.
 */
export interface PidfdMessage<Descriptor> {
  readonly type: "SCM_PIDFD";
  readonly descriptor: Descriptor;
}

/** A control message that is a number. */
export interface NumberMessage {
  /**
   * - `IP_TTL`, `IPV6_HOPLIMIT`: how many hops the packet may take, or had left.
   * - `IP_TOS`, `IPV6_TCLASS`: the type of service or traffic class.
   * - `UDP_SEGMENT`: to send: the length of the datagrams that the kernel cuts the data into; at
   *   most 128.
   */
  readonly type: "IP_TTL" | "IP_TOS" | "IPV6_HOPLIMIT" | "IPV6_TCLASS" | "UDP_SEGMENT";
  readonly value: number;
}

/**
 * The data is made of several datagrams, the last of which may be shorter; only received. The
 * receiver sets UDP.GRO.
 */
export interface SegmentLengthMessage {
  readonly type: "UDP_GRO";
  /** The length of each, in bytes. */
  readonly value: number;
}

/** Where an IPv4 packet arrived, or from where to send one: struct in_pktinfo (ip(7)). */
export interface PacketInfoMessage {
  readonly type: "IP_PKTINFO";
  /** The number of the interface; 0 leaves the choice to the routes. */
  readonly ifindex: number;
  /**
   * Received: the local address of the packet. To send: the source address; `"0.0.0.0"` leaves the
   * choice.
   */
  readonly specDst: string;
  /** Received: the destination in the packet's header. To send: not used. */
  readonly addr: string;
}

/** Where an IPv6 packet arrived, or from where to send one: struct in6_pktinfo (RFC 3542). */
export interface PacketInfo6Message {
  readonly type: "IPV6_PKTINFO";
  /**
   * Received: the destination in the packet's header. To send: the source address; `"::"` leaves
   * the choice.
   */
  readonly address: string;
  /** The number of the interface; 0 leaves the choice to the routes. */
  readonly ifindex: number;
}

/** When the packet arrived; only received. The receiver sets SO.TIMESTAMP or SO.TIMESTAMPNS. */
export interface TimestampMessage {
  readonly type: "SCM_TIMESTAMP" | "SCM_TIMESTAMPNS";
  /** Nanoseconds since 1970-01-01 UTC; SCM_TIMESTAMP counts whole microseconds. */
  readonly nanoseconds: bigint;
}

/**
 * An error of the queue that MSG.ERRQUEUE reads: struct sock_extended_err (ip(7)); only received.
 */
export interface ExtendedErrorMessage {
  readonly type: "IP_RECVERR" | "IPV6_RECVERR";
  /** The C name of the error, such as `"ECONNREFUSED"`. */
  readonly code: string;
  /** Where it comes from: SO_EE_ORIGIN_LOCAL is 1, ICMP 2, ICMP6 3, ZEROCOPY 5. */
  readonly origin: number;
  /** The ICMP type and code. */
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Further information, such as the path MTU with EMSGSIZE. */
  readonly info: number;
  readonly data: number;
  /** Who reported it. */
  readonly offender: Address;
}

/** A control message that berkeley does not know, or that is not as long as its type; as bytes. */
export interface UnknownControlMessage {
  readonly type: "unknown";
  /** cmsg_level, such as SOL_SOCKET. */
  readonly level: number;
  /** cmsg_type. */
  readonly number: number;
  readonly data: Uint8Array;
}
