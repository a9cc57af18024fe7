import { checkObject, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { PADDRINFO_SIZE, readPaddrinfo, type SctpPeerAddressInfo } from "./sctp-addresses.ts";
import { assocIdOf, prepareAssociation, type SctpAssociation } from "./sctp-association.ts";

/** The parameters that a new association proposes: struct sctp_initmsg. */
export interface SctpInitmsg {
  /** The number of outgoing streams to request. */
  readonly numOstreams: number;
  /** The maximum number of incoming streams. */
  readonly maxInstreams: number;
  /** The number of attempts; 0 is the system's default. */
  readonly maxAttempts: number;
  /** The longest wait between attempts in milliseconds; 0 is the system's default. */
  readonly maxInitTimeo: number;
}

/** Four __u16 (include/uapi/linux/sctp.h). */
export const sctpInitmsg: Codec<SctpInitmsg> = {
  size: 8,
  decode: ({ view }) => ({
    numOstreams: view.getUint16(0, true),
    maxInstreams: view.getUint16(2, true),
    maxAttempts: view.getUint16(4, true),
    maxInitTimeo: view.getUint16(6, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ numOstreams, maxInstreams, maxAttempts, maxInitTimeo }", value);
    const fields = ["numOstreams", "maxInstreams", "maxAttempts", "maxInitTimeo"] as const;
    const numbers = fields.map((field) => integer(field, value[field], 0, 0xffff));
    for (const [index, number] of numbers.entries()) into.view.setUint16(index * 2, number, true);
    into.length = 8;
  },
};

/** The timeouts of retransmission in milliseconds: struct sctp_rtoinfo. */
export interface SctpRtoinfo extends SctpAssociation {
  readonly initial: number;
  readonly max: number;
  readonly min: number;
}

/** { sctp_assoc_t srto_assoc_id; __u32 srto_initial, srto_max, srto_min }. */
export const sctpRtoinfo: Codec<SctpRtoinfo> = {
  size: 16,
  prepare: prepareAssociation,
  decode: ({ view }) => ({
    assocId: view.getInt32(0, true),
    initial: view.getUint32(4, true),
    max: view.getUint32(8, true),
    min: view.getUint32(12, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, initial, max, min }", value);
    const assocId = assocIdOf(value);
    const fields = ["initial", "max", "min"] as const;
    const numbers = fields.map((field) => integer(field, value[field], 0, 0xffffffff));
    into.view.setInt32(0, assocId, true);
    for (const [index, number] of numbers.entries()) into.view.setUint32(4 + index * 4, number, true);
    into.length = 16;
  },
};

/** A number of an association: struct sctp_assoc_value. */
export interface SctpAssocValue extends SctpAssociation {
  readonly value: number;
}

/** { sctp_assoc_t assoc_id; __u32 assoc_value }. */
export const sctpAssocValue: Codec<SctpAssocValue> = {
  size: 8,
  prepare: prepareAssociation,
  decode: ({ view }) => ({ assocId: view.getInt32(0, true), value: view.getUint32(4, true) }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, value }", value);
    const assocId = assocIdOf(value);
    const number = integer("value", value.value, 0, 0xffffffff);
    into.view.setInt32(0, assocId, true);
    into.view.setUint32(4, number, true);
    into.length = 8;
  },
};

/** The parameters of an association that can be set: struct sctp_assocparams. */
export interface SctpAssocparams extends SctpAssociation {
  /** The number of retransmissions after which the association fails; 0 leaves it unchanged. */
  readonly asocmaxrxt: number;
  /** The lifetime of a cookie in milliseconds; 0 leaves it unchanged. */
  readonly cookieLife: number;
}

/** All of struct sctp_assocparams. */
export interface SctpAssocinfo extends Required<SctpAssocparams> {
  /** The number of the peer's addresses. */
  readonly numberPeerDestinations: number;
  /** The receive windows in bytes. */
  readonly peerRwnd: number;
  readonly localRwnd: number;
}

/**
 * { sctp_assoc_t sasoc_assoc_id; __u16 sasoc_asocmaxrxt, sasoc_number_peer_destinations; __u32
 * sasoc_peer_rwnd, sasoc_local_rwnd, sasoc_cookie_life }.
 */
export const sctpAssocinfo: ReadCodec<SctpAssocinfo> & WriteCodec<SctpAssocparams> = {
  size: 20,
  prepare: prepareAssociation,
  decode: ({ view }) => ({
    assocId: view.getInt32(0, true),
    asocmaxrxt: view.getUint16(4, true),
    numberPeerDestinations: view.getUint16(6, true),
    peerRwnd: view.getUint32(8, true),
    localRwnd: view.getUint32(12, true),
    cookieLife: view.getUint32(16, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, asocmaxrxt, cookieLife }", value);
    const assocId = assocIdOf(value);
    const asocmaxrxt = integer("asocmaxrxt", value.asocmaxrxt, 0, 0xffff);
    const cookieLife = integer("cookieLife", value.cookieLife, 0, 0xffffffff);
    into.bytes.fill(0, 0, 20);
    into.view.setInt32(0, assocId, true);
    into.view.setUint16(4, asocmaxrxt, true);
    into.view.setUint32(16, cookieLife, true);
    into.length = 20;
  },
};

/** The state of an association: struct sctp_status. */
export interface SctpStatus {
  readonly assocId: number;
  /** `SCTP_STATE.ESTABLISHED` and so on. */
  readonly state: number;
  /** The peer's receive window in bytes. */
  readonly rwnd: number;
  /** The chunks that the peer has not acknowledged, and those that the program has not received. */
  readonly unackdata: number;
  readonly penddata: number;
  /** The incoming and outgoing streams. */
  readonly instrms: number;
  readonly outstrms: number;
  /** The size above which messages are fragmented. */
  readonly fragmentationPoint: number;
  /** The peer's primary address. */
  readonly primary: SctpPeerAddressInfo;
}

/**
 * { sctp_assoc_t sstat_assoc_id; __s32 sstat_state; __u32 sstat_rwnd; __u16 sstat_unackdata,
 * sstat_penddata, sstat_instrms, sstat_outstrms; __u32 sstat_fragmentation_point; struct
 * sctp_paddrinfo sstat_primary }.
 */
const PRIMARY = 24;

export const sctpStatus: ReadCodec<SctpStatus> = {
  size: PRIMARY + PADDRINFO_SIZE,
  prepare: prepareAssociation,
  decode: (value, system) => ({
    assocId: value.view.getInt32(0, true),
    state: value.view.getInt32(4, true),
    rwnd: value.view.getUint32(8, true),
    unackdata: value.view.getUint16(12, true),
    penddata: value.view.getUint16(14, true),
    instrms: value.view.getUint16(16, true),
    outstrms: value.view.getUint16(18, true),
    fragmentationPoint: value.view.getUint32(20, true),
    primary: readPaddrinfo(value, PRIMARY, system),
  }),
};
