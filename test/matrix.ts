import type { RowRecord } from "./record.ts";
import type { RecordedRun } from "./recorded-runs.ts";

/** A system and a runtime that the tables run on: `"Linux, Node 22"`. */
export type Column = string;

/** The column of a simulated host, which only has the rows of kernels. */
export const SIMULATED: Column = "Simulated";

/** Whether a row of a table, by its name in the matrix, runs in a column. */
const runsIn = (column: Column, row: string): boolean => column !== SIMULATED || !row.endsWith("; scripted]");

/** Why the tables of diagnose/ do not run there. */
const MACHINES_OWN = "its table looks at this machine";

/** Why a row is skipped in a column. */
export interface Skip {
  readonly reason: string;
  /** The row itself says so, and must be skipped there; otherwise this host lacks something. */
  readonly exception: boolean;
}

/**
 * The content of docs/conformance.json: every row of every table. Each passes in every column
 * except those where it is skipped.
 */
export interface Conformance {
  readonly columns: readonly Column[];
  /** How the columns were run that a run of this host does not repeat. */
  readonly recorded?: Readonly<Record<Column, RecordedRun>>;
  readonly calls: Readonly<Record<string, CallTable>>;
}

/** The table of one call: its rows, sorted, and the columns where some of them are skipped. */
export interface CallTable {
  readonly rows: readonly string[];
  readonly skipped: Readonly<Record<string, Readonly<Record<Column, Skip>>>>;
}

/** How many rows of a call passed and were skipped in a column. */
export interface Count {
  readonly passed: number;
  readonly skipped: number;
}

type Records = Readonly<Record<Column, readonly RowRecord[]>>;

/** The row's name in the matrix: `a negative backlog acts as 0 [POSIX listen(3p); kernel]`. */
const rowOf = ({ clause, source, system }: RowRecord): string => `${clause} [${source}; ${system}]`;

const sorted = (texts: Iterable<string>): string[] => [...new Set(texts)].sort();

/** The result of the runs of all columns, if they have no `problems()`. */
export function gather(records: Records): Conformance {
  const columns = Object.keys(records);
  const all = Object.values(records).flat();
  const calls = sorted(all.map(({ call }) => call)).map((call): [string, CallTable] => {
    const rows = sorted(all.filter((row) => row.call === call).map(rowOf));
    const skipped: Record<string, Record<Column, Skip>> = {};
    for (const row of rows) {
      for (const column of columns) {
        const found = records[column]?.find((record) => record.call === call && rowOf(record) === row);
        if (found === undefined && column === SIMULATED && runsIn(column, row)) {
          skipped[row] ??= {};
          skipped[row][column] = { reason: MACHINES_OWN, exception: true };
        }
        if (found?.outcome !== "skipped") continue;
        skipped[row] ??= {};
        skipped[row][column] = { reason: found.reason ?? "", exception: found.platform !== undefined };
      }
    }
    return [call, { rows, skipped }];
  });
  return { columns, calls: Object.fromEntries(calls) };
}

/** The committed matrix, updated with a run of some tables, or in some of the `columns`. */
export function updated(committed: Conformance, now: Conformance, columns: readonly Column[]): Conformance {
  const calls = sorted([...Object.keys(committed.calls), ...Object.keys(now.calls)]);
  const notRun = columns.filter((column) => !now.columns.includes(column));
  const table = (call: string): CallTable => {
    const { rows, skipped } = now.calls[call] ?? committed.calls[call] ?? { rows: [], skipped: {} };
    if (!(call in now.calls)) return { rows, skipped };
    const before = committed.calls[call]?.skipped ?? {};
    const merged = rows.map((row): [string, Record<Column, Skip>] => {
      const kept = Object.entries(before[row] ?? {}).filter(([column]) => notRun.includes(column));
      return [row, { ...skipped[row], ...Object.fromEntries(kept) }];
    });
    return {
      rows,
      skipped: Object.fromEntries(merged.filter(([, where]) => Object.keys(where).length > 0)),
    };
  };
  return { columns, calls: Object.fromEntries(calls.map((call) => [call, table(call)])) };
}

/** Errors: a row that failed, one that ran in some columns only, or two with one name. */
export function problems(records: Records): string[] {
  const everywhere = sorted(Object.values(records).flatMap((rows) => rows.map(named)));
  return Object.entries(records).flatMap(([column, rows]) => {
    const failed = rows.filter(({ outcome }) => outcome === "failed").map(named);
    const names = rows.map(named);
    const ran = new Set(names);
    const calls = [...new Set(rows.map(({ call }) => `${call}: `))];
    const isAsked = (row: string) => column !== SIMULATED || calls.some((call) => row.startsWith(call));
    return [
      ...failed.map((row) => `${column}: failed: ${row}`),
      ...everywhere
        .filter((row) => isAsked(row) && runsIn(column, row) && !ran.has(row))
        .map((row) => `${column}: did not run: ${row}`),
      ...names
        .filter((row, index) => names.indexOf(row) !== index)
        .map((row) => `${column}: ran twice: ${row}`),
    ];
  });
}

const named = (record: RowRecord): string => `${record.call}: ${rowOf(record)}`;

/** Differences of a run from the committed matrix, apart from what only one host lacks. */
export function differences(committed: Conformance, now: Conformance): string[] {
  const found: string[] = [];
  const compare = (what: string, before: readonly string[], after: readonly string[]) => {
    found.push(...after.filter((one) => !before.includes(one)).map((one) => `${what} is new: ${one}`));
    found.push(...before.filter((one) => !after.includes(one)).map((one) => `${what} is gone: ${one}`));
  };
  compare("a column", committed.columns, now.columns);
  for (const call of sorted([...Object.keys(committed.calls), ...Object.keys(now.calls)])) {
    const [before, after] = [committed.calls[call], now.calls[call]];
    compare(`${call}: a row`, before?.rows ?? [], after?.rows ?? []);
    compare(`${call}: an exception`, exceptionsOf(before), exceptionsOf(after));
  }
  return found;
}

function exceptionsOf(table: CallTable | undefined): string[] {
  return Object.entries(table?.skipped ?? {}).flatMap(([row, skips]) =>
    Object.entries(skips)
      .filter(([, { exception }]) => exception)
      .map(([column, { reason }]) => `${column}: ${row}: ${reason}`),
  );
}

/** The counts of a call, in the order of the columns. */
export function countsOf({ columns, calls }: Conformance, call: string): Count[] {
  const { rows = [], skipped: skips = {} } = calls[call] ?? {};
  return columns.map((column) => {
    const skipped = Object.values(skips).filter((where) => column in where).length;
    const running = rows.filter((row) => runsIn(column, row)).length;
    return { passed: running - skipped, skipped };
  });
}
