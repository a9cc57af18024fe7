// Where our engines may differ from node:net, and why.
import type { Divergence } from "./compare.ts";

interface Exception {
  readonly why: string;
  covers(divergence: Divergence): boolean;
}

const exceptions: readonly Exception[] = [];

/** The reason for a difference; undefined where there is none. */
export function exceptionFor(divergence: Divergence): string | undefined {
  return exceptions.find((exception) => exception.covers(divergence))?.why;
}
