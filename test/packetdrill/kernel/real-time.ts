import { openLibraryOn } from "../../../src/native/library.ts";

const libc = openLibraryOn(["linux"], null);
const schedSetscheduler = libc.func<(pid: number, policy: number, parameters: Uint8Array) => number>(
  "sched_setscheduler",
  "int",
  ["int", "int", "void*"],
);
// include/uapi/linux/sched.h
const SCHED_RR = 2;

/**
 * Has this thread run before all others that are not real-time, as far as it may: a script's events
 * must not wait for whatever else the machine does.
 */
export function becomeRealTime(): void {
  const parameters = new Uint8Array(Int32Array.of(1).buffer);
  schedSetscheduler(0, SCHED_RR, parameters);
}
