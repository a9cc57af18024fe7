import { bytes, flag, intBetween } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { groupFilter } from "./structures/group-filter.ts";
import { groupReq } from "./structures/group-req.ts";
import { groupSourceReq } from "./structures/group-source-req.ts";
import { interfaceNumber } from "./structures/interface-number.ts";
import { ipMreqSource } from "./structures/ip-mreq-source.ts";
import { ipMreqn, ipv4Address, multicastInterface } from "./structures/ip-mreqn.ts";
import { ipMsfilter } from "./structures/ip-msfilter.ts";
import { originalDestination } from "./structures/original-destination.ts";
import { portRange } from "./structures/port-range.ts";
import { timeToLive } from "./structures/time-to-live.ts";

/**
 * Options of IPPROTO_IP (ip(7)), under their C names. IPv6 sockets have them too, for what they
 * send and receive over IPv4.
 */
export const IP = {
  /** Joins a multicast group on an interface: not on TCP. */
  ADD_MEMBERSHIP: writeOnly("IP_ADD_MEMBERSHIP", ipMreqn),
  /** Joins a multicast group on an interface, and receives from this source alone. */
  ADD_SOURCE_MEMBERSHIP: writeOnly("IP_ADD_SOURCE_MEMBERSHIP", ipMreqSource),
  /**
   * Leaves the choice of the port, for a `bind()` to port 0, to `connect()`, which can share a port
   * between destinations.
   */
  BIND_ADDRESS_NO_PORT: option("IP_BIND_ADDRESS_NO_PORT", flag),
  /** Keeps out one source of a group that the socket has joined. */
  BLOCK_SOURCE: writeOnly("IP_BLOCK_SOURCE", ipMreqSource),
  /** Reports the sum over each datagram in a control message, where the device has computed it. */
  CHECKSUM: option("IP_CHECKSUM", flag),
  /** Leaves a multicast group. */
  DROP_MEMBERSHIP: writeOnly("IP_DROP_MEMBERSHIP", ipMreqn),
  /** Stops receiving from one source of a group, and leaves the group with its last source. */
  DROP_SOURCE_MEMBERSHIP: writeOnly("IP_DROP_SOURCE_MEMBERSHIP", ipMreqSource),
  /** Lets `bind()` take an address that this machine does not have, or not yet. */
  FREEBIND: option("IP_FREEBIND", flag),
  /** Raw sockets only: what is sent begins with its IP header. */
  HDRINCL: option("IP_HDRINCL", flag),
  /** The IPsec policy of this socket, a struct sadb_x_policy (RFC 2367); needs CAP_NET_ADMIN. */
  IPSEC_POLICY: writeOnly("IP_IPSEC_POLICY", bytes(4096)),
  /**
   * The ports that `bind()` to port 0 and `connect()` choose from, within the system's own range
   * (Linux 6.3).
   */
  LOCAL_PORT_RANGE: option("IP_LOCAL_PORT_RANGE", portRange),
  /**
   * The least time to live of the packets that are let in, 0 to 255: 255 lets in neighbours alone.
   */
  MINTTL: option("IP_MINTTL", intBetween(0, 255)),
  /** Sets all sources of a group that the socket has joined. */
  MSFILTER: writeOnly("IP_MSFILTER", ipMsfilter),
  /**
   * The largest packet that the path to the peer carries, in bytes; the socket must be connected.
   */
  MTU: readOnly("IP_MTU", intBetween(0, 0x7fffffff)),
  /** Path MTU discovery, IP_PMTUDISC_: 0 DONT, 1 WANT, 2 DO, 3 PROBE, 4 INTERFACE, 5 OMIT. */
  MTU_DISCOVER: option("IP_MTU_DISCOVER", intBetween(0, 5)),
  /**
   * Receives from all groups that any socket of the machine has joined (true), or from this
   * socket's own alone.
   */
  MULTICAST_ALL: option("IP_MULTICAST_ALL", flag),
  /** The interface that multicast is sent from; reading tells its address, if it was set by one. */
  MULTICAST_IF: asymmetric("IP_MULTICAST_IF", ipv4Address, multicastInterface),
  /** Whether sockets of this machine receive the multicast that the socket sends. */
  MULTICAST_LOOP: option("IP_MULTICAST_LOOP", flag),
  /**
   * The time to live of multicast that is sent: 0 to 255; -1 sets 1, which stays on the local
   * network.
   */
  MULTICAST_TTL: option("IP_MULTICAST_TTL", intBetween(-1, 255)),
  /**
   * Raw sockets only: fragments that are sent are not put together by this machine's connection
   * tracking.
   */
  NODEFRAG: option("IP_NODEFRAG", flag),
  /**
   * The IP options of every packet that is sent (RFC 791), at most 40 bytes; the kernel pads to a
   * multiple of 4.
   */
  OPTIONS: option("IP_OPTIONS", bytes(40)),
  /** Reports the security context of the sender of each datagram in a control message. */
  PASSSEC: option("IP_PASSSEC", flag),
  /** Reports interface and destination address of each datagram in a control message. */
  PKTINFO: option("IP_PKTINFO", flag),
  /** TCP only: the control messages that the last segment would have, as bytes. */
  PKTOPTIONS: readOnly("IP_PKTOPTIONS", bytes(4096)),
  /** The protocol number, which on a raw socket is that of the packets (Linux 6.4). */
  PROTOCOL: readOnly("IP_PROTOCOL", intBetween(0, 0x7fffffff)),
  /** Queues errors with their cause, to be received with `MSG.ERRQUEUE`. */
  RECVERR: option("IP_RECVERR", flag),
  /** Queues, with errors of ICMP, how much of the original datagram they carry (RFC 4884). */
  RECVERR_RFC4884: option("IP_RECVERR_RFC4884", flag),
  /**
   * Datagram and raw sockets only: reports the largest fragment of each datagram that came in
   * pieces in a control message.
   */
  RECVFRAGSIZE: option("IP_RECVFRAGSIZE", flag),
  /** Reports the IP options of each datagram in a control message. */
  RECVOPTS: option("IP_RECVOPTS", flag),
  /**
   * Reports the destination address that each datagram had before this machine redirected it in a
   * control message.
   */
  RECVORIGDSTADDR: option("IP_RECVORIGDSTADDR", flag),
  /** The same as RETOPTS. */
  RECVRETOPTS: option("IP_RECVRETOPTS", flag),
  /** Reports the type of service of each datagram in a control message. */
  RECVTOS: option("IP_RECVTOS", flag),
  /** Reports the time to live of each datagram in a control message. */
  RECVTTL: option("IP_RECVTTL", flag),
  /** Reports the IP options of each datagram, turned round for an answer, in a control message. */
  RETOPTS: option("IP_RETOPTS", flag),
  /**
   * Raw sockets only: receives all packets with the router alert option that pass through this
   * machine.
   */
  ROUTER_ALERT: option("IP_ROUTER_ALERT", flag),
  /**
   * The type of service of what is sent, 0 to 255: six bits of DSCP and two of ECN, which on TCP
   * are the kernel's.
   */
  TOS: option("IP_TOS", intBetween(0, 255)),
  /**
   * Lets the socket take addresses that are not this machine's, as a proxy does; needs
   * CAP_NET_ADMIN or CAP_NET_RAW.
   */
  TRANSPARENT: option("IP_TRANSPARENT", flag),
  /**
   * The time to live of what is sent: 1 to 255; -1 goes back to net.ipv4.ip_default_ttl, usually
   * 64.
   */
  TTL: option("IP_TTL", timeToLive),
  /** Lets a blocked source in again. */
  UNBLOCK_SOURCE: writeOnly("IP_UNBLOCK_SOURCE", ipMreqSource),
  /** The number of the interface that unicast is sent from; 0 is any. */
  UNICAST_IF: option("IP_UNICAST_IF", interfaceNumber),
  /** The IPsec policy of this socket, a struct xfrm_userpolicy_info; needs CAP_NET_ADMIN. */
  XFRM_POLICY: writeOnly("IP_XFRM_POLICY", bytes(4096)),
  /** Keeps out one source of a group that the socket has joined. */
  MCAST_BLOCK_SOURCE: writeOnly("MCAST_BLOCK_SOURCE", groupSourceReq("ipv4")),
  /** Joins a multicast group on an interface. */
  MCAST_JOIN_GROUP: writeOnly("MCAST_JOIN_GROUP", groupReq("ipv4")),
  /** Joins a multicast group on an interface, and receives from this source alone. */
  MCAST_JOIN_SOURCE_GROUP: writeOnly("MCAST_JOIN_SOURCE_GROUP", groupSourceReq("ipv4")),
  /** Leaves a multicast group. */
  MCAST_LEAVE_GROUP: writeOnly("MCAST_LEAVE_GROUP", groupReq("ipv4")),
  /** Stops receiving from one source of a group, and leaves the group with its last source. */
  MCAST_LEAVE_SOURCE_GROUP: writeOnly("MCAST_LEAVE_SOURCE_GROUP", groupSourceReq("ipv4")),
  /** Sets all sources of a group that the socket has joined. */
  MCAST_MSFILTER: writeOnly("MCAST_MSFILTER", groupFilter("ipv4")),
  /** Lets a blocked source in again. */
  MCAST_UNBLOCK_SOURCE: writeOnly("MCAST_UNBLOCK_SOURCE", groupSourceReq("ipv4")),
  /** Where a connection that netfilter redirected to this machine was going. */
  ORIGINAL_DST: readOnly("SO_ORIGINAL_DST", originalDestination("ipv4")),
};
