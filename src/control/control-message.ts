import type { Address, InterfaceReference } from "../address/address.ts";

/**
 * Ancillary data of a message, under its C name. `Descriptor` is the type used to pass a
 * descriptor, or the type of a received one.
 */
export type ControlMessage<Descriptor = number> =
  | TwoWayMessage<Descriptor, number>
  | PidfdMessage<Descriptor>
  | SegmentLengthMessage
  | TimestampMessage
  | ExtendedErrorMessage;

/** The control messages that a program can send; all others come from the kernel. */
export type ControlMessageToSend<Descriptor = number> = TwoWayMessage<Descriptor, InterfaceReference>;

type TwoWayMessage<Descriptor, Interface> =
  | RightsMessage<Descriptor>
  | CredentialsMessage
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

/** A control message whose value is a number. */
export interface NumberMessage {
  /**
   * - `IP_TTL`, `IPV6_HOPLIMIT`: the hop limit of the packet: to send, how many hops it may take;
   *   received, how many were left.
   * - `IP_TOS`, `IPV6_TCLASS`: the type of service or traffic class.
   * - `UDP_SEGMENT`: send only: the kernel splits the data into datagrams of this length, at most
   *   128 of them.
   */
  readonly type: "IP_TTL" | "IP_TOS" | "IPV6_HOPLIMIT" | "IPV6_TCLASS" | "UDP_SEGMENT";
  readonly value: number;
}

/**
 * The data consists of several datagrams, and the last may be shorter; receive only. The receiver
 * must set UDP.GRO.
 */
export interface SegmentLengthMessage {
  readonly type: "UDP_GRO";
  /** The length of each, in bytes. */
  readonly value: number;
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
  readonly type: "IPV6_PKTINFO";
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
 * An error read from the queue with MSG.ERRQUEUE: struct sock_extended_err (ip(7)); receive only.
 */
export interface ExtendedErrorMessage {
  readonly type: "IP_RECVERR" | "IPV6_RECVERR";
  /** The C name of the error, such as `"ECONNREFUSED"`. */
  readonly code: string;
  /** Its origin: SO_EE_ORIGIN_LOCAL is 1, ICMP 2, ICMP6 3, ZEROCOPY 5. */
  readonly origin: number;
  /** The ICMP type and code. */
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
