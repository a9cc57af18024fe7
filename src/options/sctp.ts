import { flag, intBetween, uint } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { sctpAssocinfo, sctpAssocValue, sctpInitmsg, sctpRtoinfo, sctpStatus } from "./structures/sctp.ts";
import { sctpEvent, sctpEvents } from "./structures/sctp-events.ts";
import { sctpPaddrparams, sctpSackInfo, sctpSndinfo } from "./structures/sctp-peer.ts";

/** The common options of IPPROTO_SCTP (sctp(7), RFC 6458, 8), under their C names. */
export const SCTP = {
  /** How often an association retransmits, and the lifetime of its cookies. */
  ASSOCINFO: asymmetric("SCTP_ASSOCINFO", sctpAssocinfo, sctpAssocinfo),
  /**
   * The number of idle seconds after which a one-to-many socket ends an association; 0 means never.
   */
  AUTOCLOSE: option("SCTP_AUTOCLOSE", uint),
  /** The default context, reported with errors about sent messages. */
  CONTEXT: option("SCTP_CONTEXT", sctpAssocValue),
  /** The defaults for messages sent without SCTP_SNDINFO. */
  DEFAULT_SNDINFO: option("SCTP_DEFAULT_SNDINFO", sctpSndinfo),
  /** How long, and for how many packets, to delay acknowledgements. */
  DELAYED_SACK: option("SCTP_DELAYED_SACK", sctpSackInfo),
  /** Messages that are too long fail instead of being fragmented. */
  DISABLE_FRAGMENTS: option("SCTP_DISABLE_FRAGMENTS", flag),
  /** Whether a kind of event is received as a message with `MSG.NOTIFICATION`; Linux 5.0. */
  EVENT: writeOnly("SCTP_EVENT", sctpEvent),
  /** The same for all kinds at once; omitted kinds are not received. */
  EVENTS: asymmetric("SCTP_EVENTS", sctpEvents, sctpEvents),
  /**
   * Whether parts of messages may be interleaved: 0 no, 1 between associations, 2 also between
   * streams.
   */
  FRAGMENT_INTERLEAVE: option("SCTP_FRAGMENT_INTERLEAVE", intBetween(0, 2)),
  /** The parameters that new associations propose. */
  INITMSG: option("SCTP_INITMSG", sctpInitmsg),
  /** IPv6 sockets report IPv4 addresses as mapped ones. */
  I_WANT_MAPPED_V4_ADDR: option("SCTP_I_WANT_MAPPED_V4_ADDR", flag),
  /** The size in bytes above which messages are fragmented; 0 follows the path MTU. */
  MAXSEG: option("SCTP_MAXSEG", sctpAssocValue),
  /** The maximum burst, in packets; 0 is no limit. */
  MAX_BURST: option("SCTP_MAX_BURST", sctpAssocValue),
  /** Sends messages immediately: disables the Nagle-like algorithm. */
  NODELAY: option("SCTP_NODELAY", flag),
  /** The size in bytes from which a message is received in parts. */
  PARTIAL_DELIVERY_POINT: option("SCTP_PARTIAL_DELIVERY_POINT", uint),
  /** Heartbeats, retransmissions and the MTU for one address of the peer, or for new ones. */
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
