import type { Calls } from "./system.ts";

/** The calls of a system without classic BPF filters. */
export function noFilters(
  errno: number,
): Pick<Calls, "attachFilter" | "attachReuseportFilter" | "detachFilter"> {
  const fail = () => -errno;
  return { attachFilter: fail, attachReuseportFilter: fail, detachFilter: fail };
}
