import { boolean, checkObject, integer } from "../../errors/argument.ts";
import { milliseconds } from "../abort.ts";

/**
 * Faults of a proxy, for tests of a client or a server: each may be changed while it runs, and then
 * holds for open connections too, in both directions.
 */
export interface Faults {
  /** How many milliseconds bytes take longer. */
  readonly latency?: number | undefined;
  /** Up to how many more or fewer milliseconds, at random; the order stays. */
  readonly jitter?: number | undefined;
  /** How many bytes a second pass, in each direction of each connection. */
  readonly rate?: number | undefined;
  /** Sends at most this many bytes at a time. */
  readonly slice?: number | undefined;
  /** Resets a connection once this many bytes have passed, both directions together. */
  readonly resetAfter?: number | undefined;
  /** Passes nothing on, until it is false again. */
  readonly stall?: boolean | undefined;
  /** Resets new connections at once. Those that are open stay. */
  readonly refuse?: boolean | undefined;
}

const shape = "{ latency?, jitter?, rate?, slice?, resetAfter?, stall?, refuse? }";

/** Throws a TypeError or RangeError; returns those that are set. */
export function checkFaults(faults: Faults): Faults {
  checkObject("faults", shape, faults);
  const { latency, jitter, rate, slice, resetAfter, stall, refuse } = faults;
  if (latency !== undefined) milliseconds("latency", latency);
  if (jitter !== undefined) milliseconds("jitter", jitter);
  for (const [name, value, least] of [
    ["rate", rate, 1],
    ["slice", slice, 1],
    ["resetAfter", resetAfter, 0],
  ] as const)
    if (value !== undefined) integer(name, value, least, Number.MAX_SAFE_INTEGER);
  if (stall !== undefined) boolean("stall", stall);
  if (refuse !== undefined) boolean("refuse", refuse);
  return { latency, jitter, rate, slice, resetAfter, stall, refuse };
}

/** Whether bytes must be held back, cut, or counted. */
export function changesBytes({ latency = 0, jitter = 0, rate, slice, resetAfter, stall }: Faults): boolean {
  return (
    latency > 0 ||
    jitter > 0 ||
    rate !== undefined ||
    slice !== undefined ||
    resetAfter !== undefined ||
    stall === true
  );
}
