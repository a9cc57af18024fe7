import { builtin } from "./builtin.ts";

let isMain: boolean | undefined;

/**
 * Whether this is the process's main thread. node:worker_threads is loaded by the first call: it
 * takes a megabyte.
 */
export function isMainThread(): boolean {
  isMain ??= builtin("node:worker_threads")?.isMainThread ?? true;
  return isMain;
}
