import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./platform.ts";

/** What became of one row of a table. `npm run conformance` makes its matrix of them. */
export interface RowRecord {
  readonly call: string;
  readonly clause: string;
  readonly source: string;
  readonly system: "kernel" | "scripted";
  readonly outcome: "passed" | "skipped" | "failed";
  /** Why it was skipped. */
  readonly reason?: string;
  /**
   * The exception of the row by which it was skipped; a row may also be skipped for what a machine
   * lacks.
   */
  readonly platform?: Platform;
}

/**
 * A folder in which each process has a file that its rows add a line of JSON to. One file for all
 * would lose lines: Wine appends by looking for the end and then writing there, and another process
 * may do so in between.
 */
const { BERKELEY_CONFORMANCE_RESULTS: results } = process.env;

/** Notes what became of a row, if somebody asked for it. */
export function record(row: RowRecord): void {
  if (results !== undefined)
    appendFileSync(join(results, `${process.pid}.jsonl`), `${JSON.stringify(row)}\n`);
}
