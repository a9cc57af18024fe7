import { argumentType, kind, outOfRange } from "../errors/argument.ts";
import type { PollEntry, System } from "../system/system.ts";
import { isInterrupted } from "./interrupted.ts";

/** The longest timeout of one poll(2): a C int of milliseconds. */
const LONGEST = 0x7fffffff;

/** Throws a TypeError or RangeError unless the value is a timeout in milliseconds. */
export function checkTimeout(timeout: number): void {
  if (typeof timeout !== "number") throw argumentType(`timeout must be a number, not ${kind(timeout)}`);
  if (Number.isNaN(timeout)) throw outOfRange("timeout must be a number of milliseconds, not NaN");
}

/**
 * Polls until one is ready or the timeout expires (0), resuming after signals. Negative values and
 * Infinity wait forever.
 */
export function wait(system: System, entries: PollEntry[], timeout: number): number {
  const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : system.clock.now() + timeout;
  let left = timeout < 0 ? Number.POSITIVE_INFINITY : timeout;
  for (;;) {
    const step = left === Number.POSITIVE_INFINITY ? -1 : Math.min(Math.ceil(left), LONGEST);
    const returned = system.poll(entries, step);
    if (returned > 0 || (returned < 0 && !isInterrupted(system, returned))) return returned;
    left = deadline - system.clock.now();
    if (left <= 0) return 0;
  }
}
