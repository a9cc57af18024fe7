import { option } from "./option.ts";
import { icmpFilter } from "./structures/icmp-filter.ts";

/** The option of raw sockets of IPPROTO.ICMP (raw(7)), under its C name. */
export const ICMP = {
  /**
   * The types of messages that the socket does not receive: 0 to 31, such as `ICMP_TYPE.ECHO`; none
   * by default.
   */
  FILTER: option("ICMP_FILTER", icmpFilter(32)),
};

/** The option of raw sockets of IPPROTO.ICMPV6 (RFC 3542, 3.2), under its C name. */
export const ICMPV6 = {
  /**
   * The types of messages that the socket does not receive: 0 to 255, such as
   * `ICMPV6_TYPE.ECHO_REQUEST`; none by default.
   */
  FILTER: option("ICMPV6_FILTER", icmpFilter(256)),
};
