import { OPTION_CAPACITY } from "../../system/value-result.ts";
import type { ReadCodec } from "../option.ts";

/** struct sctp_assoc_ids is { __u32 gaids_number_of_ids; sctp_assoc_t gaids_assoc_id[] }. */
export const sctpAssocIds: ReadCodec<number[]> = {
  size: OPTION_CAPACITY,
  decode({ view, validLength }) {
    if (validLength < 4) return [];
    const length = Math.min(view.getUint32(0, true), (validLength - 4) >> 2);
    return Array.from({ length }, (_, index) => view.getInt32(4 + index * 4, true));
  },
};
