import type { OptionNumber } from "../system.ts";

const SOL_LOCAL = 0;
const SOL_SOCKET = 0xffff;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;

const local = (number: number): OptionNumber => ({ level: SOL_LOCAL, number });
const so = (number: number): OptionNumber => ({ level: SOL_SOCKET, number });
const ip = (number: number): OptionNumber => ({ level: IPPROTO_IP, number });
const ipv6 = (number: number): OptionNumber => ({ level: IPPROTO_IPV6, number });
const tcp = (number: number): OptionNumber => ({ level: IPPROTO_TCP, number });
const udp = (number: number): OptionNumber => ({ level: IPPROTO_UDP, number });

/**
 * Sorted by C name. From sys/socket.h, sys/un.h, netinet/in.h, netinet6/in6.h, netinet/tcp.h and
 * netinet/udp.h; the numbers are the same on x64 and arm64, and headers.test.ts checks each. Only
 * options whose value matches their descriptor's layout in options/ are listed; rawOption() reaches
 * the others (TCP_INFO, TCP_MD5SIG, SO_MAX_PACING_RATE, …). The MCAST_ names are options of both
 * IPPROTO_IP and IPPROTO_IPV6: those of IPPROTO_IPV6 are IPV6_MCAST_ here.
 */
export const options = {
  IPV6_AUTOFLOWLABEL: ipv6(59),
  IPV6_BINDANY: ipv6(64),
  IPV6_CHECKSUM: ipv6(26),
  IPV6_DONTFRAG: ipv6(62),
  IPV6_DSTOPTS: ipv6(50),
  IPV6_HOPOPTS: ipv6(49),
  IPV6_JOIN_GROUP: ipv6(12),
  IPV6_LEAVE_GROUP: ipv6(13),
  IPV6_MCAST_BLOCK_SOURCE: ipv6(84),
  IPV6_MCAST_JOIN_GROUP: ipv6(80),
  IPV6_MCAST_JOIN_SOURCE_GROUP: ipv6(82),
  IPV6_MCAST_LEAVE_GROUP: ipv6(81),
  IPV6_MCAST_LEAVE_SOURCE_GROUP: ipv6(83),
  IPV6_MCAST_UNBLOCK_SOURCE: ipv6(85),
  IPV6_MULTICAST_HOPS: ipv6(10),
  IPV6_MULTICAST_IF: ipv6(9),
  IPV6_MULTICAST_LOOP: ipv6(11),
  IPV6_PATHMTU: ipv6(44),
  IPV6_PKTINFO: ipv6(46),
  IPV6_RECVDSTOPTS: ipv6(40),
  IPV6_RECVHOPLIMIT: ipv6(37),
  IPV6_RECVHOPOPTS: ipv6(39),
  IPV6_RECVORIGDSTADDR: ipv6(72),
  IPV6_RECVPATHMTU: ipv6(43),
  IPV6_RECVPKTINFO: ipv6(36),
  IPV6_RECVRTHDR: ipv6(38),
  IPV6_RECVTCLASS: ipv6(57),
  IPV6_RTHDR: ipv6(51),
  IPV6_RTHDRDSTOPTS: ipv6(35),
  IPV6_TCLASS: ipv6(61),
  IPV6_UNICAST_HOPS: ipv6(4),
  IPV6_V6ONLY: ipv6(27),
  IP_ADD_MEMBERSHIP: ip(12),
  IP_ADD_SOURCE_MEMBERSHIP: ip(70),
  IP_BINDANY: ip(24),
  IP_BLOCK_SOURCE: ip(72),
  IP_DONTFRAG: ip(67),
  IP_DROP_MEMBERSHIP: ip(13),
  IP_DROP_SOURCE_MEMBERSHIP: ip(71),
  IP_HDRINCL: ip(2),
  IP_MINTTL: ip(66),
  IP_MULTICAST_IF: ip(9),
  IP_MULTICAST_LOOP: ip(11),
  IP_MULTICAST_TTL: ip(10),
  IP_OPTIONS: ip(1),
  IP_RECVOPTS: ip(5),
  IP_RECVORIGDSTADDR: ip(27),
  IP_RECVRETOPTS: ip(6),
  IP_RECVTOS: ip(68),
  IP_RECVTTL: ip(65),
  IP_TOS: ip(3),
  IP_TTL: ip(4),
  IP_UNBLOCK_SOURCE: ip(73),
  LOCAL_CREDS: local(2),
  LOCAL_CREDS_PERSISTENT: local(3),
  LOCAL_PEERCRED: local(1),
  MCAST_BLOCK_SOURCE: ip(84),
  MCAST_JOIN_GROUP: ip(80),
  MCAST_JOIN_SOURCE_GROUP: ip(82),
  MCAST_LEAVE_GROUP: ip(81),
  MCAST_LEAVE_SOURCE_GROUP: ip(83),
  MCAST_UNBLOCK_SOURCE: ip(85),
  SO_ACCEPTCONN: so(2),
  SO_ACCEPTFILTER: so(0x1000),
  SO_BROADCAST: so(32),
  SO_DEBUG: so(1),
  SO_DOMAIN: so(0x1019),
  SO_DONTROUTE: so(16),
  SO_ERROR: so(0x1007),
  SO_KEEPALIVE: so(8),
  SO_LINGER: so(128),
  SO_LISTENINCQLEN: so(0x1013),
  SO_LISTENQLEN: so(0x1012),
  SO_LISTENQLIMIT: so(0x1011),
  SO_NOSIGPIPE: so(2048),
  SO_OOBINLINE: so(256),
  SO_PROTOCOL: so(0x1016),
  SO_RCVBUF: so(0x1002),
  SO_RCVLOWAT: so(0x1004),
  SO_RCVTIMEO: so(0x1006),
  SO_REUSEADDR: so(4),
  SO_REUSEPORT: so(512),
  SO_REUSEPORT_LB: so(0x10000),
  SO_SETFIB: so(0x1014),
  SO_SNDBUF: so(0x1001),
  SO_SNDLOWAT: so(0x1003),
  SO_SNDTIMEO: so(0x1005),
  SO_TIMESTAMP: so(1024),
  SO_TYPE: so(0x1008),
  SO_USELOOPBACK: so(0x40),
  SO_USER_COOKIE: so(0x1015),
  TCP_CONGESTION: tcp(64),
  TCP_FASTOPEN: tcp(1025),
  TCP_KEEPCNT: tcp(1024),
  TCP_KEEPIDLE: tcp(256),
  TCP_KEEPINTVL: tcp(512),
  TCP_MAXSEG: tcp(2),
  TCP_NODELAY: tcp(1),
  TCP_NOPUSH: tcp(4),
  UDP_ENCAP: udp(1),
} satisfies Record<string, OptionNumber>;

/** Options whose value contains an address in the process's memory, ordered by level. */
export const pointerOptions: readonly OptionNumber[] = [
  { level: IPPROTO_IP, number: 74 }, // IP_MSFILTER: struct __msfilterreq
  { level: IPPROTO_TCP, number: 39 }, // TCP_TXTLS_ENABLE: struct tls_enable
  { level: IPPROTO_TCP, number: 41 }, // TCP_RXTLS_ENABLE: struct tls_enable
  { level: IPPROTO_IPV6, number: 74 }, // IPV6_MSFILTER: struct __msfilterreq
  { level: SOL_SOCKET, number: 0x1009 }, // SO_LABEL: struct mac
  { level: SOL_SOCKET, number: 0x1010 }, // SO_PEERLABEL: struct mac
];
