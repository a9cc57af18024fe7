import { checkObject } from "../../errors/argument.ts";
import { milliseconds } from "../abort.ts";
import { NOT_OF_LISTENER_CLOSE, refuseOptionsOfOthers } from "../options/options-of-others.ts";

/** Options of `close()` of a Listener or Server. */
export interface CloseOptions {
  /**
   * How many milliseconds to wait for accepted connections to end; then the rest are reset. 0
   * resets all immediately, Infinity waits forever. By default, they stay open, and are not waited
   * for.
   */
  readonly drain?: number | undefined;
}

/** Throws a TypeError or RangeError for a bad option; returns `drain`. @internal */
export function checkCloseOptions(options: CloseOptions): number | undefined {
  checkObject("options", "{ drain? }", options);
  refuseOptionsOfOthers("close()", options, NOT_OF_LISTENER_CLOSE);
  const { drain } = options;
  if (drain !== undefined) milliseconds("drain", drain);
  return drain;
}
