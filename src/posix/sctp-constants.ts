import type {
  SctpAddressChanges,
  SctpAddressStates,
  SctpAssociationChanges,
  SctpAssociationResetFlags,
  SctpAssociations,
  SctpAuthentication,
  SctpBindxFlags,
  SctpDataFlags,
  SctpEvents,
  SctpFlags,
  SctpNotificationErrors,
  SctpPartialDeliveries,
  SctpPeerAddressFlags,
  SctpReliabilities,
  SctpResetRequests,
  SctpSchedulers,
  SctpStates,
  SctpStreamChangeFlags,
  SctpStreamResetFlags,
} from "../system/sctp-constants.ts";
import { constantsOf } from "./constants-of.ts";

export type {
  SctpAddressChanges,
  SctpAddressStates,
  SctpAssociationChanges,
  SctpAssociationResetFlags,
  SctpAssociations,
  SctpAuthentication,
  SctpBindxFlags,
  SctpDataFlags,
  SctpEvents,
  SctpFlags,
  SctpNotificationErrors,
  SctpPartialDeliveries,
  SctpPeerAddressFlags,
  SctpReliabilities,
  SctpResetRequests,
  SctpSchedulers,
  SctpStates,
  SctpStreamChangeFlags,
  SctpStreamResetFlags,
};

// The constants of SCTP; constants.ts says what all of them have in common.

/** Associations that an `assocId` may stand for: SCTP_FUTURE_ASSOC is `SCTP_ASSOC.FUTURE`. */
export const SCTP_ASSOC: SctpAssociations = constantsOf("SCTP_ASSOC");

/** Flags of the notification ASSOC_RESET_EVENT: SCTP_ASSOC_RESET_DENIED and so on. */
export const SCTP_ASSOC_RESET: SctpAssociationResetFlags = constantsOf("SCTP_ASSOC_RESET");

/**
 * Algorithms of `SCTP.HMAC_IDENT`, and the indications of AUTHENTICATION_EVENT: SCTP_AUTH_NEW_KEY
 * and so on.
 */
export const SCTP_AUTH: SctpAuthentication = constantsOf("SCTP_AUTH");

/** The third argument of `sctp_bindx()`. */
export const SCTP_BINDX: SctpBindxFlags = constantsOf("SCTP_BINDX");

/** Flags of the notifications SEND_FAILED_EVENT and SEND_FAILED: SCTP_DATA_SENT and so on. */
export const SCTP_DATA: SctpDataFlags = constantsOf("SCTP_DATA");

/**
 * Values of `SCTP.ENABLE_STREAM_RESET`, combined with `|`: SCTP_ENABLE_RESET_STREAM_REQ and so on.
 */
export const SCTP_ENABLE: SctpResetRequests = constantsOf("SCTP_ENABLE");

/**
 * Values of `type` in `SCTP.EVENT`, and the types of notifications: SCTP_ASSOC_CHANGE and so on.
 */
export const SCTP_EVENT: SctpEvents = constantsOf("SCTP_EVENT");

/** Flags of `SCTP_SNDINFO` and `SCTP_RCVINFO`: SCTP_UNORDERED is `SCTP_FLAG.UNORDERED`. */
export const SCTP_FLAG: SctpFlags = constantsOf("SCTP_FLAG");

/** The indication of PARTIAL_DELIVERY_EVENT: SCTP_PARTIAL_DELIVERY_ABORTED. */
export const SCTP_PARTIAL_DELIVERY: SctpPartialDeliveries = constantsOf("SCTP_PARTIAL_DELIVERY");

/** Policies of partial reliability (RFC 3758, RFC 7496): SCTP_PR_SCTP_TTL is `SCTP_PR.TTL`. */
export const SCTP_PR: SctpReliabilities = constantsOf("SCTP_PR");

/** Values of `state` in the notification ASSOC_CHANGE: SCTP_COMM_UP and so on. */
export const SCTP_SAC: SctpAssociationChanges = constantsOf("SCTP_SAC");

/**
 * Values of `error` in the notifications ASSOC_CHANGE and PEER_ADDR_CHANGE that are not a cause of
 * an ABORT: SCTP_FAILED_THRESHOLD and so on.
 */
export const SCTP_SN_ERROR: SctpNotificationErrors = constantsOf("SCTP_SN_ERROR");

/** Values of `state` in the notification PEER_ADDR_CHANGE: SCTP_ADDR_AVAILABLE and so on. */
export const SCTP_SPC: SctpAddressChanges = constantsOf("SCTP_SPC");

/** States of an address of the peer: SCTP_ACTIVE is `SCTP_SPINFO.ACTIVE`. */
export const SCTP_SPINFO: SctpAddressStates = constantsOf("SCTP_SPINFO");

/** Flags of `SCTP.PEER_ADDR_PARAMS`, combined with `|`: SPP_HB_ENABLE is `SCTP_SPP.HB_ENABLE`. */
export const SCTP_SPP: SctpPeerAddressFlags = constantsOf("SCTP_SPP");

/** Values of `SCTP.STREAM_SCHEDULER` (RFC 8260, 3): SCTP_SS_FCFS and so on. */
export const SCTP_SS: SctpSchedulers = constantsOf("SCTP_SS");

/** States of an association in `SCTP.STATUS`: SCTP_ESTABLISHED is `SCTP_STATE.ESTABLISHED`. */
export const SCTP_STATE: SctpStates = constantsOf("SCTP_STATE");

/** Flags of the notification STREAM_CHANGE_EVENT: SCTP_STREAM_CHANGE_DENIED and so on. */
export const SCTP_STREAM_CHANGE: SctpStreamChangeFlags = constantsOf("SCTP_STREAM_CHANGE");

/**
 * Flags of `SCTP.RESET_STREAMS` and of the notification STREAM_RESET_EVENT:
 * SCTP_STREAM_RESET_INCOMING and so on.
 */
export const SCTP_STREAM_RESET: SctpStreamResetFlags = constantsOf("SCTP_STREAM_RESET");
