import { readFileSync } from "node:fs";

/** Resident bytes of a process, exactly: VmRSS of /proc/PID/status lags behind. */
export function resident(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Rss:\s+(\d+) kB$/m.exec(rollup)[1]) * 1024;
}
