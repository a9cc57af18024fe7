import type { OptionNumber } from "../system.ts";

const SOL_SOCKET = 0xffff;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_TCP = 6;

const so = (number: number): OptionNumber => ({ level: SOL_SOCKET, number });
const ip = (number: number): OptionNumber => ({ level: IPPROTO_IP, number });
const ipv6 = (number: number): OptionNumber => ({ level: IPPROTO_IPV6, number });
const tcp = (number: number): OptionNumber => ({ level: IPPROTO_TCP, number });

/**
 * Sorted by C name. From winsock2.h, ws2def.h, ws2ipdef.h, mswsock.h and ws2tcpip.h of the Windows
 * SDK; the numbers are the same on x64 and arm64. Only options whose value matches the codecs of
 * options/ are listed: struct ip_mreq has no interface number here and struct ip_mreq_source
 * another order, so IP_ADD_MEMBERSHIP and the like are left out; MCAST_JOIN_GROUP does the same.
 */
export const options = {
  IPV6_ADD_MEMBERSHIP: ipv6(12),
  IPV6_CHECKSUM: ipv6(26),
  IPV6_DONTFRAG: ipv6(14),
  IPV6_DROP_MEMBERSHIP: ipv6(13),
  IPV6_HDRINCL: ipv6(2),
  IPV6_JOIN_GROUP: ipv6(12),
  IPV6_LEAVE_GROUP: ipv6(13),
  IPV6_MCAST_BLOCK_SOURCE: ipv6(43),
  IPV6_MCAST_JOIN_GROUP: ipv6(41),
  IPV6_MCAST_JOIN_SOURCE_GROUP: ipv6(45),
  IPV6_MCAST_LEAVE_GROUP: ipv6(42),
  IPV6_MCAST_LEAVE_SOURCE_GROUP: ipv6(46),
  IPV6_MCAST_UNBLOCK_SOURCE: ipv6(44),
  IPV6_MTU: ipv6(72),
  IPV6_MTU_DISCOVER: ipv6(71),
  IPV6_MULTICAST_HOPS: ipv6(10),
  IPV6_MULTICAST_IF: ipv6(9),
  IPV6_MULTICAST_LOOP: ipv6(11),
  // IPV6_PKTINFO and IPV6_HOPLIMIT are flags on Windows; RFC 3542 gives them these names.
  IPV6_RECVHOPLIMIT: ipv6(21),
  IPV6_RECVPKTINFO: ipv6(19),
  IPV6_RECVTCLASS: ipv6(40),
  IPV6_TCLASS: ipv6(39),
  IPV6_UNICAST_HOPS: ipv6(4),
  IPV6_UNICAST_IF: ipv6(31),
  IPV6_V6ONLY: ipv6(27),
  IP_HDRINCL: ip(2),
  IP_MTU: ip(73),
  IP_MTU_DISCOVER: ip(71),
  IP_MULTICAST_LOOP: ip(11),
  IP_MULTICAST_TTL: ip(10),
  IP_PKTINFO: ip(19),
  IP_RECVTOS: ip(40),
  IP_RECVTTL: ip(21),
  IP_TOS: ip(3),
  IP_TTL: ip(4),
  IP_UNICAST_IF: ip(31),
  MCAST_BLOCK_SOURCE: ip(43),
  MCAST_JOIN_GROUP: ip(41),
  MCAST_JOIN_SOURCE_GROUP: ip(45),
  MCAST_LEAVE_GROUP: ip(42),
  MCAST_LEAVE_SOURCE_GROUP: ip(46),
  MCAST_UNBLOCK_SOURCE: ip(44),
  SO_ACCEPTCONN: so(0x2),
  SO_BROADCAST: so(0x20),
  SO_CONDITIONAL_ACCEPT: so(0x3002),
  SO_DEBUG: so(0x1),
  SO_DOMAIN: so(0x12005), // Emulated with SO_PROTOCOL_INFOW (protocol-info.ts).
  SO_DONTROUTE: so(0x10),
  SO_ERROR: so(0x1007),
  SO_EXCLUSIVEADDRUSE: so(~0x4),
  SO_KEEPALIVE: so(0x8),
  SO_LINGER: so(0x80),
  SO_OOBINLINE: so(0x100),
  SO_PROTOCOL: so(0x22005), // Emulated, like SO_DOMAIN.
  SO_RCVBUF: so(0x1002),
  SO_RCVTIMEO: so(0x1006),
  SO_REUSEADDR: so(0x4),
  SO_SNDBUF: so(0x1001),
  SO_SNDTIMEO: so(0x1005),
  SO_TYPE: so(0x1008),
  TCP_KEEPCNT: tcp(16),
  TCP_KEEPIDLE: tcp(3),
  TCP_KEEPINTVL: tcp(17),
  TCP_MAXSEG: tcp(4),
  TCP_NODELAY: tcp(1),
} satisfies Readonly<Record<string, OptionNumber>>;

/** SO_PROTOCOL_INFOW of winsock2.h: a WSAPROTOCOL_INFOW. */
export const SO_PROTOCOL_INFOW: OptionNumber = so(0x2005);

/**
 * No option of getsockopt() and setsockopt() on Windows contains an address in the process's
 * memory.
 */
export const pointerOptions: readonly OptionNumber[] = [];
