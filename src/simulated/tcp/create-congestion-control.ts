import type { CongestionControl } from "./congestion-control.ts";
import { Cubic } from "./cubic.ts";
import { Reno } from "./reno.ts";

/** An algorithm for one connection, by its name; undefined if there is none of that name. */
export function createCongestionControl(name: string): CongestionControl | undefined {
  switch (name) {
    case "cubic":
      return new Cubic();
    case "reno":
      return new Reno();
    default:
      return undefined;
  }
}
