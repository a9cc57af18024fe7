import type { Exceptions } from "./platform.ts";

const wine = (document: string): Exceptions => ({
  wine: `Wine 8 lacks the option; Windows has it (${document})`,
});
const ip = wine("IPPROTO_IP socket options");
const ipv6 = wine("IPPROTO_IPV6 socket options");
const tcp = wine("IPPROTO_TCP socket options");
const socket = wine("SOL_SOCKET socket options");
const linux: Exceptions = { windows: "it concerns what Linux does with the option" };

/**
 * Rows of options that do not hold on Windows: all rows of an option, or those whose clause begins
 * like this. Sorted.
 */
export const windowsOptions: Readonly<Record<string, Exceptions>> = {
  IPV6_ADD_MEMBERSHIP: linux,
  IPV6_CHECKSUM: ipv6,
  IPV6_DROP_MEMBERSHIP: linux,
  IPV6_HDRINCL: ipv6,
  IPV6_LEAVE_GROUP: linux,
  IPV6_MCAST_BLOCK_SOURCE: ipv6,
  IPV6_MCAST_JOIN_GROUP: ipv6,
  IPV6_MCAST_JOIN_SOURCE_GROUP: ipv6,
  IPV6_MCAST_LEAVE_GROUP: ipv6,
  IPV6_MCAST_LEAVE_SOURCE_GROUP: ipv6,
  IPV6_MCAST_UNBLOCK_SOURCE: ipv6,
  IPV6_MTU: ipv6,
  IPV6_MTU_DISCOVER: ipv6,
  "IPV6_MULTICAST_IF: an interface that is not there": linux,
  IPV6_TCLASS: ipv6,
  IP_MTU: ip,
  IP_MTU_DISCOVER: ip,
  "IP_UNICAST_IF: an interface that is not there": linux,
  MCAST_BLOCK_SOURCE: linux,
  MCAST_JOIN_GROUP: linux,
  MCAST_JOIN_SOURCE_GROUP: linux,
  MCAST_LEAVE_GROUP: linux,
  MCAST_LEAVE_SOURCE_GROUP: linux,
  MCAST_UNBLOCK_SOURCE: linux,
  SO_CONDITIONAL_ACCEPT: socket,
  SO_DEBUG: socket,
  "SO_DOMAIN: it is the family": { windows: "Windows has no unix socket pairs" },
  SO_DONTROUTE: socket,
  "SO_ERROR: a refused datagram": {
    wine: "Wine does not report a host's response to a datagram; Windows reports WSAECONNRESET (recvfrom)",
  },
  "SO_RCVBUF: 10000 is read as 20000": linux,
  "SO_RCVTIMEO: a fraction is rounded up to a tick": linux,
  "SO_SNDBUF: 10000 is read as 20000": linux,
  "SO_TYPE: it is the type": { windows: "Windows has no unix socket pairs" },
  TCP_KEEPCNT: tcp,
  TCP_KEEPIDLE: tcp,
  TCP_KEEPINTVL: tcp,
  TCP_MAXSEG: tcp,
};
