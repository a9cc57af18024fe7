import { checkObject, elements, integer } from "../../errors/argument.ts";
import type { QueryCodec, WriteCodec } from "../option.ts";
import { assocIdOf, type SctpAssociation } from "./sctp-association.ts";

/** Streams to reset. */
export interface SctpResetStreams extends SctpAssociation {
  /** `SCTP_STREAM_RESET.INCOMING`, `OUTGOING` or both. */
  readonly flags: number;
  /** The streams; if omitted, all of them. */
  readonly streams?: readonly number[];
}

const STREAMS = 8;

/**
 * struct sctp_reset_streams is { sctp_assoc_t; uint16_t srs_flags, srs_number_streams,
 * srs_stream_list[] }.
 */
export const sctpResetStreams: WriteCodec<SctpResetStreams> = {
  encode(value, into) {
    checkObject("the option", "{ assocId?, flags, streams? }", value);
    const [assocId, flags] = [assocIdOf(value), integer("flags", value.flags, 0, 0xffff)];
    const most = (into.capacity - STREAMS) >> 1;
    const streams = elements("streams", "an array of streams", value.streams ?? [], most).map((stream) =>
      integer("a stream", stream, 0, 0xffff),
    );
    into.view.setInt32(0, assocId, true);
    into.view.setUint16(4, flags, true);
    into.view.setUint16(6, streams.length, true);
    for (const [index, stream] of streams.entries()) into.view.setUint16(STREAMS + index * 2, stream, true);
    into.length = STREAMS + streams.length * 2;
  },
};

/** Streams to add. */
export interface SctpAddStreams extends SctpAssociation {
  /** How many incoming and outgoing streams more; 0 by default. */
  readonly instrms?: number;
  readonly outstrms?: number;
}

/** struct sctp_add_streams is { sctp_assoc_t; uint16_t sas_instrms, sas_outstrms }. */
export const sctpAddStreams: WriteCodec<SctpAddStreams> = {
  encode(value, into) {
    checkObject("the option", "{ assocId?, instrms?, outstrms? }", value);
    const { instrms = 0, outstrms = 0 } = value;
    const assocId = assocIdOf(value);
    const numbers = [integer("instrms", instrms, 0, 0xffff), integer("outstrms", outstrms, 0, 0xffff)];
    into.view.setInt32(0, assocId, true);
    for (const [index, number] of numbers.entries()) into.view.setUint16(4 + index * 2, number, true);
    into.length = 8;
  },
};

/** A stream of an association. */
export interface SctpStream extends SctpAssociation {
  readonly sid: number;
}

/** What the scheduler knows of a stream. */
export interface SctpStreamValue extends SctpStream {
  /** The priority, 0 the highest, or the weight, as the scheduler takes it. */
  readonly value: number;
}

/** struct sctp_stream_value is { sctp_assoc_t; uint16_t stream_id, stream_value }. */
export const sctpStreamValue: WriteCodec<SctpStreamValue> = {
  encode(value, into) {
    checkObject("the option", "{ assocId?, sid, value }", value);
    const [assocId, sid] = [assocIdOf(value), integer("sid", value.sid, 0, 0xffff)];
    const number = integer("value", value.value, 0, 0xffff);
    into.view.setInt32(0, assocId, true);
    into.view.setUint16(4, sid, true);
    into.view.setUint16(6, number, true);
    into.length = 8;
  },
};

export const sctpStreamValueOf: QueryCodec<number, SctpStream> = {
  decode: ({ view }) => view.getUint16(6, true),
  encode(query, into) {
    checkObject("the query", "{ assocId?, sid }", query);
    const [assocId, sid] = [assocIdOf(query), integer("sid", query.sid, 0, 0xffff)];
    into.view.setInt32(0, assocId, true);
    into.view.setUint32(4, sid, true);
    into.length = 8;
  },
};

/** A sctp_assoc_t by itself. */
export const sctpAssocT: WriteCodec<SctpAssociation> = {
  encode(value, into) {
    checkObject("the option", "{ assocId? }", value);
    into.view.setInt32(0, assocIdOf(value), true);
    into.length = 4;
  },
};
