/** The values of SCTP, under their C names. Linux only. */
export interface SctpConstants {
  readonly SCTP_ASSOC: Partial<SctpAssociations>;
  readonly SCTP_ASSOC_RESET: Partial<SctpAssociationResetFlags>;
  readonly SCTP_AUTH: Partial<SctpAuthentication>;
  readonly SCTP_BINDX: Partial<SctpBindxFlags>;
  readonly SCTP_DATA: Partial<SctpDataFlags>;
  readonly SCTP_ENABLE: Partial<SctpResetRequests>;
  readonly SCTP_EVENT: Partial<SctpEvents>;
  readonly SCTP_FLAG: Partial<SctpFlags>;
  readonly SCTP_PARTIAL_DELIVERY: Partial<SctpPartialDeliveries>;
  readonly SCTP_PR: Partial<SctpReliabilities>;
  readonly SCTP_SAC: Partial<SctpAssociationChanges>;
  readonly SCTP_SN_ERROR: Partial<SctpNotificationErrors>;
  readonly SCTP_SPC: Partial<SctpAddressChanges>;
  readonly SCTP_SPINFO: Partial<SctpAddressStates>;
  readonly SCTP_SPP: Partial<SctpPeerAddressFlags>;
  readonly SCTP_SS: Partial<SctpSchedulers>;
  readonly SCTP_STATE: Partial<SctpStates>;
  readonly SCTP_STREAM_CHANGE: Partial<SctpStreamChangeFlags>;
  readonly SCTP_STREAM_RESET: Partial<SctpStreamResetFlags>;
}

/** Associations that an `assocId` may stand for: SCTP_FUTURE_ASSOC is `SCTP_ASSOC.FUTURE`. */
export interface SctpAssociations {
  /** Those that exist and those to come. */
  readonly ALL: number;
  /** Those that exist. */
  readonly CURRENT: number;
  /** Those to come; on a one-to-one socket also its own. */
  readonly FUTURE: number;
}

/** Flags of the notification ASSOC_RESET_EVENT: SCTP_ASSOC_RESET_DENIED and so on. */
export interface SctpAssociationResetFlags {
  /** The peer refused the request. */
  readonly DENIED: number;
  /** The request failed. */
  readonly FAILED: number;
}

/**
 * Algorithms of `SCTP.HMAC_IDENT`, and the indications of AUTHENTICATION_EVENT: SCTP_AUTH_NEW_KEY
 * and so on.
 */
export interface SctpAuthentication {
  /** Indication: a key is no longer used, and can be deleted. */
  readonly FREE_KEY: number;
  /** Algorithm: SHA-1. */
  readonly HMAC_ID_SHA1: number;
  /** Algorithm: SHA-256. */
  readonly HMAC_ID_SHA256: number;
  /** Indication: the peer uses a new key. */
  readonly NEW_KEY: number;
  /** Indication: the peer does not support authentication. */
  readonly NO_AUTH: number;
}

/** The third argument of `sctp_bindx()`. */
export interface SctpBindxFlags {
  /** Adds addresses. */
  readonly ADD_ADDR: number;
  /** Removes addresses. */
  readonly REM_ADDR: number;
}

/** Flags of the notifications SEND_FAILED_EVENT and SEND_FAILED: SCTP_DATA_SENT and so on. */
export interface SctpDataFlags {
  /** The message was sent, but not acknowledged. */
  readonly SENT: number;
  /** The message was never sent. */
  readonly UNSENT: number;
}

/**
 * Values of `SCTP.ENABLE_STREAM_RESET`, combined with `|`: SCTP_ENABLE_RESET_STREAM_REQ and so on.
 */
export interface SctpResetRequests {
  /** The peer may add streams. */
  readonly CHANGE_ASSOC_REQ: number;
  /** The peer may reset the association. */
  readonly RESET_ASSOC_REQ: number;
  /** The peer may reset streams. */
  readonly RESET_STREAM_REQ: number;
}

/** Values of `type` in `SCTP.EVENT`, and the types of notifications. */
export interface SctpEvents {
  /** The peer's adaptation layer. */
  readonly ADAPTATION_INDICATION: number;
  /** An association began or ended. */
  readonly ASSOC_CHANGE: number;
  /** An association was reset. */
  readonly ASSOC_RESET_EVENT: number;
  /** Keys changed. */
  readonly AUTHENTICATION_EVENT: number;
  /** Messages carry SCTP_SNDRCV. */
  readonly DATA_IO_EVENT: number;
  /** The delivery of a message in parts was aborted. */
  readonly PARTIAL_DELIVERY_EVENT: number;
  /** An address of the peer became reachable or unreachable. */
  readonly PEER_ADDR_CHANGE: number;
  /** The peer reported an error. */
  readonly REMOTE_ERROR: number;
  /** Everything sent has been acknowledged. */
  readonly SENDER_DRY_EVENT: number;
  /** A message was not sent; replaced by SEND_FAILED_EVENT. */
  readonly SEND_FAILED: number;
  /** A message was not sent. */
  readonly SEND_FAILED_EVENT: number;
  /** The peer has stopped sending. */
  readonly SHUTDOWN_EVENT: number;
  /** The number of streams changed. */
  readonly STREAM_CHANGE_EVENT: number;
  /** A stream was reset. */
  readonly STREAM_RESET_EVENT: number;
}

/** Flags of `SCTP_SNDINFO` and `SCTP_RCVINFO`, combined with `|`: SCTP_UNORDERED and so on. */
export interface SctpFlags {
  /** Ends the association with ABORT. */
  readonly ABORT: number;
  /** Sends to the given address, not the primary one. */
  readonly ADDR_OVER: number;
  /** Ends the association in an orderly way. */
  readonly EOF: number;
  /** Requests an immediate acknowledgement. */
  readonly SACK_IMMEDIATELY: number;
  /** Sends to every association of the socket. */
  readonly SENDALL: number;
  /** Unordered delivery. */
  readonly UNORDERED: number;
}

/** The indication of PARTIAL_DELIVERY_EVENT: SCTP_PARTIAL_DELIVERY_ABORTED. */
export interface SctpPartialDeliveries {
  /** The rest of the message will not come. */
  readonly ABORTED: number;
}

/** Policies of partial reliability (RFC 3758, RFC 7496): SCTP_PR_SCTP_TTL is `SCTP_PR.TTL`. */
export interface SctpReliabilities {
  /** In a query: the sum of all policies. */
  readonly ALL: number;
  /** Reliable. */
  readonly NONE: number;
  /**
   * Abandons messages of lower priority when the buffer is full; the value is the priority, 0 the
   * highest.
   */
  readonly PRIO: number;
  /** Abandons a message after this number of retransmissions. */
  readonly RTX: number;
  /** Abandons a message after this number of milliseconds. */
  readonly TTL: number;
}

/** Values of `state` in the notification ASSOC_CHANGE: SCTP_COMM_UP and so on. */
export interface SctpAssociationChanges {
  /** An association could not be set up. */
  readonly CANT_STR_ASSOC: number;
  /** The association failed. */
  readonly COMM_LOST: number;
  /** An association is ready. */
  readonly COMM_UP: number;
  /** The peer has restarted the association. */
  readonly RESTART: number;
  /** The association has ended in an orderly way. */
  readonly SHUTDOWN_COMP: number;
}

/**
 * Values of `error` in the notifications ASSOC_CHANGE and PEER_ADDR_CHANGE that are not a cause of
 * an ABORT: SCTP_FAILED_THRESHOLD and so on.
 */
export interface SctpNotificationErrors {
  readonly FAILED_THRESHOLD: number;
  readonly HEARTBEAT_SUCCESS: number;
  readonly INTERNAL_ERROR: number;
  readonly PEER_FAULTY: number;
  readonly RECEIVED_SACK: number;
  readonly RESPONSE_TO_USER_REQ: number;
  readonly SHUTDOWN_GUARD_EXPIRES: number;
}

/** Values of `state` in the notification PEER_ADDR_CHANGE: SCTP_ADDR_AVAILABLE and so on. */
export interface SctpAddressChanges {
  /** The peer added it to the association. */
  readonly ADDR_ADDED: number;
  /** It became reachable. */
  readonly ADDR_AVAILABLE: number;
  /** It answered for the first time. */
  readonly ADDR_CONFIRMED: number;
  /** It became the primary address. */
  readonly ADDR_MADE_PRIM: number;
  /** It no longer answers, but has not failed yet. */
  readonly ADDR_POTENTIALLY_FAILED: number;
  /** The peer removed it from the association. */
  readonly ADDR_REMOVED: number;
  /** It became unreachable. */
  readonly ADDR_UNREACHABLE: number;
}

/** States of an address of the peer: SCTP_ACTIVE is `SCTP_SPINFO.ACTIVE`. */
export interface SctpAddressStates {
  /** It answers. */
  readonly ACTIVE: number;
  /** It is unreachable. */
  readonly INACTIVE: number;
  /** It no longer answers, but has not failed yet. */
  readonly PF: number;
  /** It has not answered yet. */
  readonly UNCONFIRMED: number;
  /** A program named it, and it has not been tried yet. */
  readonly UNKNOWN: number;
}

/** Flags of `SCTP.PEER_ADDR_PARAMS`, combined with `|`: SPP_HB_ENABLE is `SCTP_SPP.HB_ENABLE`. */
export interface SctpPeerAddressFlags {
  /** `dscp` is set. */
  readonly DSCP: number;
  /** Sends a heartbeat now. */
  readonly HB_DEMAND: number;
  /** Turns heartbeats off. */
  readonly HB_DISABLE: number;
  /** Turns heartbeats on. */
  readonly HB_ENABLE: number;
  /** Sets the time between heartbeats to 0. */
  readonly HB_TIME_IS_ZERO: number;
  /** `ipv6Flowlabel` is set. */
  readonly IPV6_FLOWLABEL: number;
  /** Turns the discovery of the path MTU off. */
  readonly PMTUD_DISABLE: number;
  /** Turns the discovery of the path MTU on. */
  readonly PMTUD_ENABLE: number;
  /** Turns delayed acknowledgements off. */
  readonly SACKDELAY_DISABLE: number;
  /** Turns delayed acknowledgements on. */
  readonly SACKDELAY_ENABLE: number;
}

/** Values of `SCTP.STREAM_SCHEDULER` (RFC 8260, 3): SCTP_SS_FCFS and so on. */
export interface SctpSchedulers {
  /** The same as FCFS. */
  readonly DEFAULT: number;
  /** Fair capacity, Linux 6.4: streams share the bandwidth. */
  readonly FC: number;
  /** First come, first served. */
  readonly FCFS: number;
  /** By priority: the value of a stream, 0 the highest. */
  readonly PRIO: number;
  /** Round robin: a message of each stream in turn. */
  readonly RR: number;
  /** Weighted fair queueing, Linux 6.4: streams share the bandwidth by their values. */
  readonly WFQ: number;
}

/** States of an association in `SCTP.STATUS`: SCTP_ESTABLISHED is `SCTP_STATE.ESTABLISHED`. */
export interface SctpStates {
  readonly CLOSED: number;
  readonly COOKIE_ECHOED: number;
  readonly COOKIE_WAIT: number;
  readonly EMPTY: number;
  readonly ESTABLISHED: number;
  readonly SHUTDOWN_ACK_SENT: number;
  readonly SHUTDOWN_PENDING: number;
  readonly SHUTDOWN_RECEIVED: number;
  readonly SHUTDOWN_SENT: number;
}

/** Flags of the notification STREAM_CHANGE_EVENT: SCTP_STREAM_CHANGE_DENIED and so on. */
export interface SctpStreamChangeFlags {
  /** The peer refused the request. */
  readonly DENIED: number;
  /** The request failed. */
  readonly FAILED: number;
}

/**
 * Flags of `SCTP.RESET_STREAMS` and of the notification STREAM_RESET_EVENT:
 * SCTP_STREAM_RESET_INCOMING and so on.
 */
export interface SctpStreamResetFlags {
  /** Notification: the peer refused the request. */
  readonly DENIED: number;
  /** Notification: the request failed. */
  readonly FAILED: number;
  /** Resets streams of the peer. */
  readonly INCOMING: number;
  /** Notification: streams of the peer. */
  readonly INCOMING_SSN: number;
  /** Resets our own streams. */
  readonly OUTGOING: number;
  /** Notification: our own streams. */
  readonly OUTGOING_SSN: number;
}

/** The empty groups of the other systems. */
export const noSctpConstants: SctpConstants = {
  SCTP_ASSOC: {},
  SCTP_ASSOC_RESET: {},
  SCTP_AUTH: {},
  SCTP_BINDX: {},
  SCTP_DATA: {},
  SCTP_ENABLE: {},
  SCTP_EVENT: {},
  SCTP_FLAG: {},
  SCTP_PARTIAL_DELIVERY: {},
  SCTP_PR: {},
  SCTP_SAC: {},
  SCTP_SN_ERROR: {},
  SCTP_SPC: {},
  SCTP_SPINFO: {},
  SCTP_SPP: {},
  SCTP_SS: {},
  SCTP_STATE: {},
  SCTP_STREAM_CHANGE: {},
  SCTP_STREAM_RESET: {},
};
