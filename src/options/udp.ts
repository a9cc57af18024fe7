import { flag, intBetween } from "./codecs.ts";
import { option } from "./option.ts";

/** Options of IPPROTO_UDP (udp(7)), under their C names. */
export const UDP = {
  /** Accumulates sent data into one datagram, which goes out when the option is turned off. */
  CORK: option("UDP_CORK", flag),
  /** Encapsulation that the kernel decodes: `UDP_ENCAP.ESPINUDP` or `L2TPINUDP`; 0 is none. */
  ENCAP: option("UDP_ENCAP", intBetween(0, 6)),
  /**
   * Lets the kernel deliver several datagrams of one size as a single message, with the size in a
   * control message.
   */
  GRO: option("UDP_GRO", flag),
  /** IPv6 only: accepts datagrams without a checksum. */
  NO_CHECK6_RX: option("UDP_NO_CHECK6_RX", flag),
  /** IPv6 only: sends datagrams without a checksum. */
  NO_CHECK6_TX: option("UDP_NO_CHECK6_TX", flag),
  /** Splits sent data into datagrams of this many bytes: 1 to 65535; 0 is off. */
  SEGMENT: option("UDP_SEGMENT", intBetween(0, 0xffff)),
};
