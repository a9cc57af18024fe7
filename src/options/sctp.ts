import { flag, uint } from "./codecs.ts";
import { asymmetric, option, readOnly } from "./option.ts";
import { sctpAssocinfo, sctpAssocValue, sctpInitmsg, sctpRtoinfo, sctpStatus } from "./structures/sctp.ts";

/** The common options of IPPROTO_SCTP (sctp(7), RFC 6458, 8), under their C names. */
export const SCTP = {
  /** How often an association retransmits, and how long its cookies live. */
  ASSOCINFO: asymmetric("SCTP_ASSOCINFO", sctpAssocinfo, sctpAssocinfo),
  /** After how many idle seconds a one-to-many socket ends an association; 0 is never. */
  AUTOCLOSE: option("SCTP_AUTOCLOSE", uint),
  /** Messages that are too long fail rather than being fragmented. */
  DISABLE_FRAGMENTS: option("SCTP_DISABLE_FRAGMENTS", flag),
  /** What new associations propose. */
  INITMSG: option("SCTP_INITMSG", sctpInitmsg),
  /** IPv6 sockets report IPv4 addresses as mapped ones. */
  I_WANT_MAPPED_V4_ADDR: option("SCTP_I_WANT_MAPPED_V4_ADDR", flag),
  /** Longer messages are fragmented: bytes; 0 is the path MTU's. */
  MAXSEG: option("SCTP_MAXSEG", sctpAssocValue),
  /** Sends messages at once rather than gathering them. */
  NODELAY: option("SCTP_NODELAY", flag),
  /** Received messages carry the number of their stream and so on (SCTP_RCVINFO). */
  RECVRCVINFO: option("SCTP_RECVRCVINFO", flag),
  /** Lets several sockets listen on a port; set before bind(). Linux 5.2. */
  REUSE_PORT: option("SCTP_REUSE_PORT", flag),
  /** The timeouts of retransmission. */
  RTOINFO: option("SCTP_RTOINFO", sctpRtoinfo),
  /** The state of the association. */
  STATUS: readOnly("SCTP_STATUS", sctpStatus),
};
