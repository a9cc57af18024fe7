import { boolean, checkObject, integer } from "../../errors/argument.ts";
import { milliseconds } from "../abort.ts";

/**
 * Faults that a proxy injects, for testing a client or server. They can be changed while the proxy
 * runs, and apply to open connections too, in both directions.
 */
export interface Faults {
  /** How many milliseconds to delay all data. */
  readonly latency?: number | undefined;
  /** Varies the delay at random, by up to this many milliseconds either way; the order is kept. */
  readonly jitter?: number | undefined;
  /** Limits each direction of each connection to this many bytes a second. */
  readonly rate?: number | undefined;
  /** Sends at most this many bytes at a time. */
  readonly slice?: number | undefined;
  /** Resets a connection after this many bytes, counting both directions. */
  readonly resetAfter?: number | undefined;
  /** Stops forwarding data until it is false again. */
  readonly stall?: boolean | undefined;
  /** Resets new connections at once. Open connections stay open. */
  readonly refuse?: boolean | undefined;
}

const shape = "{ latency?, jitter?, rate?, slice?, resetAfter?, stall?, refuse? }";

/** Returns the faults that are set. Throws a TypeError or RangeError. */
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
