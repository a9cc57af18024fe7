import { flag, intBetween } from "./codecs.ts";
import { option } from "./option.ts";

/** Options of IPPROTO_UDP (udp(7)), under their C names. */
export const UDP = {
  /** Gathers all that is sent into one datagram, which goes out when the flag is taken back. */
  CORK: option("UDP_CORK", flag),
  /** Takes in what UDP carries for the kernel, UDP_ENCAP_: 0 nothing, 2 ESPINUDP, 3 L2TPINUDP. */
  ENCAP: option("UDP_ENCAP", intBetween(0, 6)),
  /**
   * Lets the kernel hand over many datagrams of one size as one, with the size in a control
   * message.
   */
  GRO: option("UDP_GRO", flag),
  /** IPv6 only: lets in datagrams without a checksum. */
  NO_CHECK6_RX: option("UDP_NO_CHECK6_RX", flag),
  /** IPv6 only: sends datagrams without a checksum. */
  NO_CHECK6_TX: option("UDP_NO_CHECK6_TX", flag),
  /** Cuts what is sent into datagrams of this many bytes: 1 to 65535; 0 is off. */
  SEGMENT: option("UDP_SEGMENT", intBetween(0, 0xffff)),
};
