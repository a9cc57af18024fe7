import { intBetween } from "./codecs.ts";
import { option } from "./option.ts";

/** Options of IPPROTO_UDPLITE (udplite(7)), under their C names. */
export const UDPLITE = {
  /**
   * Discards datagrams whose checksum covers fewer bytes: 0, or at least 8, including the header.
   */
  RECV_CSCOV: option("UDPLITE_RECV_CSCOV", intBetween(0, 0xffff)),
  /** The number of bytes that the checksum covers, including 8 of the header; 0 is all. */
  SEND_CSCOV: option("UDPLITE_SEND_CSCOV", intBetween(0, 0xffff)),
};
