import { bytes, flag, intBetween } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { groupFilter } from "./structures/group-filter.ts";
import { groupReq } from "./structures/group-req.ts";
import { groupSourceReq } from "./structures/group-source-req.ts";
import { interfaceInt, interfaceNumber } from "./structures/interface-number.ts";
import { ipMreqSource } from "./structures/ip-mreq-source.ts";
import { ipMreqn, ipv4Address, multicastInterface } from "./structures/ip-mreqn.ts";
import { ipMsfilter } from "./structures/ip-msfilter.ts";
import { originalDestination } from "./structures/original-destination.ts";
import { portRange } from "./structures/port-range.ts";
import { timeToLive } from "./structures/time-to-live.ts";

/**
 * Options of IPPROTO_IP (ip(7)), under their C names. IPv6 sockets have them too, for their IPv4
 * traffic.
 */
export const IP = {
  /** Joins a multicast group on an interface (not on TCP). */
  ADD_MEMBERSHIP: writeOnly("IP_ADD_MEMBERSHIP", ipMreqn),
  /** Joins a multicast group on an interface, receiving only from this source. */
  ADD_SOURCE_MEMBERSHIP: writeOnly("IP_ADD_SOURCE_MEMBERSHIP", ipMreqSource),
  /** Lets `bind()` use an address that this machine does not have; FreeBSD. Needs a privilege. */
  BINDANY: option("IP_BINDANY", flag),
  /**
   * Makes `bind()` to port 0 leave the port to `connect()`, which can share one port between
   * destinations.
   */
  BIND_ADDRESS_NO_PORT: option("IP_BIND_ADDRESS_NO_PORT", flag),
  /** Blocks one source of a joined group. */
  BLOCK_SOURCE: writeOnly("IP_BLOCK_SOURCE", ipMreqSource),
  /** Sends and receives by one interface only; macOS. */
  BOUND_IF: asymmetric("IP_BOUND_IF", interfaceInt, interfaceInt),
  /** Reports each datagram's checksum in a control message, if the device computed it. */
  CHECKSUM: option("IP_CHECKSUM", flag),
  /** Datagrams are never fragmented; macOS and FreeBSD. */
  DONTFRAG: option("IP_DONTFRAG", flag),
  /** Leaves a multicast group. */
  DROP_MEMBERSHIP: writeOnly("IP_DROP_MEMBERSHIP", ipMreqn),
  /** Stops receiving from one source of a group; leaves the group after its last source. */
  DROP_SOURCE_MEMBERSHIP: writeOnly("IP_DROP_SOURCE_MEMBERSHIP", ipMreqSource),
  /** Lets `bind()` use an address that this machine does not have (yet). */
  FREEBIND: option("IP_FREEBIND", flag),
  /** Raw sockets only: sent data includes the IP header. */
  HDRINCL: option("IP_HDRINCL", flag),
  /** The IPsec policy of this socket, a struct sadb_x_policy (RFC 2367); needs CAP_NET_ADMIN. */
  IPSEC_POLICY: writeOnly("IP_IPSEC_POLICY", bytes(4096)),
  /**
   * The port range for `bind()` to port 0 and `connect()`, within the system's own range (Linux
   * 6.3).
   */
  LOCAL_PORT_RANGE: option("IP_LOCAL_PORT_RANGE", portRange),
  /**
   * The minimum time to live of accepted packets, 0 to 255; 255 accepts only neighbours.
   */
  MINTTL: option("IP_MINTTL", intBetween(0, 255)),
  /** Replaces the source filter of a joined group. */
  MSFILTER: writeOnly("IP_MSFILTER", ipMsfilter),
  /**
   * The path MTU to the peer in bytes; the socket must be connected.
   */
  MTU: readOnly("IP_MTU", intBetween(0, 0x7fffffff)),
  /** Path MTU discovery: `IP_PMTUDISC.WANT` and so on. */
  MTU_DISCOVER: option("IP_MTU_DISCOVER", intBetween(0, 5)),
  /**
   * Whether to receive from every group that any socket on this machine has joined (true) or only
   * from this socket's own (false).
   */
  MULTICAST_ALL: option("IP_MULTICAST_ALL", flag),
  /** The interface for sent multicast; reads its address, if it was set by address. */
  MULTICAST_IF: asymmetric("IP_MULTICAST_IF", ipv4Address, multicastInterface),
  /** Whether multicast sent by this socket loops back to sockets on this machine. */
  MULTICAST_LOOP: option("IP_MULTICAST_LOOP", flag),
  /**
   * The time to live of sent multicast: 0 to 255; -1 sets 1, the local network.
   */
  MULTICAST_TTL: option("IP_MULTICAST_TTL", intBetween(-1, 255)),
  /**
   * Raw sockets only: exempts sent fragments from reassembly by this machine's connection tracking.
   */
  NODEFRAG: option("IP_NODEFRAG", flag),
  /**
   * The IP options of sent packets (RFC 791), at most 40 bytes, padded by the kernel to a multiple
   * of 4.
   */
  OPTIONS: option("IP_OPTIONS", bytes(40)),
  /** Reports the security context of each datagram's sender in a control message. */
  PASSSEC: option("IP_PASSSEC", flag),
  /** Reports each datagram's interface and destination address in a control message. */
  PKTINFO: option("IP_PKTINFO", flag),
  /** TCP only: the control messages of the last segment received, as bytes. */
  PKTOPTIONS: readOnly("IP_PKTOPTIONS", bytes(4096)),
  /** The protocol number; on a raw socket, that of its packets (Linux 6.4). */
  PROTOCOL: readOnly("IP_PROTOCOL", intBetween(0, 0x7fffffff)),
  /** Queues errors with their cause; receive them with `MSG.ERRQUEUE`. */
  RECVERR: option("IP_RECVERR", flag),
  /** Adds to queued ICMP errors how much of the original datagram they carry (RFC 4884). */
  RECVERR_RFC4884: option("IP_RECVERR_RFC4884", flag),
  /**
   * Datagram and raw sockets only: reports the largest fragment of each fragmented datagram in a
   * control message.
   */
  RECVFRAGSIZE: option("IP_RECVFRAGSIZE", flag),
  /** Reports each datagram's IP options in a control message. */
  RECVOPTS: option("IP_RECVOPTS", flag),
  /**
   * Reports each datagram's original destination, from before a redirect by this machine, in a
   * control message.
   */
  RECVORIGDSTADDR: option("IP_RECVORIGDSTADDR", flag),
  /** The same as RETOPTS. */
  RECVRETOPTS: option("IP_RECVRETOPTS", flag),
  /** Reports each datagram's type of service in a control message. */
  RECVTOS: option("IP_RECVTOS", flag),
  /** Reports each datagram's time to live in a control message. */
  RECVTTL: option("IP_RECVTTL", flag),
  /** Reports each datagram's IP options, reversed for a reply, in a control message. */
  RETOPTS: option("IP_RETOPTS", flag),
  /**
   * Raw sockets only: receives every packet with the router alert option that this machine
   * forwards.
   */
  ROUTER_ALERT: option("IP_ROUTER_ALERT", flag),
  /**
   * The type of service of sent packets, 0 to 255: six bits of DSCP and two of ECN. On TCP the
   * kernel controls the ECN bits.
   */
  TOS: option("IP_TOS", intBetween(0, 255)),
  /**
   * Lets the socket use addresses that do not belong to this machine, for transparent proxies;
   * needs CAP_NET_ADMIN or CAP_NET_RAW.
   */
  TRANSPARENT: option("IP_TRANSPARENT", flag),
  /**
   * The time to live of sent packets: 1 to 255; -1 restores net.ipv4.ip_default_ttl, usually 64.
   */
  TTL: option("IP_TTL", timeToLive),
  /** Unblocks a source. */
  UNBLOCK_SOURCE: writeOnly("IP_UNBLOCK_SOURCE", ipMreqSource),
  /** The interface for sent unicast, by index or name; 0 is any. */
  UNICAST_IF: asymmetric("IP_UNICAST_IF", interfaceNumber, interfaceNumber),
  /** The IPsec policy of this socket, a struct xfrm_userpolicy_info; needs CAP_NET_ADMIN. */
  XFRM_POLICY: writeOnly("IP_XFRM_POLICY", bytes(4096)),
  /** Blocks one source of a joined group. */
  MCAST_BLOCK_SOURCE: writeOnly("MCAST_BLOCK_SOURCE", groupSourceReq("ipv4")),
  /** Joins a multicast group on an interface. */
  MCAST_JOIN_GROUP: writeOnly("MCAST_JOIN_GROUP", groupReq("ipv4")),
  /** Joins a multicast group on an interface, receiving only from this source. */
  MCAST_JOIN_SOURCE_GROUP: writeOnly("MCAST_JOIN_SOURCE_GROUP", groupSourceReq("ipv4")),
  /** Leaves a multicast group. */
  MCAST_LEAVE_GROUP: writeOnly("MCAST_LEAVE_GROUP", groupReq("ipv4")),
  /** Stops receiving from one source of a group; leaves the group after its last source. */
  MCAST_LEAVE_SOURCE_GROUP: writeOnly("MCAST_LEAVE_SOURCE_GROUP", groupSourceReq("ipv4")),
  /** Replaces the source filter of a joined group. */
  MCAST_MSFILTER: writeOnly("MCAST_MSFILTER", groupFilter("ipv4")),
  /** Unblocks a source. */
  MCAST_UNBLOCK_SOURCE: writeOnly("MCAST_UNBLOCK_SOURCE", groupSourceReq("ipv4")),
  /** The original destination of a connection that netfilter redirected to this machine. */
  ORIGINAL_DST: readOnly("SO_ORIGINAL_DST", originalDestination("ipv4")),
};
