import { checkObject, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { QueryCodec } from "../option.ts";
import { assocIdOf, type SctpAssociation } from "./sctp-association.ts";

/** Parameters of a sent message, as in the control message `SCTP_SNDRCV`. */
export interface SctpDefaultSendParam extends SctpAssociation {
  readonly stream: number;
  /** `SCTP_FLAG.UNORDERED` and so on; 0 by default. */
  readonly flags?: number;
  /** The payload protocol identifier, as IANA numbers it; 0 by default. */
  readonly ppid?: number;
  /** Returned with an error about the message; 0 by default. */
  readonly context?: number;
  /** The lifetime in milliseconds; 0, without end, by default. */
  readonly timetolive?: number;
}

const SIZE = 32;
const ASSOC_ID = 28;

/** struct sctp_sndrcvinfo, as control/sctp-codecs.ts describes it. */
export const sctpSndrcvinfo: Codec<SctpDefaultSendParam> = {
  size: SIZE,
  prepare: (into) => void into.bytes.fill(0, 0, SIZE),
  decode: ({ view }) => ({
    stream: view.getUint16(0, true),
    flags: view.getUint16(4, true),
    ppid: view.getUint32(8),
    context: view.getUint32(12, true),
    timetolive: view.getUint32(16, true),
    assocId: view.getInt32(ASSOC_ID, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ stream, flags?, ppid?, context?, timetolive?, assocId? }", value);
    const { stream, flags = 0, ppid = 0, context = 0, timetolive = 0 } = value;
    const assocId = assocIdOf(value);
    into.bytes.fill(0, 0, SIZE);
    into.view.setUint16(0, integer("stream", stream, 0, 0xffff), true);
    into.view.setUint16(4, integer("flags", flags, 0, 0xffff), true);
    into.view.setUint32(8, integer("ppid", ppid, 0, 0xffffffff));
    into.view.setUint32(12, integer("context", context, 0, 0xffffffff), true);
    into.view.setUint32(16, integer("timetolive", timetolive, 0, 0xffffffff), true);
    into.view.setInt32(ASSOC_ID, assocId, true);
    into.length = SIZE;
  },
};

export const sctpSndrcvinfoOf: QueryCodec<SctpDefaultSendParam, SctpAssociation> = {
  encode(query, into) {
    checkObject("the query", "{ assocId? }", query);
    const assocId = assocIdOf(query);
    into.bytes.fill(0, 0, SIZE);
    into.view.setInt32(ASSOC_ID, assocId, true);
    into.length = SIZE;
  },
  decode: sctpSndrcvinfo.decode,
};
