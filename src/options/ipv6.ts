import { bytes, flag, intBetween } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { groupFilter } from "./structures/group-filter.ts";
import { groupReq } from "./structures/group-req.ts";
import { groupSourceReq } from "./structures/group-source-req.ts";
import { flowLabel, in6FlowlabelReq } from "./structures/in6-flowlabel-req.ts";
import { in6Pktinfo } from "./structures/in6-pktinfo.ts";
import { interfaceInt, interfaceNumber } from "./structures/interface-number.ts";
import { ip6Mtuinfo } from "./structures/ip6-mtuinfo.ts";
import { ipv6Mreq } from "./structures/ipv6-mreq.ts";
import { ipv6Mtu } from "./structures/ipv6-mtu.ts";
import { originalDestination } from "./structures/original-destination.ts";

/**
 * An extension header: a multiple of 8 bytes, at most 255 times 8 (ipv6_set_opt_hdr in
 * net/ipv6/ipv6_sockglue.c).
 */
const header = bytes(8 * 255);

/** Options of IPPROTO_IPV6 (ipv6(7)), under their C names. */
export const IPV6 = {
  /** The original destination of a connection that netfilter redirected to this machine. */
  ORIGINAL_DST: readOnly("IP6T_SO_ORIGINAL_DST", originalDestination("ipv6")),
  /** Reports each datagram's destination options in an RFC 2292 control message. */
  "2292DSTOPTS": option("IPV6_2292DSTOPTS", flag),
  /** Reports each datagram's hop limit in an RFC 2292 control message. */
  "2292HOPLIMIT": option("IPV6_2292HOPLIMIT", flag),
  /** Reports each datagram's hop-by-hop options in an RFC 2292 control message. */
  "2292HOPOPTS": option("IPV6_2292HOPOPTS", flag),
  /**
   * Reports each datagram's interface and destination address in an RFC 2292 control message.
   */
  "2292PKTINFO": option("IPV6_2292PKTINFO", flag),
  /**
   * Control messages, as bytes: sets those of all sent packets; reads those received (TCP only).
   */
  "2292PKTOPTIONS": option("IPV6_2292PKTOPTIONS", bytes(4096)),
  /** Reports each datagram's routing header in an RFC 2292 control message. */
  "2292RTHDR": option("IPV6_2292RTHDR", flag),
  /**
   * The address family of a connected socket. Setting `AF.INET` permanently converts a socket
   * connected over IPv4 to an IPv4 socket.
   */
  ADDRFORM: option("IPV6_ADDRFORM", intBetween(0, 0xffff)),
  /** Which source addresses are preferred: flags of `IPV6_PREFER_SRC`. */
  ADDR_PREFERENCES: option("IPV6_ADDR_PREFERENCES", intBetween(0, 0xffff)),
  /** Joins a multicast group on an interface (not on TCP). */
  ADD_MEMBERSHIP: writeOnly("IPV6_ADD_MEMBERSHIP", ipv6Mreq),
  /** Gives each flow its own label automatically. */
  AUTOFLOWLABEL: option("IPV6_AUTOFLOWLABEL", flag),
  /** Lets `bind()` use an address that this machine does not have; FreeBSD. Needs a privilege. */
  BINDANY: option("IPV6_BINDANY", flag),
  /** Sends and receives by one interface only; macOS. */
  BOUND_IF: asymmetric("IPV6_BOUND_IF", interfaceInt, interfaceInt),
  /**
   * Raw sockets only: the byte offset (even) at which the kernel writes the checksum into sent
   * data; -1 disables it.
   */
  CHECKSUM: option("IPV6_CHECKSUM", intBetween(-1, 0x7fffffff)),
  /**
   * Disables fragmentation: a datagram larger than the path MTU fails with `MessageTooBig`.
   */
  DONTFRAG: option("IPV6_DONTFRAG", flag),
  /** Leaves a multicast group. */
  DROP_MEMBERSHIP: writeOnly("IPV6_DROP_MEMBERSHIP", ipv6Mreq),
  /**
   * The destination options header of sent packets, a multiple of 8 bytes; empty to remove it;
   * needs CAP_NET_RAW.
   */
  DSTOPTS: option("IPV6_DSTOPTS", header),
  /** Reports each datagram's flow label and traffic class in a control message. */
  FLOWINFO: option("IPV6_FLOWINFO", flag),
  /** Sends the `flowlabel` of the destination address; otherwise it is ignored. */
  FLOWINFO_SEND: option("IPV6_FLOWINFO_SEND", flag),
  /** Leases, renews and releases flow labels; reads the label of a connected socket. */
  FLOWLABEL_MGR: asymmetric("IPV6_FLOWLABEL_MGR", flowLabel, in6FlowlabelReq),
  /** Lets `bind()` use an address that this machine does not have (yet). */
  FREEBIND: option("IPV6_FREEBIND", flag),
  /** Raw sockets only: sent data includes the IPv6 header. */
  HDRINCL: option("IPV6_HDRINCL", flag),
  /**
   * The hop-by-hop options header of sent packets, a multiple of 8 bytes; empty to remove it; needs
   * CAP_NET_RAW.
   */
  HOPOPTS: option("IPV6_HOPOPTS", header),
  /** The IPsec policy of this socket, a struct sadb_x_policy (RFC 2367); needs CAP_NET_ADMIN. */
  IPSEC_POLICY: writeOnly("IPV6_IPSEC_POLICY", bytes(4096)),
  /** Joins an anycast address on an interface; needs CAP_NET_ADMIN. */
  JOIN_ANYCAST: writeOnly("IPV6_JOIN_ANYCAST", ipv6Mreq),
  /** Joins a multicast group on an interface (not on TCP); the POSIX name of ADD_MEMBERSHIP. */
  JOIN_GROUP: writeOnly("IPV6_JOIN_GROUP", ipv6Mreq),
  /** Leaves an anycast address. */
  LEAVE_ANYCAST: writeOnly("IPV6_LEAVE_ANYCAST", ipv6Mreq),
  /** Leaves a multicast group; the POSIX name of DROP_MEMBERSHIP. */
  LEAVE_GROUP: writeOnly("IPV6_LEAVE_GROUP", ipv6Mreq),
  /** Blocks one source of a joined group. */
  MCAST_BLOCK_SOURCE: writeOnly("IPV6_MCAST_BLOCK_SOURCE", groupSourceReq("ipv6")),
  /** Joins a multicast group on an interface. */
  MCAST_JOIN_GROUP: writeOnly("IPV6_MCAST_JOIN_GROUP", groupReq("ipv6")),
  /** Joins a multicast group on an interface, receiving only from this source. */
  MCAST_JOIN_SOURCE_GROUP: writeOnly("IPV6_MCAST_JOIN_SOURCE_GROUP", groupSourceReq("ipv6")),
  /** Leaves a multicast group. */
  MCAST_LEAVE_GROUP: writeOnly("IPV6_MCAST_LEAVE_GROUP", groupReq("ipv6")),
  /** Stops receiving from one source of a group; leaves the group after its last source. */
  MCAST_LEAVE_SOURCE_GROUP: writeOnly("IPV6_MCAST_LEAVE_SOURCE_GROUP", groupSourceReq("ipv6")),
  /** Replaces the source filter of a joined group. */
  MCAST_MSFILTER: writeOnly("IPV6_MCAST_MSFILTER", groupFilter("ipv6")),
  /** Unblocks a source. */
  MCAST_UNBLOCK_SOURCE: writeOnly("IPV6_MCAST_UNBLOCK_SOURCE", groupSourceReq("ipv6")),
  /** The minimum hop limit of accepted packets, 0 to 255; 255 accepts only neighbours. */
  MINHOPCOUNT: option("IPV6_MINHOPCOUNT", intBetween(0, 255)),
  /**
   * Reads the path MTU of a connected socket in bytes; sets the largest packet to send, 1280 to
   * 65535, or 0 for the path MTU.
   */
  MTU: option("IPV6_MTU", ipv6Mtu),
  /** Path MTU discovery: `IP_PMTUDISC.WANT` and so on, which IPv6 has, too. */
  MTU_DISCOVER: option("IPV6_MTU_DISCOVER", intBetween(0, 5)),
  /**
   * Whether to receive from every group that any socket on this machine has joined (true) or only
   * from this socket's own (false).
   */
  MULTICAST_ALL: option("IPV6_MULTICAST_ALL", flag),
  /**
   * The hop limit of sent multicast: 0 to 255; -1 sets 1, the local network.
   */
  MULTICAST_HOPS: option("IPV6_MULTICAST_HOPS", intBetween(-1, 255)),
  /** The interface for sent multicast, by index or name; 0 is any. */
  MULTICAST_IF: asymmetric("IPV6_MULTICAST_IF", interfaceInt, interfaceInt),
  /** Whether multicast sent by this socket loops back to sockets on this machine. */
  MULTICAST_LOOP: option("IPV6_MULTICAST_LOOP", flag),
  /** The path MTU of a connected socket in bytes. */
  PATHMTU: readOnly("IPV6_PATHMTU", ip6Mtuinfo),
  /**
   * The interface for sent datagrams. Linux stores the address but still picks the source itself.
   */
  PKTINFO: writeOnly("IPV6_PKTINFO", in6Pktinfo),
  /** Reports each datagram's destination options in a control message. */
  RECVDSTOPTS: option("IPV6_RECVDSTOPTS", flag),
  /** Queues errors with their cause; receive them with `MSG.ERRQUEUE`. */
  RECVERR: option("IPV6_RECVERR", flag),
  /** Adds to queued ICMPv6 errors how much of the original datagram they carry (RFC 4884). */
  RECVERR_RFC4884: option("IPV6_RECVERR_RFC4884", flag),
  /** Reports the largest fragment of each fragmented datagram in a control message. */
  RECVFRAGSIZE: option("IPV6_RECVFRAGSIZE", flag),
  /** Reports each datagram's hop limit in a control message. */
  RECVHOPLIMIT: option("IPV6_RECVHOPLIMIT", flag),
  /** Reports each datagram's hop-by-hop options in a control message. */
  RECVHOPOPTS: option("IPV6_RECVHOPOPTS", flag),
  /**
   * Reports each datagram's original destination, from before a redirect by this machine, in a
   * control message.
   */
  RECVORIGDSTADDR: option("IPV6_RECVORIGDSTADDR", flag),
  /** Reports path MTU changes in a control message. */
  RECVPATHMTU: option("IPV6_RECVPATHMTU", flag),
  /** Reports each datagram's interface and destination address in a control message. */
  RECVPKTINFO: option("IPV6_RECVPKTINFO", flag),
  /** Reports each datagram's routing header in a control message. */
  RECVRTHDR: option("IPV6_RECVRTHDR", flag),
  /** Reports each datagram's traffic class in a control message. */
  RECVTCLASS: option("IPV6_RECVTCLASS", flag),
  /**
   * Raw sockets of IPPROTO.RAW only: receives every packet with a router alert of this value, 0 to
   * 65535; -1 turns it off.
   */
  ROUTER_ALERT: writeOnly("IPV6_ROUTER_ALERT", intBetween(-1, 0xffff)),
  /** Limits router alerts to the socket's own network namespace. */
  ROUTER_ALERT_ISOLATE: option("IPV6_ROUTER_ALERT_ISOLATE", flag),
  /**
   * The routing header of sent packets, a multiple of 8 bytes; empty to remove it. Linux accepts
   * segment routing (RFC 8754).
   */
  RTHDR: option("IPV6_RTHDR", header),
  /**
   * The destination options header before the routing header, a multiple of 8 bytes; empty to
   * remove it; needs CAP_NET_RAW.
   */
  RTHDRDSTOPTS: option("IPV6_RTHDRDSTOPTS", header),
  /** The traffic class of sent packets: 0 to 255; -1 sets 0. */
  TCLASS: option("IPV6_TCLASS", intBetween(-1, 255)),
  /**
   * Lets the socket use addresses that do not belong to this machine, for transparent proxies;
   * needs CAP_NET_ADMIN or CAP_NET_RAW.
   */
  TRANSPARENT: option("IPV6_TRANSPARENT", flag),
  /**
   * The hop limit of sent packets: 0 to 255; -1 restores that of the route or interface, usually
   * 64.
   */
  UNICAST_HOPS: option("IPV6_UNICAST_HOPS", intBetween(-1, 255)),
  /** The interface for sent unicast, by index or name; 0 is any. */
  UNICAST_IF: asymmetric("IPV6_UNICAST_IF", interfaceNumber, interfaceNumber),
  /** Limits the socket to IPv6; set it before `bind()`. */
  V6ONLY: option("IPV6_V6ONLY", flag),
  /** The IPsec policy of this socket, a struct xfrm_userpolicy_info; needs CAP_NET_ADMIN. */
  XFRM_POLICY: writeOnly("IPV6_XFRM_POLICY", bytes(4096)),
};
