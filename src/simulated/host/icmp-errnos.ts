import { errnos } from "../../system/linux/errno.ts";
import { ICMP, ICMPV6 } from "../ip/icmp.ts";

/** What an ICMP error means for a socket. */
export interface IcmpErrno {
  /** Positive. */
  readonly errno: number;
  /** Whether a datagram socket reports it without IP_RECVERR, and TCP gives up a connection. */
  readonly fatal: boolean;
}

const entry = (errno: number, fatal: 0 | 1): IcmpErrno => ({ errno, fatal: fatal === 1 });

/** icmp_err_convert[] of net/ipv4/icmp.c: the codes of "destination unreachable". */
const ipv4: readonly IcmpErrno[] = [
  entry(errnos.ENETUNREACH, 0),
  entry(errnos.EHOSTUNREACH, 0),
  entry(errnos.ENOPROTOOPT, 1),
  entry(errnos.ECONNREFUSED, 1),
  entry(errnos.EMSGSIZE, 0),
  entry(errnos.EOPNOTSUPP, 0),
  entry(errnos.ENETUNREACH, 1),
  entry(errnos.EHOSTDOWN, 1),
  entry(errnos.ENONET, 1),
  entry(errnos.ENETUNREACH, 1),
  entry(errnos.EHOSTUNREACH, 1),
  entry(errnos.ENETUNREACH, 0),
  entry(errnos.EHOSTUNREACH, 0),
  entry(errnos.EHOSTUNREACH, 1),
  entry(errnos.EHOSTUNREACH, 1),
  entry(errnos.EHOSTUNREACH, 1),
];

/** tab_unreach[] of net/ipv6/icmp.c. */
const ipv6: readonly IcmpErrno[] = [
  entry(errnos.ENETUNREACH, 0),
  entry(errnos.EACCES, 1),
  entry(errnos.EHOSTUNREACH, 0),
  entry(errnos.EHOSTUNREACH, 0),
  entry(errnos.ECONNREFUSED, 1),
  entry(errnos.EACCES, 1),
  entry(errnos.EACCES, 1),
];

/** The errno of an error; undefined if sockets ignore it. */
export function icmpErrno(version: 4 | 6, type: number, code: number): IcmpErrno | undefined {
  if (version === 4) {
    if (type === ICMP.UNREACHABLE) return ipv4[code] ?? entry(errnos.EHOSTUNREACH, 0);
    if (type === ICMP.TIME_EXCEEDED) return entry(errnos.EHOSTUNREACH, 0);
    return type === ICMP.PARAMETER_PROBLEM ? entry(errnos.EPROTO, 1) : undefined;
  }
  if (type === ICMPV6.UNREACHABLE) return ipv6[code] ?? entry(errnos.EHOSTUNREACH, 0);
  if (type === ICMPV6.PACKET_TOO_BIG) return entry(errnos.EMSGSIZE, 0);
  if (type === ICMPV6.TIME_EXCEEDED) return entry(errnos.EHOSTUNREACH, 0);
  return type === ICMPV6.PARAMETER_PROBLEM ? entry(errnos.EPROTO, 1) : undefined;
}
