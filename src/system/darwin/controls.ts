import { controlNames } from "../control-names.ts";
import type { OptionNumber } from "../system.ts";

const SOL_SOCKET = 0xffff;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;

const so = (number: number): OptionNumber => ({ level: SOL_SOCKET, number });
const ip = (number: number): OptionNumber => ({ level: IPPROTO_IP, number });
const ipv6 = (number: number): OptionNumber => ({ level: IPPROTO_IPV6, number });

/**
 * Control messages by C name, sorted. From sys/socket.h, netinet/in.h and netinet6/in6.h;
 * headers.test.ts checks each. SCM_CREDS, which differs from Linux's SCM_CREDENTIALS, stays bytes.
 */
export const controls: Readonly<Record<string, OptionNumber>> = {
  IPV6_DONTFRAG: ipv6(62),
  IPV6_DSTOPTS: ipv6(50),
  IPV6_HOPLIMIT: ipv6(47),
  IPV6_HOPOPTS: ipv6(49),
  IPV6_PATHMTU: ipv6(44),
  IPV6_PKTINFO: ipv6(46),
  IPV6_RTHDR: ipv6(51),
  IPV6_RTHDRDSTOPTS: ipv6(57),
  IPV6_TCLASS: ipv6(36),
  IP_PKTINFO: ip(26),
  IP_RECVOPTS: ip(5),
  SCM_RIGHTS: so(1),
  SCM_TIMESTAMP: so(2),
};

/** The C name of a control message; undefined if it is not in the table. */
export const controlName = controlNames(controls, [
  // They arrive under the names of the options that request them (ip(4)), and cannot be sent.
  [ip(27), "IP_TOS"],
  [ip(24), "IP_TTL"],
]);
