import { checkObject, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { QueryCodec } from "../option.ts";
import { assocIdOf, prepareAssociation, type SctpAssociation } from "./sctp-association.ts";

/** How reliably messages are sent by default. */
export interface SctpDefaultReliability extends SctpAssociation {
  /** `SCTP_PR.TTL` and so on. */
  readonly policy: number;
  /** Milliseconds, retransmissions or a priority, as the policy says. */
  readonly value: number;
}

/** struct sctp_default_prinfo is { sctp_assoc_t pr_assoc_id; __u32 pr_value; __u16 pr_policy }. */
export const sctpDefaultPrinfo: Codec<SctpDefaultReliability> = {
  size: 12,
  prepare: prepareAssociation,
  decode: ({ view }) => ({
    assocId: view.getInt32(0, true),
    policy: view.getUint16(8, true),
    value: view.getUint32(4, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, policy, value }", value);
    const assocId = assocIdOf(value);
    const number = integer("value", value.value, 0, 0xffffffff);
    const policy = integer("policy", value.policy, 0, 0xffff);
    into.view.setInt32(0, assocId, true);
    into.view.setUint32(4, number, true);
    into.view.setUint32(8, policy, true);
    into.length = 12;
  },
};

/** Which abandoned messages to count. */
export interface SctpAbandonedQuery extends SctpAssociation {
  /** `SCTP_PR.TTL` and so on, or `SCTP_PR.ALL`. */
  readonly policy: number;
}

/** The same of one stream. */
export interface SctpAbandonedOfStreamQuery extends SctpAbandonedQuery {
  readonly sid: number;
}

/** How many messages were abandoned: before and after their first part was sent. */
export interface SctpAbandoned {
  readonly unsent: bigint;
  readonly sent: bigint;
}

/**
 * struct sctp_prstatus is { sctp_assoc_t; __u16 sprstat_sid, sprstat_policy; __u64
 * sprstat_abandoned_unsent, sprstat_abandoned_sent }.
 */
const PRSTATUS = 24;

/** The kernel passes over the stream. */
export const sctpPrAssocStatus: QueryCodec<SctpAbandoned, SctpAbandonedQuery> = {
  decode: ({ view }) => ({ unsent: view.getBigUint64(8, true), sent: view.getBigUint64(16, true) }),
  encode(query, into) {
    checkObject("the query", "{ assocId?, policy }", query);
    const [assocId, policy] = [assocIdOf(query), integer("policy", query.policy, 0, 0xffff)];
    into.bytes.fill(0, 0, PRSTATUS);
    into.view.setInt32(0, assocId, true);
    into.view.setUint16(6, policy, true);
    into.length = PRSTATUS;
  },
};

export const sctpPrStreamStatus: QueryCodec<SctpAbandoned, SctpAbandonedOfStreamQuery> = {
  decode: sctpPrAssocStatus.decode,
  encode(query, into, system) {
    checkObject("the query", "{ assocId?, sid, policy }", query);
    const sid = integer("sid", query.sid, 0, 0xffff);
    sctpPrAssocStatus.encode(query, into, system);
    into.view.setUint16(4, sid, true);
  },
};
