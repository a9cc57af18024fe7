import type { AddressInput } from "../../address/address.ts";
import { checkObject, integer } from "../../errors/argument.ts";
import type { System } from "../../system/system.ts";
import type { ValueResult } from "../../system/value-result.ts";
import type { QueryCodec, ReadCodec, WriteCodec } from "../option.ts";
import { assocIdOf, encodeStorage, prepareAssociation, type SctpAssociation } from "./sctp-association.ts";

// Structures that begin with a sctp_assoc_t and a sockaddr_storage, which is aligned to 8 bytes.
const ADDRESS = 8;
const FIELDS = 136;
const SIZE = 144;

/** One address of a peer, every address of it, or those of later associations. */
export interface SctpPath extends SctpAssociation {
  /** The address; if omitted, every address. */
  readonly address?: AddressInput;
}

function writePath(value: SctpPath, into: ValueResult, system: System): void {
  const assocId = assocIdOf(value);
  const { address } = value;
  const sockaddr = address === undefined ? undefined : encodeStorage(address, system);
  into.bytes.fill(0, 0, SIZE);
  into.view.setInt32(0, assocId, true);
  if (sockaddr !== undefined) into.bytes.set(sockaddr, ADDRESS);
  into.length = SIZE;
}

/** The kernel must read zeros, rather than leftovers of an earlier call. */
function preparePath(into: ValueResult): void {
  prepareAssociation(into);
  into.bytes.fill(0, 0, SIZE);
}

/** Reads one of these options for one address. */
export const ofPath = <Get>(codec: ReadCodec<Get>): QueryCodec<Get, SctpPath> => ({
  encode(query, into, system) {
    checkObject("the query", "{ assocId?, address? }", query);
    writePath(query, into, system);
  },
  decode: (value, system) => codec.decode(value, system),
});

/** The numbers of retransmissions after which an address counts as less and less reachable. */
export interface SctpThresholds {
  /** As unreachable: `SCTP_SPINFO.INACTIVE`. */
  readonly pathmaxrxt: number;
  /** As potentially failed, `SCTP_SPINFO.PF`: another address is used (RFC 7829). */
  readonly pathpfthld: number;
}

/** The same, and when to stay with the other address. */
export interface SctpThresholdsV2 extends SctpThresholds {
  /** When the other address becomes the primary one; 65535 is never (RFC 7829, 5). */
  readonly pathcpthld: number;
}

type Thresholds = ReadCodec<SctpThresholds> & WriteCodec<SctpThresholds & SctpPath>;
type ThresholdsV2 = ReadCodec<SctpThresholdsV2> & WriteCodec<SctpThresholdsV2 & SctpPath>;

/** struct sctp_paddrthlds ends with { __u16 spt_pathmaxrxt, spt_pathpfthld }. */
export const sctpPaddrthlds: Thresholds = {
  size: SIZE,
  prepare: preparePath,
  decode: ({ view }) => ({
    pathmaxrxt: view.getUint16(FIELDS, true),
    pathpfthld: view.getUint16(FIELDS + 2, true),
  }),
  encode(value, into, system) {
    checkObject("the option", "{ assocId?, address?, pathmaxrxt, pathpfthld }", value);
    const pathmaxrxt = integer("pathmaxrxt", value.pathmaxrxt, 0, 0xffff);
    const pathpfthld = integer("pathpfthld", value.pathpfthld, 0, 0xffff);
    writePath(value, into, system);
    into.view.setUint16(FIELDS, pathmaxrxt, true);
    into.view.setUint16(FIELDS + 2, pathpfthld, true);
  },
};

/** struct sctp_paddrthlds_v2 has a __u16 spt_pathcpthld more, in what was padding. */
export const sctpPaddrthldsV2: ThresholdsV2 = {
  size: SIZE,
  prepare: preparePath,
  decode: (value, system) => ({
    ...sctpPaddrthlds.decode(value, system),
    pathcpthld: value.view.getUint16(FIELDS + 4, true),
  }),
  encode(value, into, system) {
    checkObject("the option", "{ assocId?, address?, pathmaxrxt, pathpfthld, pathcpthld }", value);
    const pathcpthld = integer("pathcpthld", value.pathcpthld, 0, 0xffff);
    sctpPaddrthlds.encode(value, into, system);
    into.view.setUint16(FIELDS + 4, pathcpthld, true);
  },
};

/** The UDP port to which the packets of an address go. */
export interface SctpUdpEncapsulation extends SctpPath {
  /** 0 sends without UDP. */
  readonly port: number;
}

/** struct sctp_udpencaps ends with { uint16_t sue_port }, in network byte order. */
export const sctpUdpencaps: ReadCodec<number> & WriteCodec<SctpUdpEncapsulation> = {
  size: SIZE,
  prepare: preparePath,
  decode: ({ view }) => view.getUint16(FIELDS),
  encode(value, into, system) {
    checkObject("the option", "{ assocId?, address?, port }", value);
    const port = integer("port", value.port, 0, 0xffff);
    writePath(value, into, system);
    into.view.setUint16(FIELDS, port);
  },
};

/** How often the path MTU of an address is probed. */
export interface SctpProbeInterval extends SctpPath {
  /** Milliseconds, at least 5000; 0 turns probing off. */
  readonly interval: number;
}

/** struct sctp_probeinterval ends with { __u32 spi_interval }. */
export const sctpProbeinterval: ReadCodec<number> & WriteCodec<SctpProbeInterval> = {
  size: SIZE,
  prepare: preparePath,
  decode: ({ view }) => view.getUint32(FIELDS, true),
  encode(value, into, system) {
    checkObject("the option", "{ assocId?, address?, interval }", value);
    const interval = integer("interval", value.interval, 0, 0xffffffff);
    writePath(value, into, system);
    into.view.setUint32(FIELDS, interval, true);
  },
};
