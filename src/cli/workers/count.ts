import { availableParallelism } from "node:os";
import { UsageError } from "../usage-error.ts";

/** More than most machines have processors, and fewer than a process may have descriptors. */
const MOST = 512;

/**
 * Parses `--workers`: a number, or `cpus` for the number of processors that this process may use.
 */
export function parseWorkers(text: string): number {
  if (text === "cpus") return availableParallelism();
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST) return count;
  throw new UsageError(`"${text}" is not a number of workers; write 1 to ${MOST}, or cpus.`);
}
