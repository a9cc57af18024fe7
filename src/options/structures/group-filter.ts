import type { WriteCodec } from "../option.ts";
import { SOCKADDR_STORAGE, writeStorage } from "./fields.ts";
import { type GroupReq, groupReq } from "./group-req.ts";
import { type FilterMode, writeFilter } from "./source-filter.ts";

/**
 * The source filter of a joined multicast group: struct group_filter, for both IPv4 and IPv6.
 */
export interface GroupFilter extends GroupReq {
  /** Whether to accept or block datagrams from the sources. */
  readonly fmode: FilterMode;
  /**
   * The sources. Linux limits their number to net.ipv4.igmp_max_msf (10) or net.ipv6.mld_max_msf
   * (64).
   */
  readonly slist: readonly string[];
}

/**
 * struct group_filter is a struct group_req, { __u32 gf_fmode, gf_numsrc }, and
 * struct __kernel_sockaddr_storage gf_slist[] (include/uapi/linux/in.h).
 */
export function groupFilter(family: "ipv4" | "ipv6"): WriteCodec<GroupFilter> {
  const group = groupReq(family);
  return {
    encode(value, into, system) {
      group.encode(value, into, system);
      const offset = into.length;
      const first = offset + 8;
      const buffer = Math.floor((into.capacity - first) / SOCKADDR_STORAGE);
      const sources = writeFilter(value.fmode, value.slist, into, { offset, buffer });
      for (const [index, source] of sources.entries()) {
        const at = first + index * SOCKADDR_STORAGE;
        writeStorage("an address of slist", source, family, into, at, system);
      }
      into.length = first + sources.length * SOCKADDR_STORAGE;
    },
  };
}
