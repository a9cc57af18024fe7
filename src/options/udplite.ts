import { intBetween } from "./codecs.ts";
import { option } from "./option.ts";

/** Options of IPPROTO_UDPLITE (udplite(7)), under their C names. */
export const UDPLITE = {
  /** Discards datagrams whose checksum covers fewer bytes: 0, or 8 and more with the header. */
  RECV_CSCOV: option("UDPLITE_RECV_CSCOV", intBetween(0, 0xffff)),
  /** How many bytes the checksum covers, 8 of them the header; 0 is all. */
  SEND_CSCOV: option("UDPLITE_SEND_CSCOV", intBetween(0, 0xffff)),
};
