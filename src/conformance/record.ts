import { appendFileSync } from "node:fs";
import type { Place } from "./place.ts";

/** What became of one row of a table. `npm run conformance` makes its matrix of them. */
export interface RowRecord {
  readonly call: string;
  readonly clause: string;
  readonly source: string;
  readonly system: "kernel" | "scripted";
  readonly outcome: "passed" | "skipped" | "failed";
  /** Why it was skipped. */
  readonly reason?: string;
  /** The exception of the row by which it was skipped; a row may also be skipped for what a machine lacks. */
  readonly place?: Place;
}

/** A file that each row adds a line of JSON to: one write a line, so that several processes may. */
const { BERKELEY_CONFORMANCE_RESULTS: results } = process.env;

/** Notes what became of a row, if somebody asked for it. */
export function record(row: RowRecord): void {
  if (results !== undefined) appendFileSync(results, `${JSON.stringify(row)}\n`);
}
