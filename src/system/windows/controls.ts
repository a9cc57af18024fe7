import { controlNames } from "../control-names.ts";
import type { OptionNumber } from "../system.ts";

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;

const ip = (number: number): OptionNumber => ({ level: IPPROTO_IP, number });
const ipv6 = (number: number): OptionNumber => ({ level: IPPROTO_IPV6, number });

/**
 * Control messages by C name, sorted: those that WSARecvMsg() returns and WSASendMsg() takes. From
 * ws2ipdef.h. IP_PKTINFO is left out, and arrives as bytes: struct in_pktinfo is { in_addr, ULONG
 * }, which differs from Linux's.
 */
export const controls: Readonly<Record<string, OptionNumber>> = {
  IPV6_HOPLIMIT: ipv6(21),
  IPV6_PKTINFO: ipv6(19),
  IPV6_TCLASS: ipv6(39),
  IP_TOS: ip(3),
  IP_TTL: ip(4),
};

/** The C name of a control message; undefined if it is not in the table. */
export const controlName = controlNames(controls);
