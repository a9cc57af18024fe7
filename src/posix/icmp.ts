// The names of include/uapi/linux/icmp.h and icmpv6.h, and those of neighbour discovery of
// <netinet/icmp6.h>. IANA assigns the numbers, so that they are the same on every system.

/**
 * Types of ICMP messages: `ICMP.FILTER`, and `icmpType` in an error of the error queue; ICMP_ECHO
 * is `ICMP_TYPE.ECHO`.
 */
export const ICMP_TYPE = {
  /** Asks for the network mask; obsolete. */
  ADDRESS: 17,
  /** The network mask; obsolete. */
  ADDRESSREPLY: 18,
  /** A packet could not be delivered: `ICMP_CODE` says why. */
  DEST_UNREACH: 3,
  /** An echo request: ping. */
  ECHO: 8,
  /** The answer to ECHO. */
  ECHOREPLY: 0,
  /** An extended echo request (RFC 8335). */
  EXT_ECHO: 42,
  /** The answer to EXT_ECHO. */
  EXT_ECHOREPLY: 43,
  /** The network; obsolete. */
  INFO_REPLY: 16,
  /** Asks for the network; obsolete. */
  INFO_REQUEST: 15,
  /** A packet's header is wrong. */
  PARAMETERPROB: 12,
  /** Another router is closer to the destination. */
  REDIRECT: 5,
  /** Asks the sender to slow down; obsolete. */
  SOURCE_QUENCH: 4,
  /** Asks for the time. */
  TIMESTAMP: 13,
  /** The time. */
  TIMESTAMPREPLY: 14,
  /** The time to live, or that of reassembly, ran out. */
  TIME_EXCEEDED: 11,
} as const;

/**
 * Codes of ICMP messages, and the type that each belongs to: `icmpCode` in an error of the error
 * queue; ICMP_PORT_UNREACH is `ICMP_CODE.PORT_UNREACH`.
 */
export const ICMP_CODE = {
  /** TIME_EXCEEDED: not all fragments arrived in time. */
  EXC_FRAGTIME: 1,
  /** TIME_EXCEEDED: the time to live ran out. */
  EXC_TTL: 0,
  /** EXT_ECHOREPLY: the request is malformed. */
  EXT_CODE_MAL_QUERY: 1,
  /** EXT_ECHOREPLY: several interfaces match. */
  EXT_CODE_MULT_IFS: 4,
  /** EXT_ECHOREPLY: no such interface. */
  EXT_CODE_NO_IF: 2,
  /** EXT_ECHOREPLY: no such neighbour. */
  EXT_CODE_NO_TABLE_ENT: 3,
  /** DEST_UNREACH: the packet is too big, and must not be fragmented. */
  FRAG_NEEDED: 4,
  /** DEST_UNREACH: communication with the host is prohibited. */
  HOST_ANO: 10,
  /** DEST_UNREACH: the source host is isolated; obsolete. */
  HOST_ISOLATED: 8,
  /** DEST_UNREACH: the host is unknown. */
  HOST_UNKNOWN: 7,
  /** DEST_UNREACH: the host does not answer. */
  HOST_UNREACH: 1,
  /** DEST_UNREACH: the host is unreachable for this type of service. */
  HOST_UNR_TOS: 12,
  /** DEST_UNREACH: communication with the network is prohibited. */
  NET_ANO: 9,
  /** DEST_UNREACH: the network is unknown. */
  NET_UNKNOWN: 6,
  /** DEST_UNREACH: there is no route. */
  NET_UNREACH: 0,
  /** DEST_UNREACH: the network is unreachable for this type of service. */
  NET_UNR_TOS: 11,
  /** DEST_UNREACH: a firewall rejected the packet. */
  PKT_FILTERED: 13,
  /** DEST_UNREACH: no socket has the port. */
  PORT_UNREACH: 3,
  /** DEST_UNREACH: the precedence is below the network's minimum. */
  PREC_CUTOFF: 15,
  /** DEST_UNREACH: the precedence is not permitted. */
  PREC_VIOLATION: 14,
  /** DEST_UNREACH: the host does not have the protocol. */
  PROT_UNREACH: 2,
  /** REDIRECT: for the host. */
  REDIR_HOST: 1,
  /** REDIRECT: for the host and type of service. */
  REDIR_HOSTTOS: 3,
  /** REDIRECT: for the network. */
  REDIR_NET: 0,
  /** REDIRECT: for the network and type of service. */
  REDIR_NETTOS: 2,
  /** DEST_UNREACH: the source route failed. */
  SR_FAILED: 5,
} as const;

/**
 * Types of ICMPv6 messages: `ICMPV6.FILTER`, and `icmpType` in an error of the error queue;
 * ICMPV6_ECHO_REQUEST is `ICMPV6_TYPE.ECHO_REQUEST`.
 */
export const ICMPV6_TYPE = {
  /** A packet could not be delivered: `ICMPV6_CODE` says why. */
  DEST_UNREACH: 1,
  /** The addresses of home agents (RFC 6275). */
  DHAAD_REPLY: 145,
  /** Asks for the addresses of home agents. */
  DHAAD_REQUEST: 144,
  /** The answer to ECHO_REQUEST. */
  ECHO_REPLY: 129,
  /** An echo request: ping. */
  ECHO_REQUEST: 128,
  /** The answer to EXT_ECHO_REQUEST. */
  EXT_ECHO_REPLY: 161,
  /** An extended echo request (RFC 8335). */
  EXT_ECHO_REQUEST: 160,
  /** A router asks for multicast listeners. */
  MGM_QUERY: 130,
  /** A listener leaves a group. */
  MGM_REDUCTION: 132,
  /** A listener's group, version 1. */
  MGM_REPORT: 131,
  /** A listener's groups and sources, version 2 (RFC 3810). */
  MLD2_REPORT: 143,
  /** The prefixes of a home network. */
  MOBILE_PREFIX_ADV: 147,
  /** Asks for the prefixes of a home network. */
  MOBILE_PREFIX_SOL: 146,
  /** A multicast router announces itself (RFC 4286). */
  MRDISC_ADV: 151,
  /** A neighbour's link-layer address. */
  ND_NEIGHBOR_ADVERT: 136,
  /** Asks for a neighbour's link-layer address. */
  ND_NEIGHBOR_SOLICIT: 135,
  /** A better next hop. */
  ND_REDIRECT: 137,
  /** A router announces itself and its prefixes. */
  ND_ROUTER_ADVERT: 134,
  /** Asks routers to announce themselves. */
  ND_ROUTER_SOLICIT: 133,
  /** Asks a node for its names or addresses (RFC 4620). */
  NI_QUERY: 139,
  /** A node's names or addresses. */
  NI_REPLY: 140,
  /** A packet's header is wrong. */
  PARAMPROB: 4,
  /** A packet is larger than the next link's MTU. */
  PKT_TOOBIG: 2,
  /** The hop limit, or the time of reassembly, ran out. */
  TIME_EXCEED: 3,
} as const;

/**
 * Codes of ICMPv6 messages, and the type that each belongs to: `icmpCode` in an error of the error
 * queue; ICMPV6_PORT_UNREACH is `ICMPV6_CODE.PORT_UNREACH`.
 */
export const ICMPV6_CODE = {
  /** DEST_UNREACH: the host does not answer. */
  ADDR_UNREACH: 3,
  /** DEST_UNREACH: a firewall rejected the packet. */
  ADM_PROHIBITED: 1,
  /** TIME_EXCEED: not all fragments arrived in time. */
  EXC_FRAGTIME: 1,
  /** TIME_EXCEED: the hop limit ran out. */
  EXC_HOPLIMIT: 0,
  /** PARAMPROB: a field of a header is wrong. */
  HDR_FIELD: 0,
  /** PARAMPROB: the first fragment lacks a part of the header chain (RFC 7112). */
  HDR_INCOMP: 3,
  /** DEST_UNREACH: there is no route. */
  NOROUTE: 0,
  /** DEST_UNREACH: the destination is outside the source address's scope. */
  NOT_NEIGHBOUR: 2,
  /** DEST_UNREACH: the source address violates a policy. */
  POLICY_FAIL: 5,
  /** DEST_UNREACH: no socket has the port. */
  PORT_UNREACH: 4,
  /** DEST_UNREACH: the route rejects packets. */
  REJECT_ROUTE: 6,
  /** PARAMPROB: an extension header is unknown. */
  UNK_NEXTHDR: 1,
  /** PARAMPROB: an option is unknown. */
  UNK_OPTION: 2,
} as const;
