import type { CongestionControl } from "./congestion-control.ts";
import { Cubic } from "./cubic.ts";
import { Reno } from "./reno.ts";

const ALGORITHMS = { cubic: Cubic, reno: Reno } as const;

export type CongestionName = keyof typeof ALGORITHMS;

export const isCongestionName = (name: string): name is CongestionName => Object.hasOwn(ALGORITHMS, name);

/** An algorithm for one connection. */
export const createCongestionControl = (name: CongestionName): CongestionControl => new ALGORITHMS[name]();
