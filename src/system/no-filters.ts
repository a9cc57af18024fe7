import type { Calls } from "./system.ts";

/** The calls of a system without filters of classic BPF on its sockets. */
export function noFilters(
  errno: number,
): Pick<Calls, "attachFilter" | "attachReuseportFilter" | "detachFilter"> {
  const fail = () => -errno;
  return { attachFilter: fail, attachReuseportFilter: fail, detachFilter: fail };
}
