import { checkObject } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";
import { writeIpv4 } from "./fields.ts";
import { type FilterMode, writeFilter } from "./source-filter.ts";

/** The source filter of a joined IPv4 multicast group: struct ip_msfilter. */
export interface IpMsfilter {
  /** The group: 224.0.0.0 to 239.255.255.255. */
  readonly multiaddr: string;
  /** An address of the interface; `"0.0.0.0"`, the default, lets the kernel choose. */
  readonly interface?: string;
  /** Whether to accept or block datagrams from the sources. */
  readonly fmode: FilterMode;
  /** The sources. Linux limits their number to net.ipv4.igmp_max_msf (10). */
  readonly slist: readonly string[];
}

// struct ip_msfilter is { __be32 imsf_multiaddr, imsf_interface; __u32 imsf_fmode, imsf_numsrc;
// __be32 imsf_slist[] } (include/uapi/linux/in.h).
const FILTER = 8;
const SLIST = 16;

export const ipMsfilter: WriteCodec<IpMsfilter> = {
  encode(value, into) {
    checkObject("the option", "{ multiaddr, interface, fmode, slist }", value);
    writeIpv4("multiaddr", value.multiaddr, into, 0);
    writeIpv4("interface", value.interface ?? "0.0.0.0", into, 4);
    const buffer = (into.capacity - SLIST) >> 2;
    const sources = writeFilter(value.fmode, value.slist, into, { offset: FILTER, buffer });
    for (const [index, source] of sources.entries()) {
      writeIpv4("an address of slist", source, into, SLIST + index * 4);
    }
    into.length = SLIST + sources.length * 4;
  },
};
