import { type Column, type Conformance, gather, type Skip } from "./matrix.ts";
import type { RowRecord } from "./record.ts";

/** How a column was run that needs a separate machine, for another kernel or processor. */
export interface RecordedRun {
  /** Debian's package of the kernel, and its version. */
  readonly kernel: string;
  readonly runtime: string;
  readonly command: string;
  /** The day of the last run; a run of some tables keeps the others' outcomes. */
  readonly date: string;
}

/** The content of docs/kernels.json. */
export interface RecordedRuns {
  readonly runs: Readonly<Record<Column, RecordedRun>>;
  readonly conformance: Conformance;
}

/** A row that is newer than a column's last run, or that this run left out. */
export const NOT_RUN: Skip = { reason: "not run there yet", exception: false };

type Skips = Record<string, Record<Column, Skip>>;

/** The record with a new run of a column, whose tables replace its earlier ones. */
export function recordedWith(
  recorded: RecordedRuns,
  column: Column,
  run: RecordedRun,
  rows: readonly RowRecord[],
): RecordedRuns {
  const before = recorded.conformance;
  const now = gather({ [column]: rows });
  const columns = [...new Set([...before.columns, column])].sort(byNumbers);
  const calls = [...new Set([...Object.keys(before.calls), ...Object.keys(now.calls)])].sort();
  const tables = calls.map((call): [string, Conformance["calls"][string]] => {
    const has = (one: Column, row: string) =>
      one === column && call in now.calls
        ? now.calls[call]?.rows.includes(row) === true
        : ranIn(before, one, call, row);
    const all = [...(before.calls[call]?.rows ?? []), ...(now.calls[call]?.rows ?? [])];
    const rows = [...new Set(all)].filter((row) => columns.some((one) => has(one, row))).sort();
    const skipped: Skips = {};
    for (const row of rows) {
      for (const one of columns) {
        const source = one === column && call in now.calls ? now : before;
        const skip = has(one, row) ? source.calls[call]?.skipped[row]?.[one] : NOT_RUN;
        if (skip === undefined) continue;
        skipped[row] ??= {};
        skipped[row][one] = skip;
      }
    }
    return [call, { rows, skipped }];
  });
  return {
    runs: { ...recorded.runs, [column]: run },
    conformance: { columns, calls: Object.fromEntries(tables) },
  };
}

/** Whether a column ran a row, according to the record. */
function ranIn({ columns, calls }: Conformance, column: Column, call: string, row: string): boolean {
  const table = calls[call];
  if (table === undefined || !columns.includes(column) || !table.rows.includes(row)) return false;
  return table.skipped[row]?.[column]?.reason !== NOT_RUN.reason;
}

/** The matrix with the recorded columns after its own. */
export function withRecorded(conformance: Conformance, recorded: RecordedRuns): Conformance {
  const { columns: added, calls: tables } = recorded.conformance;
  const own = conformance.columns.filter((column) => !added.includes(column));
  const calls = Object.entries(conformance.calls).map(
    ([call, { rows, skipped }]): [string, Conformance["calls"][string]] => {
      const merged: Skips = {};
      for (const row of rows) {
        const where: Record<Column, Skip> = {};
        for (const [column, skip] of Object.entries(skipped[row] ?? {}))
          if (own.includes(column)) where[column] = skip;
        for (const column of added) {
          const ran = ranIn(recorded.conformance, column, call, row);
          const skip = ran ? tables[call]?.skipped[row]?.[column] : NOT_RUN;
          if (skip !== undefined) where[column] = skip;
        }
        if (Object.keys(where).length > 0) merged[row] = where;
      }
      return [call, { rows, skipped: merged }];
    },
  );
  return { columns: [...own, ...added], recorded: recorded.runs, calls: Object.fromEntries(calls) };
}

const byNumbers = (left: string, right: string): number => left.localeCompare(right, "en", { numeric: true });
