import { flag, intBetween, uint } from "./codecs.ts";
import { asymmetric, option, queryable, queryOnly, readOnly, writeOnly } from "./option.ts";
import { sctpAssocinfo, sctpAssocValue, sctpInitmsg, sctpRtoinfo, sctpStatus } from "./structures/sctp.ts";
import { sctpGetaddrs, sctpGetaddrsOf, sctpPaddrinfo, sctpPrim } from "./structures/sctp-addresses.ts";
import { sctpAssocIds } from "./structures/sctp-assoc-ids.ts";
import { ofAssociation } from "./structures/sctp-association.ts";
import {
  sctpAuthchunk,
  sctpAuthchunks,
  sctpAuthkey,
  sctpAuthkeyid,
  sctpHmacalgo,
} from "./structures/sctp-auth.ts";
import { sctpEvent, sctpEvents } from "./structures/sctp-events.ts";
import {
  ofPath,
  sctpPaddrthlds,
  sctpPaddrthldsV2,
  sctpProbeinterval,
  sctpUdpencaps,
} from "./structures/sctp-paths.ts";
import {
  sctpPaddrparams,
  sctpPaddrparamsOf,
  sctpSackInfo,
  sctpSndinfo,
  sctpSndinfoOf,
} from "./structures/sctp-peer.ts";
import { sctpDefaultPrinfo, sctpPrAssocStatus, sctpPrStreamStatus } from "./structures/sctp-reliability.ts";
import { sctpSndrcvinfo, sctpSndrcvinfoOf } from "./structures/sctp-send-param.ts";
import { sctpAssocStats } from "./structures/sctp-statistics.ts";
import {
  sctpAddStreams,
  sctpAssocT,
  sctpResetStreams,
  sctpStreamValue,
  sctpStreamValueOf,
} from "./structures/sctp-streams.ts";

/** The options of IPPROTO_SCTP (sctp(7), RFC 6458, 8), under their C names. */
export const SCTP = {
  /** The adaptation layer that new associations announce to their peers (RFC 5061). */
  ADAPTATION_LAYER: option("SCTP_ADAPTATION_LAYER", uint),
  /** Adds streams to an association, if the peer has set ENABLE_STREAM_RESET (RFC 6525). */
  ADD_STREAMS: writeOnly("SCTP_ADD_STREAMS", sctpAddStreams),
  /** Whether new associations can change their addresses: ADDIP (RFC 5061). Linux 5.4. */
  ASCONF_SUPPORTED: queryable(option("SCTP_ASCONF_SUPPORTED", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** How often an association retransmits, and the lifetime of its cookies. */
  ASSOCINFO: queryable(
    asymmetric("SCTP_ASSOCINFO", sctpAssocinfo, sctpAssocinfo),
    ofAssociation(sctpAssocinfo),
  ),
  /** The key in use (RFC 4895). */
  AUTH_ACTIVE_KEY: queryable(option("SCTP_AUTH_ACTIVE_KEY", sctpAuthkeyid), ofAssociation(sctpAuthkeyid)),
  /**
   * Adds a type of chunk that new associations accept only with authentication, such as 0 for DATA.
   */
  AUTH_CHUNK: writeOnly("SCTP_AUTH_CHUNK", sctpAuthchunk),
  /** Stops using a key, which can be deleted once AUTHENTICATION_EVENT says so. Linux 4.17. */
  AUTH_DEACTIVATE_KEY: writeOnly("SCTP_AUTH_DEACTIVATE_KEY", sctpAuthkeyid),
  /** Deletes a key that is not in use. */
  AUTH_DELETE_KEY: writeOnly("SCTP_AUTH_DELETE_KEY", sctpAuthkeyid),
  /** Sets a key that both ends share. */
  AUTH_KEY: writeOnly("SCTP_AUTH_KEY", sctpAuthkey),
  /** Whether new associations can authenticate chunks (RFC 4895). Linux 5.4. */
  AUTH_SUPPORTED: queryable(option("SCTP_AUTH_SUPPORTED", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /**
   * The number of idle seconds after which a one-to-many socket ends an association; 0 means never.
   */
  AUTOCLOSE: option("SCTP_AUTOCLOSE", uint),
  /**
   * Adds and removes addresses as interfaces get and lose them; the socket must be bound to any
   * address.
   */
  AUTO_ASCONF: option("SCTP_AUTO_ASCONF", flag),
  /** The default context, reported with errors about sent messages. */
  CONTEXT: queryable(option("SCTP_CONTEXT", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** How reliably messages are sent without SCTP_PRINFO (RFC 7496, 4.4). Linux 4.4. */
  DEFAULT_PRINFO: queryable(
    option("SCTP_DEFAULT_PRINFO", sctpDefaultPrinfo),
    ofAssociation(sctpDefaultPrinfo),
  ),
  /**
   * The defaults for messages, in the older form; DEFAULT_SNDINFO and DEFAULT_PRINFO replace it.
   */
  DEFAULT_SEND_PARAM: queryable(option("SCTP_DEFAULT_SEND_PARAM", sctpSndrcvinfo), sctpSndrcvinfoOf),
  /** The defaults for messages sent without SCTP_SNDINFO. */
  DEFAULT_SNDINFO: queryable(option("SCTP_DEFAULT_SNDINFO", sctpSndinfo), sctpSndinfoOf),
  /** How long, and for how many packets, to delay acknowledgements. */
  DELAYED_SACK: queryable(option("SCTP_DELAYED_SACK", sctpSackInfo), ofAssociation(sctpSackInfo)),
  /** Messages that are too long fail instead of being fragmented. */
  DISABLE_FRAGMENTS: option("SCTP_DISABLE_FRAGMENTS", flag),
  /** Whether new associations use explicit congestion notification. Linux 5.4. */
  ECN_SUPPORTED: queryable(option("SCTP_ECN_SUPPORTED", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /**
   * What the peer may request: `SCTP_ENABLE.RESET_STREAM_REQ` and so on (RFC 6525, 6.3.1). Linux
   * 4.11.
   */
  ENABLE_STREAM_RESET: queryable(
    option("SCTP_ENABLE_STREAM_RESET", sctpAssocValue),
    ofAssociation(sctpAssocValue),
  ),
  /**
   * Whether a kind of event is received as a message with `MSG.NOTIFICATION`. On a one-to-many
   * socket, association 0, the default, applies to later associations only; `SCTP_ASSOC.ALL` (Linux
   * 5.1) also applies to those it has. Linux 5.0.
   */
  EVENT: writeOnly("SCTP_EVENT", sctpEvent),
  /** The same for all kinds at once; omitted kinds are not received. */
  EVENTS: asymmetric("SCTP_EVENTS", sctpEvents, sctpEvents),
  /**
   * Whether the program sees that an address is potentially failed: 1 hides it, 2 shows it, 0
   * follows net.sctp.pf_expose (RFC 7829, 7.3). Linux 5.5.
   */
  EXPOSE_POTENTIALLY_FAILED_STATE: queryable(
    option("SCTP_EXPOSE_POTENTIALLY_FAILED_STATE", sctpAssocValue),
    ofAssociation(sctpAssocValue),
  ),
  /**
   * Whether parts of messages may be interleaved: 0 no, 1 between associations, 2 also between
   * streams.
   */
  FRAGMENT_INTERLEAVE: option("SCTP_FRAGMENT_INTERLEAVE", intBetween(0, 2)),
  /** The associations of a one-to-many socket. */
  GET_ASSOC_ID_LIST: readOnly("SCTP_GET_ASSOC_ID_LIST", sctpAssocIds),
  /** The number of a one-to-many socket's associations. */
  GET_ASSOC_NUMBER: readOnly("SCTP_GET_ASSOC_NUMBER", uint),
  /** The counters of an association. */
  GET_ASSOC_STATS: queryable(readOnly("SCTP_GET_ASSOC_STATS", sctpAssocStats), ofAssociation(sctpAssocStats)),
  /**
   * The addresses that the socket, or one of its associations, is bound to: sctp_getladdrs() of
   * libsctp.
   */
  GET_LOCAL_ADDRS: queryable(readOnly("SCTP_GET_LOCAL_ADDRS", sctpGetaddrs), sctpGetaddrsOf),
  /** The addresses of the peer of an association: sctp_getpaddrs() of libsctp. */
  GET_PEER_ADDRS: queryable(readOnly("SCTP_GET_PEER_ADDRS", sctpGetaddrs), sctpGetaddrsOf),
  /** An address of the peer: its state, windows and timeouts, and the association's number. */
  GET_PEER_ADDR_INFO: queryOnly("SCTP_GET_PEER_ADDR_INFO", sctpPaddrinfo),
  /**
   * The algorithms that authenticate, in the order of preference: `SCTP_AUTH.HMAC_ID_SHA256` and so
   * on. SHA-1 must be one of them.
   */
  HMAC_IDENT: option("SCTP_HMAC_IDENT", sctpHmacalgo),
  /** The parameters that new associations propose. */
  INITMSG: option("SCTP_INITMSG", sctpInitmsg),
  /**
   * Whether new associations interleave messages (RFC 8260): it takes net.sctp.intl_enable, and
   * FRAGMENT_INTERLEAVE. Linux 4.16.
   */
  INTERLEAVING_SUPPORTED: queryable(
    option("SCTP_INTERLEAVING_SUPPORTED", sctpAssocValue),
    ofAssociation(sctpAssocValue),
  ),
  /** IPv6 sockets report IPv4 addresses as mapped ones. */
  I_WANT_MAPPED_V4_ADDR: option("SCTP_I_WANT_MAPPED_V4_ADDR", flag),
  /** The types of chunks that this end accepts only with authentication. */
  LOCAL_AUTH_CHUNKS: queryable(
    readOnly("SCTP_LOCAL_AUTH_CHUNKS", sctpAuthchunks),
    ofAssociation(sctpAuthchunks),
  ),
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
  /** After how many retransmissions an address counts as failed (RFC 7829, 7.2). */
  PEER_ADDR_THLDS: queryable(
    asymmetric("SCTP_PEER_ADDR_THLDS", sctpPaddrthlds, sctpPaddrthlds),
    ofPath(sctpPaddrthlds),
  ),
  /** The same, and when to stay with another address. Linux 5.5. */
  PEER_ADDR_THLDS_V2: queryable(
    asymmetric("SCTP_PEER_ADDR_THLDS_V2", sctpPaddrthldsV2, sctpPaddrthldsV2),
    ofPath(sctpPaddrthldsV2),
  ),
  /** The types of chunks that the peer accepts only with authentication. */
  PEER_AUTH_CHUNKS: queryable(
    readOnly("SCTP_PEER_AUTH_CHUNKS", sctpAuthchunks),
    ofAssociation(sctpAuthchunks),
  ),
  /** How often, in milliseconds, the path MTU is probed (RFC 8899); 0 is never. Linux 5.14. */
  PLPMTUD_PROBE_INTERVAL: queryable(
    asymmetric("SCTP_PLPMTUD_PROBE_INTERVAL", sctpProbeinterval, sctpProbeinterval),
    ofPath(sctpProbeinterval),
  ),
  /** The address of the peer that an association sends to as long as it answers. */
  PRIMARY_ADDR: queryable(asymmetric("SCTP_PRIMARY_ADDR", sctpPrim, sctpPrim), ofAssociation(sctpPrim)),
  /** How many messages of an association were abandoned (RFC 7496, 4.2). Linux 4.4. */
  PR_ASSOC_STATUS: queryOnly("SCTP_PR_ASSOC_STATUS", sctpPrAssocStatus),
  /** How many messages of a stream were abandoned (RFC 7496, 4.3). Linux 4.4. */
  PR_STREAM_STATUS: queryOnly("SCTP_PR_STREAM_STATUS", sctpPrStreamStatus),
  /** Whether new associations can abandon messages: partial reliability (RFC 3758). Linux 4.4. */
  PR_SUPPORTED: queryable(option("SCTP_PR_SUPPORTED", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** Whether new associations can reset and add streams (RFC 6525). Linux 4.11. */
  RECONFIG_SUPPORTED: queryable(
    option("SCTP_RECONFIG_SUPPORTED", sctpAssocValue),
    ofAssociation(sctpAssocValue),
  ),
  /** Received messages also describe the next message (SCTP_NXTINFO). */
  RECVNXTINFO: option("SCTP_RECVNXTINFO", flag),
  /** Received messages carry the number of their stream and so on (SCTP_RCVINFO). */
  RECVRCVINFO: option("SCTP_RECVRCVINFO", flag),
  /** The UDP port to which packets go; 0 sends without UDP (RFC 6951). Linux 5.11. */
  REMOTE_UDP_ENCAPS_PORT: queryable(
    asymmetric("SCTP_REMOTE_UDP_ENCAPS_PORT", sctpUdpencaps, sctpUdpencaps),
    ofPath(sctpUdpencaps),
  ),
  /** Restarts the sequence numbers of all streams, and the TSNs (RFC 6525, 6.3.3). Linux 4.11. */
  RESET_ASSOC: writeOnly("SCTP_RESET_ASSOC", sctpAssocT),
  /** Restarts the sequence numbers of streams (RFC 6525, 6.3.2). Linux 4.11. */
  RESET_STREAMS: writeOnly("SCTP_RESET_STREAMS", sctpResetStreams),
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
  /**
   * Which stream's message is sent next: `SCTP_SS.FCFS` and so on (RFC 8260, 4.3.2). Linux 4.15.
   */
  STREAM_SCHEDULER: queryable(option("SCTP_STREAM_SCHEDULER", sctpAssocValue), ofAssociation(sctpAssocValue)),
  /** The priority or weight of a stream (RFC 8260, 4.3.3). Linux 4.15. */
  STREAM_SCHEDULER_VALUE: queryable(
    writeOnly("SCTP_STREAM_SCHEDULER_VALUE", sctpStreamValue),
    sctpStreamValueOf,
  ),
};
