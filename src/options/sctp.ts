import { flag, uint } from "./codecs.ts";
import { option } from "./option.ts";
import { sctpInitmsg, sctpRtoinfo } from "./structures/sctp.ts";

/** The common options of IPPROTO_SCTP (sctp(7), RFC 6458, 8), under their C names. */
export const SCTP = {
  /** After how many idle seconds a one-to-many socket ends an association; 0 is never. */
  AUTOCLOSE: option("SCTP_AUTOCLOSE", uint),
  /** Messages that are too long fail rather than being fragmented. */
  DISABLE_FRAGMENTS: option("SCTP_DISABLE_FRAGMENTS", flag),
  /** What new associations propose. */
  INITMSG: option("SCTP_INITMSG", sctpInitmsg),
  /** Sends messages at once rather than gathering them. */
  NODELAY: option("SCTP_NODELAY", flag),
  /** Received messages carry the number of their stream and so on (SCTP_RCVINFO). */
  RECVRCVINFO: option("SCTP_RECVRCVINFO", flag),
  /** The timeouts of retransmission. */
  RTOINFO: option("SCTP_RTOINFO", sctpRtoinfo),
};
