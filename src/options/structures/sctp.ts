import { checkObject, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";

/** What a new association proposes: struct sctp_initmsg. */
export interface SctpInitmsg {
  /** The outgoing streams to ask for. */
  readonly numOstreams: number;
  /** The most incoming streams to allow. */
  readonly maxInstreams: number;
  /** How often to try; 0 is the system's. */
  readonly maxAttempts: number;
  /** The longest wait between tries in milliseconds; 0 is the system's. */
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
export interface SctpRtoinfo {
  /** The association, on a one-to-many socket; 0 by default. */
  readonly assocId?: number;
  readonly initial: number;
  readonly max: number;
  readonly min: number;
}

/** { sctp_assoc_t srto_assoc_id; __u32 srto_initial, srto_max, srto_min }. */
export const sctpRtoinfo: Codec<SctpRtoinfo> = {
  size: 16,
  decode: ({ view }) => ({
    assocId: view.getInt32(0, true),
    initial: view.getUint32(4, true),
    max: view.getUint32(8, true),
    min: view.getUint32(12, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, initial, max, min }", value);
    const assocId = integer("assocId", value.assocId ?? 0, 0, 0x7fffffff);
    const fields = ["initial", "max", "min"] as const;
    const numbers = fields.map((field) => integer(field, value[field], 0, 0xffffffff));
    into.view.setInt32(0, assocId, true);
    for (const [index, number] of numbers.entries()) into.view.setUint32(4 + index * 4, number, true);
    into.length = 16;
  },
};
