import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./platform.ts";

/** The outcome of one row of a table. `npm run conformance` builds its matrix from them. */
export interface RowRecord {
  readonly call: string;
  readonly clause: string;
  readonly source: string;
  readonly system: "kernel" | "scripted";
  readonly outcome: "passed" | "skipped" | "failed";
  /** Why it was skipped, or failed. */
  readonly reason?: string;
  /**
   * The row's exception by which it was skipped; a row may also be skipped because the host lacks
   * something.
   */
  readonly platform?: Platform;
}

/**
 * A folder with a file for each process, to which its rows add a line of JSON each. A shared file
 * would lose lines: Wine appends by seeking to the end and then writing there, and another process
 * may do so in between.
 */
const { BERKELEY_CONFORMANCE_RESULTS: results } = process.env;

/** Records the outcome of a row, if requested. */
export function record(row: RowRecord): void {
  if (results !== undefined)
    appendFileSync(join(results, `${process.pid}.jsonl`), `${JSON.stringify(row)}\n`);
}
