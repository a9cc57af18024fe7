import type { Address } from "../../address/address.ts";
import type { ReadCodec } from "../option.ts";
import { readStorage } from "./fields.ts";
import { prepareAssociation } from "./sctp-association.ts";

/** The counters of an association. */
export interface SctpAssociationStatistics {
  readonly assocId: number;
  /**
   * The longest retransmission timeout in milliseconds since the last call, 0 if it has not
   * changed, and the address of the peer that had it.
   */
  readonly maxrto: bigint;
  readonly obsRtoIpaddr: Address;
  /** Acknowledgements received and sent. */
  readonly isacks: bigint;
  readonly osacks: bigint;
  /** Packets sent and received. */
  readonly opackets: bigint;
  readonly ipackets: bigint;
  /** Chunks sent again. */
  readonly rtxchunks: bigint;
  /** Chunks received out of sequence, and twice. */
  readonly outofseqtsns: bigint;
  readonly idupchunks: bigint;
  /** Gaps that acknowledgements reported. */
  readonly gapcnt: bigint;
  /** Unordered and ordered chunks of data, sent and received. */
  readonly ouodchunks: bigint;
  readonly iuodchunks: bigint;
  readonly oodchunks: bigint;
  readonly iodchunks: bigint;
  /** Chunks of control sent and received. */
  readonly octrlchunks: bigint;
  readonly ictrlchunks: bigint;
}

const STATS = { address: 8, counters: 136, size: 256 };

/**
 * struct sctp_assoc_stats is { sctp_assoc_t; struct sockaddr_storage sas_obs_rto_ipaddr; __u64
 * sas_maxrto, … }.
 */
export const sctpAssocStats: ReadCodec<SctpAssociationStatistics> = {
  size: STATS.size,
  prepare: prepareAssociation,
  decode({ view, bytes }, system) {
    const counter = (index: number) => view.getBigUint64(STATS.counters + index * 8, true);
    return {
      assocId: view.getInt32(0, true),
      maxrto: counter(0),
      obsRtoIpaddr: readStorage(bytes.subarray(STATS.address, STATS.counters), system),
      isacks: counter(1),
      osacks: counter(2),
      opackets: counter(3),
      ipackets: counter(4),
      rtxchunks: counter(5),
      outofseqtsns: counter(6),
      idupchunks: counter(7),
      gapcnt: counter(8),
      ouodchunks: counter(9),
      iuodchunks: counter(10),
      oodchunks: counter(11),
      iodchunks: counter(12),
      octrlchunks: counter(13),
      ictrlchunks: counter(14),
    };
  },
};
