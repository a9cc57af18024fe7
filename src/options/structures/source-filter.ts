import { elements } from "../../errors/argument.ts";
import type { ValueResult } from "../../system/system.ts";
import { named } from "./fields.ts";

/**
 * The mode of a source list: MCAST_INCLUDE receives only from the sources, MCAST_EXCLUDE from all
 * others.
 */
export type FilterMode = "exclude" | "include";

/** MCAST_EXCLUDE and MCAST_INCLUDE of include/uapi/linux/in.h. */
const modes: Readonly<Record<FilterMode, number>> = { exclude: 0, include: 1 };

/**
 * Writes the two fields that struct ip_msfilter and struct group_filter share: the mode and the
 * number of sources.
 */
export function writeFilter(
  fmode: FilterMode,
  slist: readonly string[],
  into: ValueResult,
  { offset, buffer }: { readonly offset: number; readonly buffer: number },
): string[] {
  const tooMany = (length: number) => `slist holds at most ${buffer} addresses, not ${length}`;
  const sources = elements("slist", "an array of addresses", slist, buffer, tooMany);
  into.view.setUint32(offset, named("fmode", fmode, modes), true);
  into.view.setUint32(offset + 4, sources.length, true);
  return sources;
}
