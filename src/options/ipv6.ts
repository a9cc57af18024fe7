import { bytes, flag, intBetween } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { groupFilter } from "./structures/group-filter.ts";
import { groupReq } from "./structures/group-req.ts";
import { groupSourceReq } from "./structures/group-source-req.ts";
import { flowLabel, in6FlowlabelReq } from "./structures/in6-flowlabel-req.ts";
import { in6Pktinfo } from "./structures/in6-pktinfo.ts";
import { interfaceNumber } from "./structures/interface-number.ts";
import { ip6Mtuinfo } from "./structures/ip6-mtuinfo.ts";
import { ipv6Mreq } from "./structures/ipv6-mreq.ts";
import { ipv6Mtu } from "./structures/ipv6-mtu.ts";
import { originalDestination } from "./structures/original-destination.ts";

/**
 * An extension header: a multiple of 8 bytes, and at most 255 times 8 (ipv6_set_opt_hdr in
 * net/ipv6/ipv6_sockglue.c).
 */
const header = bytes(8 * 255);

/** Options of IPPROTO_IPV6 (ipv6(7)), under their C names. */
export const IPV6 = {
  /** Where a connection that netfilter redirected to this machine was going. */
  ORIGINAL_DST: readOnly("IP6T_SO_ORIGINAL_DST", originalDestination("ipv6")),
  /** Reports the destination options of each datagram in a control message of RFC 2292. */
  "2292DSTOPTS": option("IPV6_2292DSTOPTS", flag),
  /** Reports the hop limit of each datagram in a control message of RFC 2292. */
  "2292HOPLIMIT": option("IPV6_2292HOPLIMIT", flag),
  /** Reports the hop-by-hop options of each datagram in a control message of RFC 2292. */
  "2292HOPOPTS": option("IPV6_2292HOPOPTS", flag),
  /**
   * Reports interface and destination address of each datagram in a control message of RFC 2292.
   */
  "2292PKTINFO": option("IPV6_2292PKTINFO", flag),
  /**
   * Control messages, as bytes: those that everything is sent with; reading, on TCP only, tells
   * what was received.
   */
  "2292PKTOPTIONS": option("IPV6_2292PKTOPTIONS", bytes(4096)),
  /** Reports the routing header of each datagram in a control message of RFC 2292. */
  "2292RTHDR": option("IPV6_2292RTHDR", flag),
  /**
   * The family of a connected socket; setting `AF.INET` makes one that is connected over IPv4 an
   * IPv4 socket, for good.
   */
  ADDRFORM: option("IPV6_ADDRFORM", intBetween(0, 0xffff)),
  /**
   * Which source address is preferred, IPV6_PREFER_SRC_: 1 TMP, 2 PUBLIC, 0x100 either; 4 COA,
   * 0x400 HOME; 8 CGA, 0x800 NONCGA.
   */
  ADDR_PREFERENCES: option("IPV6_ADDR_PREFERENCES", intBetween(0, 0xffff)),
  /** Joins a multicast group on an interface: not on TCP. */
  ADD_MEMBERSHIP: writeOnly("IPV6_ADD_MEMBERSHIP", ipv6Mreq),
  /** Gives each flow a label of its own. */
  AUTOFLOWLABEL: option("IPV6_AUTOFLOWLABEL", flag),
  /**
   * Raw sockets only: where the kernel puts the checksum in what is sent, an even offset in bytes;
   * -1 is nowhere.
   */
  CHECKSUM: option("IPV6_CHECKSUM", intBetween(-1, 0x7fffffff)),
  /**
   * Sends datagrams whole or not at all: one that is too big for the path fails with
   * `MessageTooBig`.
   */
  DONTFRAG: option("IPV6_DONTFRAG", flag),
  /** Leaves a multicast group. */
  DROP_MEMBERSHIP: writeOnly("IPV6_DROP_MEMBERSHIP", ipv6Mreq),
  /**
   * The destination options header of what is sent, a multiple of 8 bytes, none to remove it; needs
   * CAP_NET_RAW.
   */
  DSTOPTS: option("IPV6_DSTOPTS", header),
  /** Reports flow label and traffic class of each datagram in a control message. */
  FLOWINFO: option("IPV6_FLOWINFO", flag),
  /** Sends the `flowlabel` of the destination's address; without it the label does not count. */
  FLOWINFO_SEND: option("IPV6_FLOWINFO_SEND", flag),
  /** Takes, renews and gives back flow labels; reads the one that a connected socket sends with. */
  FLOWLABEL_MGR: asymmetric("IPV6_FLOWLABEL_MGR", flowLabel, in6FlowlabelReq),
  /** Lets `bind()` take an address that this machine does not have, or not yet. */
  FREEBIND: option("IPV6_FREEBIND", flag),
  /** Raw sockets only: what is sent begins with its IPv6 header. */
  HDRINCL: option("IPV6_HDRINCL", flag),
  /**
   * The hop-by-hop options header of what is sent, a multiple of 8 bytes, none to remove it; needs
   * CAP_NET_RAW.
   */
  HOPOPTS: option("IPV6_HOPOPTS", header),
  /** The IPsec policy of this socket, a struct sadb_x_policy (RFC 2367); needs CAP_NET_ADMIN. */
  IPSEC_POLICY: writeOnly("IPV6_IPSEC_POLICY", bytes(4096)),
  /** Takes an anycast address on an interface; needs CAP_NET_ADMIN. */
  JOIN_ANYCAST: writeOnly("IPV6_JOIN_ANYCAST", ipv6Mreq),
  /** Joins a multicast group on an interface: not on TCP; POSIX's name of ADD_MEMBERSHIP. */
  JOIN_GROUP: writeOnly("IPV6_JOIN_GROUP", ipv6Mreq),
  /** Gives an anycast address back. */
  LEAVE_ANYCAST: writeOnly("IPV6_LEAVE_ANYCAST", ipv6Mreq),
  /** Leaves a multicast group; POSIX's name of DROP_MEMBERSHIP. */
  LEAVE_GROUP: writeOnly("IPV6_LEAVE_GROUP", ipv6Mreq),
  /** Keeps out one source of a group that the socket has joined. */
  MCAST_BLOCK_SOURCE: writeOnly("IPV6_MCAST_BLOCK_SOURCE", groupSourceReq("ipv6")),
  /** Joins a multicast group on an interface. */
  MCAST_JOIN_GROUP: writeOnly("IPV6_MCAST_JOIN_GROUP", groupReq("ipv6")),
  /** Joins a multicast group on an interface, and receives from this source alone. */
  MCAST_JOIN_SOURCE_GROUP: writeOnly("IPV6_MCAST_JOIN_SOURCE_GROUP", groupSourceReq("ipv6")),
  /** Leaves a multicast group. */
  MCAST_LEAVE_GROUP: writeOnly("IPV6_MCAST_LEAVE_GROUP", groupReq("ipv6")),
  /** Stops receiving from one source of a group, and leaves the group with its last source. */
  MCAST_LEAVE_SOURCE_GROUP: writeOnly("IPV6_MCAST_LEAVE_SOURCE_GROUP", groupSourceReq("ipv6")),
  /** Sets all sources of a group that the socket has joined. */
  MCAST_MSFILTER: writeOnly("IPV6_MCAST_MSFILTER", groupFilter("ipv6")),
  /** Lets a blocked source in again. */
  MCAST_UNBLOCK_SOURCE: writeOnly("IPV6_MCAST_UNBLOCK_SOURCE", groupSourceReq("ipv6")),
  /** The least hop limit of the packets that are let in, 0 to 255: 255 lets in neighbours alone. */
  MINHOPCOUNT: option("IPV6_MINHOPCOUNT", intBetween(0, 255)),
  /**
   * Reads the MTU of a connected socket's path, in bytes; sets the largest packet that is sent,
   * 1280 to 65535, or 0 for the path's.
   */
  MTU: option("IPV6_MTU", ipv6Mtu),
  /** Path MTU discovery, IPV6_PMTUDISC_: 0 DONT, 1 WANT, 2 DO, 3 PROBE, 4 INTERFACE, 5 OMIT. */
  MTU_DISCOVER: option("IPV6_MTU_DISCOVER", intBetween(0, 5)),
  /**
   * Receives from all groups that any socket of the machine has joined (true), or from this
   * socket's own alone.
   */
  MULTICAST_ALL: option("IPV6_MULTICAST_ALL", flag),
  /**
   * The hop limit of multicast that is sent: 0 to 255; -1 sets 1, which stays on the local network.
   */
  MULTICAST_HOPS: option("IPV6_MULTICAST_HOPS", intBetween(-1, 255)),
  /** The number of the interface that multicast is sent from; 0 is any. */
  MULTICAST_IF: option("IPV6_MULTICAST_IF", intBetween(0, 0x7fffffff)),
  /** Whether sockets of this machine receive the multicast that the socket sends. */
  MULTICAST_LOOP: option("IPV6_MULTICAST_LOOP", flag),
  /** The MTU of a connected socket's path, in bytes. */
  PATHMTU: readOnly("IPV6_PATHMTU", ip6Mtuinfo),
  /**
   * The interface that datagrams are sent from; Linux keeps the address, and chooses the source by
   * itself all the same.
   */
  PKTINFO: writeOnly("IPV6_PKTINFO", in6Pktinfo),
  /** Reports the destination options of each datagram in a control message. */
  RECVDSTOPTS: option("IPV6_RECVDSTOPTS", flag),
  /** Queues errors with their cause, to be received with `MSG.ERRQUEUE`. */
  RECVERR: option("IPV6_RECVERR", flag),
  /** Queues, with errors of ICMPv6, how much of the original datagram they carry (RFC 4884). */
  RECVERR_RFC4884: option("IPV6_RECVERR_RFC4884", flag),
  /** Reports the largest fragment of each datagram that came in pieces in a control message. */
  RECVFRAGSIZE: option("IPV6_RECVFRAGSIZE", flag),
  /** Reports the hop limit of each datagram in a control message. */
  RECVHOPLIMIT: option("IPV6_RECVHOPLIMIT", flag),
  /** Reports the hop-by-hop options of each datagram in a control message. */
  RECVHOPOPTS: option("IPV6_RECVHOPOPTS", flag),
  /**
   * Reports the destination address that each datagram had before this machine redirected it in a
   * control message.
   */
  RECVORIGDSTADDR: option("IPV6_RECVORIGDSTADDR", flag),
  /** Reports a change of the path's MTU in a control message. */
  RECVPATHMTU: option("IPV6_RECVPATHMTU", flag),
  /** Reports interface and destination address of each datagram in a control message. */
  RECVPKTINFO: option("IPV6_RECVPKTINFO", flag),
  /** Reports the routing header of each datagram in a control message. */
  RECVRTHDR: option("IPV6_RECVRTHDR", flag),
  /** Reports the traffic class of each datagram in a control message. */
  RECVTCLASS: option("IPV6_RECVTCLASS", flag),
  /**
   * Raw sockets of IPPROTO.RAW only: receives all packets with a router alert of this value, 0 to
   * 65535; -1 ends it.
   */
  ROUTER_ALERT: writeOnly("IPV6_ROUTER_ALERT", intBetween(-1, 0xffff)),
  /** Router alerts are received from the socket's own network namespace alone. */
  ROUTER_ALERT_ISOLATE: option("IPV6_ROUTER_ALERT_ISOLATE", flag),
  /**
   * The routing header of what is sent, a multiple of 8 bytes, none to remove it; Linux takes
   * segment routing (RFC 8754).
   */
  RTHDR: option("IPV6_RTHDR", header),
  /**
   * The destination options header before the routing header, a multiple of 8 bytes, none to remove
   * it; needs CAP_NET_RAW.
   */
  RTHDRDSTOPTS: option("IPV6_RTHDRDSTOPTS", header),
  /** The traffic class of what is sent: 0 to 255; -1 sets 0. */
  TCLASS: option("IPV6_TCLASS", intBetween(-1, 255)),
  /**
   * Lets the socket take addresses that are not this machine's, as a proxy does; needs
   * CAP_NET_ADMIN or CAP_NET_RAW.
   */
  TRANSPARENT: option("IPV6_TRANSPARENT", flag),
  /**
   * The hop limit of what is sent: 0 to 255; -1 goes back to the route's or the interface's,
   * usually 64.
   */
  UNICAST_HOPS: option("IPV6_UNICAST_HOPS", intBetween(-1, 255)),
  /** The number of the interface that unicast is sent from; 0 is any. */
  UNICAST_IF: option("IPV6_UNICAST_IF", interfaceNumber),
  /** Keeps IPv4 out; set before `bind()`. */
  V6ONLY: option("IPV6_V6ONLY", flag),
  /** The IPsec policy of this socket, a struct xfrm_userpolicy_info; needs CAP_NET_ADMIN. */
  XFRM_POLICY: writeOnly("IPV6_XFRM_POLICY", bytes(4096)),
};
