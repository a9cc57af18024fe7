import { checkObject, elements, integer } from "../../errors/argument.ts";
import { OPTION_CAPACITY } from "../../system/value-result.ts";
import { type Codec, checkBytes } from "../codecs.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { assocIdOf, prepareAssociation, type SctpAssociation } from "./sctp-association.ts";

/** struct sctp_authchunk is { __u8 sauth_chunk }. */
export const sctpAuthchunk: WriteCodec<number> = {
  encode(value, into) {
    into.view.setUint8(0, integer("the option", value, 0, 0xff));
    into.length = 1;
  },
};

/** 256 types of chunks, at most. */
const MAX_CHUNKS = 256;
const CHUNKS = 8;

/**
 * struct sctp_authchunks is { sctp_assoc_t; __u32 gauth_number_of_chunks; uint8_t gauth_chunks[] }.
 */
export const sctpAuthchunks: ReadCodec<number[]> = {
  size: CHUNKS + MAX_CHUNKS,
  prepare: prepareAssociation,
  decode({ view, bytes, validLength }) {
    const length = Math.min(view.getUint32(4, true), Math.max(validLength - CHUNKS, 0), MAX_CHUNKS);
    return [...bytes.subarray(CHUNKS, CHUNKS + length)];
  },
};

/** More than the kernel knows. */
const MAX_IDENTS = 16;

/** struct sctp_hmacalgo is { __u32 shmac_num_idents; __u16 shmac_idents[] }. */
export const sctpHmacalgo: Codec<number[]> = {
  size: 4 + 2 * MAX_IDENTS,
  decode({ view, validLength }) {
    const length = Math.min(view.getUint32(0, true), Math.max((validLength - 4) >> 1, 0), MAX_IDENTS);
    return Array.from({ length }, (_, index) => view.getUint16(4 + index * 2, true));
  },
  encode(value, into) {
    const idents = elements("the option", "an array of algorithms", value, MAX_IDENTS).map((ident) =>
      integer("an algorithm", ident, 0, 0xffff),
    );
    into.view.setUint32(0, idents.length, true);
    for (const [index, ident] of idents.entries()) into.view.setUint16(4 + index * 2, ident, true);
    into.length = 4 + idents.length * 2;
  },
};

/** A key that both ends of an association share. */
export interface SctpAuthenticationKey extends SctpAssociation {
  /** The number of the key; 0 is the one in use at first, which is empty. */
  readonly keynumber: number;
  /** At most 16376 bytes; none for the empty key. */
  readonly key: Uint8Array;
}

const KEY = { keynumber: 4, keylength: 6, key: 8 };
const MAX_KEY = OPTION_CAPACITY - KEY.key;

/** struct sctp_authkey is { sctp_assoc_t; __u16 sca_keynumber, sca_keylength; __u8 sca_key[] }. */
export const sctpAuthkey: WriteCodec<SctpAuthenticationKey> = {
  encode(value, into) {
    checkObject("the option", "{ assocId?, keynumber, key }", value);
    const assocId = assocIdOf(value);
    const keynumber = integer("keynumber", value.keynumber, 0, 0xffff);
    const key = checkBytes("key", value.key, 0, MAX_KEY);
    into.view.setInt32(0, assocId, true);
    into.view.setUint16(KEY.keynumber, keynumber, true);
    into.view.setUint16(KEY.keylength, key.byteLength, true);
    // The kernel rejects a structure with no byte after the header (sctp_setsockopt_auth_key in
    // net/sctp/socket.c), but sca_keylength may be 0.
    into.bytes[KEY.key] = 0;
    into.bytes.set(key, KEY.key);
    into.length = KEY.key + Math.max(key.byteLength, 1);
  },
};

/** The number of a key. */
export interface SctpAuthenticationKeyId extends SctpAssociation {
  readonly keynumber: number;
}

/** struct sctp_authkeyid is { sctp_assoc_t scact_assoc_id; __u16 scact_keynumber }. */
export const sctpAuthkeyid: Codec<SctpAuthenticationKeyId> = {
  size: 8,
  prepare: prepareAssociation,
  decode: ({ view }) => ({ assocId: view.getInt32(0, true), keynumber: view.getUint16(4, true) }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, keynumber }", value);
    const [assocId, keynumber] = [assocIdOf(value), integer("keynumber", value.keynumber, 0, 0xffff)];
    into.view.setInt32(0, assocId, true);
    into.view.setUint32(4, keynumber, true);
    into.length = 8;
  },
};
