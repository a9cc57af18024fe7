import { OPTION_CAPACITY } from "../../system/value-result.ts";
import type { ReadCodec } from "../option.ts";

/**
 * An array of __u32 with a bit for each group, group 1 in the lowest: netlink_getsockopt() in
 * net/netlink/af_netlink.c. It fills what it is given, but reports the length of all groups of the
 * protocol, so a shorter buffer would be read beyond what the kernel wrote.
 */
export const netlinkGroups: ReadCodec<number[]> = {
  size: OPTION_CAPACITY,
  decode({ valid }) {
    const groups: number[] = [];
    for (const [index, byte] of valid.entries()) {
      for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) groups.push(index * 8 + bit + 1);
    }
    return groups;
  },
};
