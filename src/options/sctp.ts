import { flag, intBetween, uint } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { sctpAssocinfo, sctpAssocValue, sctpInitmsg, sctpRtoinfo, sctpStatus } from "./structures/sctp.ts";
import { sctpEvent, sctpEvents } from "./structures/sctp-events.ts";
import { sctpPaddrparams, sctpSackInfo, sctpSndinfo } from "./structures/sctp-peer.ts";

/** The common options of IPPROTO_SCTP (sctp(7), RFC 6458, 8), under their C names. */
export const SCTP = {
  /** How often an association retransmits, and how long its cookies live. */
  ASSOCINFO: asymmetric("SCTP_ASSOCINFO", sctpAssocinfo, sctpAssocinfo),
  /** After how many idle seconds a one-to-many socket ends an association; 0 is never. */
  AUTOCLOSE: option("SCTP_AUTOCLOSE", uint),
  /** The context of errors of messages that are sent without one. */
  CONTEXT: option("SCTP_CONTEXT", sctpAssocValue),
  /** How messages are sent that carry no SCTP_SNDINFO. */
  DEFAULT_SNDINFO: option("SCTP_DEFAULT_SNDINFO", sctpSndinfo),
  /** How long to wait with acknowledgements, and for how many packets. */
  DELAYED_SACK: option("SCTP_DELAYED_SACK", sctpSackInfo),
  /** Messages that are too long fail rather than being fragmented. */
  DISABLE_FRAGMENTS: option("SCTP_DISABLE_FRAGMENTS", flag),
  /** Whether a kind of event is received as a message with `MSG.NOTIFICATION`; Linux 5.0. */
  EVENT: writeOnly("SCTP_EVENT", sctpEvent),
  /** The same for all kinds at once; those that are left out are not received. */
  EVENTS: asymmetric("SCTP_EVENTS", sctpEvents, sctpEvents),
  /** Whether parts of messages may be mixed: 0 not, 1 those of associations, 2 those of streams. */
  FRAGMENT_INTERLEAVE: option("SCTP_FRAGMENT_INTERLEAVE", intBetween(0, 2)),
  /** What new associations propose. */
  INITMSG: option("SCTP_INITMSG", sctpInitmsg),
  /** IPv6 sockets report IPv4 addresses as mapped ones. */
  I_WANT_MAPPED_V4_ADDR: option("SCTP_I_WANT_MAPPED_V4_ADDR", flag),
  /** Longer messages are fragmented: bytes; 0 is the path MTU's. */
  MAXSEG: option("SCTP_MAXSEG", sctpAssocValue),
  /** The most packets that are sent at once; 0 is no limit. */
  MAX_BURST: option("SCTP_MAX_BURST", sctpAssocValue),
  /** Sends messages at once rather than gathering them. */
  NODELAY: option("SCTP_NODELAY", flag),
  /** From how many bytes on a message is received in parts. */
  PARTIAL_DELIVERY_POINT: option("SCTP_PARTIAL_DELIVERY_POINT", uint),
  /** Heartbeats, retransmissions and the MTU of an address of the peer, or of new ones. */
  PEER_ADDR_PARAMS: asymmetric("SCTP_PEER_ADDR_PARAMS", sctpPaddrparams, sctpPaddrparams),
  /** Received messages carry the number of their stream and so on (SCTP_RCVINFO). */
  RECVRCVINFO: option("SCTP_RECVRCVINFO", flag),
  /** Lets several sockets listen on a port; set before bind(). Linux 5.2. */
  REUSE_PORT: option("SCTP_REUSE_PORT", flag),
  /** The timeouts of retransmission. */
  RTOINFO: option("SCTP_RTOINFO", sctpRtoinfo),
  /** The state of the association. */
  STATUS: readOnly("SCTP_STATUS", sctpStatus),
};
