import type { AddressInput } from "../../address/address.ts";
import { checkObject, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { QueryCodec, ReadCodec, WriteCodec } from "../option.ts";
import { assocIdOf, encodeStorage, ofPeerAddress, type SctpAssociation } from "./sctp-association.ts";

/** The parameters for one address of the peer; times are in milliseconds. */
export interface SctpPeerAddressParameters {
  /** The time between heartbeats. */
  readonly hbinterval: number;
  /** The number of retransmissions after which the address counts as unreachable. */
  readonly pathmaxrxt: number;
  /** The path MTU in bytes, if it is not discovered. */
  readonly pathmtu: number;
  /** How long to delay acknowledgements. */
  readonly sackdelay: number;
  /** `SCTP_SPP.HB_ENABLE` and so on. */
  readonly flags: number;
  readonly ipv6Flowlabel: number;
  readonly dscp: number;
}

/** The parameters to set; numbers that are 0 or omitted stay unchanged. */
export interface SctpPeerAddressChange extends Partial<SctpPeerAddressParameters>, SctpAssociation {
  /** The address of the peer; if omitted, every address, or those of later associations. */
  readonly address?: AddressInput;
}

/** struct sctp_paddrparams (include/uapi/linux/sctp.h), which is packed. */
const PADDRPARAMS = {
  address: 4,
  hbinterval: 132,
  pathmaxrxt: 136,
  pathmtu: 138,
  sackdelay: 142,
  flags: 146,
  ipv6Flowlabel: 150,
  dscp: 154,
  size: 156,
};

export const sctpPaddrparams: ReadCodec<SctpPeerAddressParameters> & WriteCodec<SctpPeerAddressChange> = {
  size: PADDRPARAMS.size,
  prepare: (into) => void into.bytes.fill(0, 0, PADDRPARAMS.size),
  decode: ({ view }) => ({
    hbinterval: view.getUint32(PADDRPARAMS.hbinterval, true),
    pathmaxrxt: view.getUint16(PADDRPARAMS.pathmaxrxt, true),
    pathmtu: view.getUint32(PADDRPARAMS.pathmtu, true),
    sackdelay: view.getUint32(PADDRPARAMS.sackdelay, true),
    flags: view.getUint32(PADDRPARAMS.flags, true),
    ipv6Flowlabel: view.getUint32(PADDRPARAMS.ipv6Flowlabel, true),
    dscp: view.getUint8(PADDRPARAMS.dscp),
  }),
  encode(value, into, system) {
    checkObject("the option", "{ address?, hbinterval?, pathmaxrxt?, … }", value);
    const { address, hbinterval = 0, pathmaxrxt = 0, pathmtu = 0, sackdelay = 0, flags = 0 } = value;
    const { ipv6Flowlabel = 0, dscp = 0 } = value;
    const assocId = assocIdOf(value);
    const sockaddr = address === undefined ? undefined : encodeStorage(address, system);
    const { view, bytes } = into;
    bytes.fill(0, 0, PADDRPARAMS.size);
    view.setInt32(0, assocId, true);
    if (sockaddr !== undefined) bytes.set(sockaddr, PADDRPARAMS.address);
    view.setUint32(PADDRPARAMS.hbinterval, integer("hbinterval", hbinterval, 0, 0xffffffff), true);
    view.setUint16(PADDRPARAMS.pathmaxrxt, integer("pathmaxrxt", pathmaxrxt, 0, 0xffff), true);
    view.setUint32(PADDRPARAMS.pathmtu, integer("pathmtu", pathmtu, 0, 0xffffffff), true);
    view.setUint32(PADDRPARAMS.sackdelay, integer("sackdelay", sackdelay, 0, 0xffffffff), true);
    view.setUint32(PADDRPARAMS.flags, integer("flags", flags, 0, 0xffffffff), true);
    view.setUint32(PADDRPARAMS.ipv6Flowlabel, integer("ipv6Flowlabel", ipv6Flowlabel, 0, 0xfffff), true);
    view.setUint8(PADDRPARAMS.dscp, integer("dscp", dscp, 0, 0xff));
    into.length = PADDRPARAMS.size;
  },
};

export const sctpPaddrparamsOf = ofPeerAddress<SctpPeerAddressParameters>(
  sctpPaddrparams,
  PADDRPARAMS.address,
);

/** How acknowledgements are delayed: struct sctp_sack_info. */
export interface SctpSackInfo extends SctpAssociation {
  /** The delay in milliseconds; 0 leaves it unchanged. */
  readonly delay: number;
  /** The number of packets to wait for; 1 turns delays off, 0 leaves it unchanged. */
  readonly freq: number;
}

/** { sctp_assoc_t sack_assoc_id; uint32_t sack_delay, sack_freq }. */
export const sctpSackInfo: Codec<SctpSackInfo> = {
  size: 12,
  prepare: (into) => void into.view.setInt32(0, 0, true),
  decode: ({ view }) => ({
    assocId: view.getInt32(0, true),
    delay: view.getUint32(4, true),
    freq: view.getUint32(8, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ assocId?, delay, freq }", value);
    const [assocId, delay] = [assocIdOf(value), integer("delay", value.delay, 0, 0xffffffff)];
    const freq = integer("freq", value.freq, 0, 0xffffffff);
    into.view.setInt32(0, assocId, true);
    into.view.setUint32(4, delay, true);
    into.view.setUint32(8, freq, true);
    into.length = 12;
  },
};

/** Parameters of a sent message: struct sctp_sndinfo, as in the control message `SCTP_SNDINFO`. */
export interface SctpDefaultSendInfo extends SctpAssociation {
  /** The stream. */
  readonly sid: number;
  /** `SCTP_FLAG.UNORDERED` and so on; 0 by default. */
  readonly flags?: number;
  /** The payload protocol identifier, as IANA numbers it; 0 by default. */
  readonly ppid?: number;
  /** Returned with an error about the message; 0 by default. */
  readonly context?: number;
}

/** { __u16 snd_sid, snd_flags; __u32 snd_ppid, snd_context; sctp_assoc_t snd_assoc_id }. */
export const sctpSndinfo: Codec<SctpDefaultSendInfo> = {
  size: 16,
  prepare: (into) => void into.bytes.fill(0, 0, 16),
  decode: ({ view }) => ({
    sid: view.getUint16(0, true),
    flags: view.getUint16(2, true),
    ppid: view.getUint32(4),
    context: view.getUint32(8, true),
    assocId: view.getInt32(12, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ sid, flags?, ppid?, context?, assocId? }", value);
    const { sid, flags = 0, ppid = 0, context = 0 } = value;
    const assocId = assocIdOf(value);
    into.view.setUint16(0, integer("sid", sid, 0, 0xffff), true);
    into.view.setUint16(2, integer("flags", flags, 0, 0xffff), true);
    into.view.setUint32(4, integer("ppid", ppid, 0, 0xffffffff));
    into.view.setUint32(8, integer("context", context, 0, 0xffffffff), true);
    into.view.setInt32(12, assocId, true);
    into.length = 16;
  },
};

/** { sctp_assoc_t snd_assoc_id } is its last field here. */
export const sctpSndinfoOf: QueryCodec<SctpDefaultSendInfo, SctpAssociation> = {
  encode(query, into) {
    checkObject("the query", "{ assocId? }", query);
    const assocId = assocIdOf(query);
    into.bytes.fill(0, 0, 16);
    into.view.setInt32(12, assocId, true);
    into.length = 16;
  },
  decode: sctpSndinfo.decode,
};
