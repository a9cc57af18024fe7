import { flag, intBetween, uint } from "./codecs.ts";
import { asymmetric, option, queryable, queryOnly, readOnly, writeOnly } from "./option.ts";
import { sctpAssocinfo, sctpAssocValue, sctpInitmsg, sctpRtoinfo, sctpStatus } from "./structures/sctp.ts";
import { sctpGetaddrs, sctpGetaddrsOf, sctpPaddrinfo, sctpPrim } from "./structures/sctp-addresses.ts";
import { sctpAssocIds } from "./structures/sctp-assoc-ids.ts";
import { ofAssociation } from "./structures/sctp-association.ts";
import { sctpEvent, sctpEvents } from "./structures/sctp-events.ts";
import {
  sctpPaddrparams,
  sctpPaddrparamsOf,
  sctpSackInfo,
  sctpSndinfo,
  sctpSndinfoOf,
} from "./structures/sctp-peer.ts";

/** The common options of IPPROTO_SCTP (sctp(7), RFC 6458, 8), under their C names. */
export const SCTP = {
  /** How often an association retransmits, and the lifetime of its cookies. */
  ASSOCINFO: queryable(
    asymmetric("SCTP_ASSOCINFO", sctpAssocinfo, sctpAssocinfo),
    ofAssociation(sctpAssocinfo),
  ),
  /**
   * The number of idle seconds after which a one-to-many socket ends an association; 0 means never.
   */
  AUTOCLOSE: option("SCTP_AUTOCLOSE", uint),
  /** The default context, reported with errors about sent messages. */
  CONTEXT: queryable(option("SCTP_CONTEXT", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** The defaults for messages sent without SCTP_SNDINFO. */
  DEFAULT_SNDINFO: queryable(option("SCTP_DEFAULT_SNDINFO", sctpSndinfo), sctpSndinfoOf),
  /** How long, and for how many packets, to delay acknowledgements. */
  DELAYED_SACK: queryable(option("SCTP_DELAYED_SACK", sctpSackInfo), ofAssociation(sctpSackInfo)),
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
  /** The associations of a one-to-many socket. */
  GET_ASSOC_ID_LIST: readOnly("SCTP_GET_ASSOC_ID_LIST", sctpAssocIds),
  /** The number of a one-to-many socket's associations. */
  GET_ASSOC_NUMBER: readOnly("SCTP_GET_ASSOC_NUMBER", uint),
  /**
   * The addresses that the socket, or one of its associations, is bound to: sctp_getladdrs() of
   * libsctp.
   */
  GET_LOCAL_ADDRS: queryable(readOnly("SCTP_GET_LOCAL_ADDRS", sctpGetaddrs), sctpGetaddrsOf),
  /** The addresses of the peer of an association: sctp_getpaddrs() of libsctp. */
  GET_PEER_ADDRS: queryable(readOnly("SCTP_GET_PEER_ADDRS", sctpGetaddrs), sctpGetaddrsOf),
  /** An address of the peer: its state, windows and timeouts, and the association's number. */
  GET_PEER_ADDR_INFO: queryOnly("SCTP_GET_PEER_ADDR_INFO", sctpPaddrinfo),
  /** The parameters that new associations propose. */
  INITMSG: option("SCTP_INITMSG", sctpInitmsg),
  /** IPv6 sockets report IPv4 addresses as mapped ones. */
  I_WANT_MAPPED_V4_ADDR: option("SCTP_I_WANT_MAPPED_V4_ADDR", flag),
  /** The size in bytes above which messages are fragmented; 0 follows the path MTU. */
  MAXSEG: queryable(option("SCTP_MAXSEG", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** The maximum burst, in packets; 0 is no limit. */
  MAX_BURST: queryable(option("SCTP_MAX_BURST", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** Sends messages immediately: disables the Nagle-like algorithm. */
  NODELAY: option("SCTP_NODELAY", flag),
  /** The size in bytes from which a message is received in parts. */
  PARTIAL_DELIVERY_POINT: option("SCTP_PARTIAL_DELIVERY_POINT", uint),
  /** Heartbeats, retransmissions and the MTU for one address of the peer, or for new ones. */
  PEER_ADDR_PARAMS: queryable(
    asymmetric("SCTP_PEER_ADDR_PARAMS", sctpPaddrparams, sctpPaddrparams),
    sctpPaddrparamsOf,
  ),
  /** The address of the peer that an association sends to as long as it answers. */
  PRIMARY_ADDR: queryable(asymmetric("SCTP_PRIMARY_ADDR", sctpPrim, sctpPrim), ofAssociation(sctpPrim)),
  /** Received messages carry the number of their stream and so on (SCTP_RCVINFO). */
  RECVRCVINFO: option("SCTP_RECVRCVINFO", flag),
  /** Lets several sockets listen on a port; set before bind(). Linux 5.2. */
  REUSE_PORT: option("SCTP_REUSE_PORT", flag),
  /** The timeouts of retransmission. */
  RTOINFO: queryable(option("SCTP_RTOINFO", sctpRtoinfo), ofAssociation(sctpRtoinfo)),
  /**
   * Asks the peer to send to one of our addresses. Both ends need ASCONF_SUPPORTED, and the peer
   * authenticates it unless net.sctp.addip_noauth_enable is set.
   */
  SET_PEER_PRIMARY_ADDR: writeOnly("SCTP_SET_PEER_PRIMARY_ADDR", sctpPrim),
  /** The state of an association. */
  STATUS: queryable(readOnly("SCTP_STATUS", sctpStatus), ofAssociation(sctpStatus)),
};
