import { type Column, type Conformance, type Count, countsOf } from "./matrix.ts";
import { NOT_RUN } from "./recorded-runs.ts";

/** Columns with the same counts in every row. */
interface Group {
  readonly title: string;
  readonly counts: readonly Count[];
}

/** The summary: a line for each table, with columns of equal counts merged. */
export function summaryTable(conformance: Conformance): string {
  const calls = Object.keys(conformance.calls);
  const groups = groupsOf(conformance);
  const total = groups.map(({ counts }) => sum(counts));
  return table(
    ["", ...groups.map(({ title }) => title)],
    [
      ...calls.map((call, index) => [
        code(call),
        ...groups.map(({ counts }) => cell(counts[index] ?? sum([]))),
      ]),
      ["**all**", ...total.map((count) => `**${cell(count)}**`)],
    ],
  );
}

/** docs/conformance.md: the summary, the whole matrix, and the skipped rows by reason. */
export function conformancePage(conformance: Conformance): string {
  const { columns, calls } = conformance;
  const lines = Object.keys(calls).map((call) => [
    code(call),
    ...countsOf(conformance, call).map(({ passed, skipped }) => `${passed} / ${skipped}`),
  ]);
  const reasons = reasonsOf(conformance)
    .filter(({ reason }) => reason !== NOT_RUN.reason)
    .flatMap(({ reason, rows }) => [
      `### ${capitalized(reason)}`,
      "",
      ...rows.map(({ row, columns }) => `- ${row} (${columnsTitle(columns)})`),
      "",
    ]);
  return [
    "# Conformance",
    "",
    "Each call has a table of rows. A row is one clause of a document, such as a sentence of POSIX or of a manual",
    "page, with a test that puts the kernel, or a scripted system, into that situation and checks the result. No row",
    "fails: `npm run conformance` writes this page only if all pass, and `npm run check` fails when the page is stale.",
    "[listen.md](listen.md) maps the documents of `listen()` to its rows, sentence by sentence.",
    "",
    "## Rows that pass",
    "",
    summaryTable(conformance),
    "",
    "## Every system and runtime",
    "",
    "Rows passed / skipped:",
    "",
    table(["", ...columns], lines),
    "",
    ...recordedSection(conformance),
    ...notRunSection(conformance),
    "## Skipped rows, by reason",
    "",
    ...reasons,
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** How the columns of other kernels and processors were run. */
function recordedSection({ recorded = {} }: Conformance): string[] {
  const runs = Object.entries(recorded);
  if (runs.length === 0) return [];
  const lines = runs.map(([column, { kernel, runtime, command, date }]) => [
    column,
    kernel,
    runtime,
    code(command),
    date,
  ]);
  return [
    "## Recorded runs",
    "",
    "Virtual machines ran these columns, at the commits of these days ([kernels.md](kernels.md)):",
    "",
    table(["", "kernel", "runtime", "command", "last run"], lines),
    "",
  ];
}

/** How many rows a recorded run has not had: too many to list. */
function notRunSection({ columns, calls }: Conformance): string[] {
  const lines = columns.flatMap((column) => {
    const counts = Object.entries(calls)
      .map(([call, { skipped }]): [string, number] => {
        const skips = Object.values(skipped).map((where) => where[column]?.reason);
        return [call, skips.filter((reason) => reason === NOT_RUN.reason).length];
      })
      .filter(([, count]) => count > 0);
    if (counts.length === 0) return [];
    return [`- ${column}: ${counts.map(([call, count]) => `${count} of ${code(call)}`).join(", ")}`];
  });
  return lines.length === 0 ? [] : ["## Rows that were not run", "", ...lines, ""];
}

/** Every reason for which rows are skipped, with the rows and the columns. */
export function reasonsOf({ calls }: Conformance): {
  readonly reason: string;
  readonly rows: readonly { readonly row: string; readonly columns: readonly Column[] }[];
}[] {
  const reasons = new Map<string, Map<string, Column[]>>();
  for (const [call, { skipped }] of Object.entries(calls)) {
    for (const [row, skips] of Object.entries(skipped)) {
      for (const [column, { reason }] of Object.entries(skips)) {
        const rows = reasons.get(reason) ?? new Map<string, Column[]>();
        const name = `${code(call)}: ${row.replace(/ \[[^[\]]*\]$/, "")}`;
        reasons.set(reason, rows.set(name, [...(rows.get(name) ?? []), column]));
      }
    }
  }
  return [...reasons].sort(byName).map(([reason, rows]) => {
    return { reason, rows: [...rows].sort(byName).map(([row, columns]) => ({ row, columns })) };
  });
}

function groupsOf(conformance: Conformance): Group[] {
  const { columns } = conformance;
  const calls = Object.keys(conformance.calls).map((call) => countsOf(conformance, call));
  const groups = new Map<string, { columns: Column[]; counts: Count[] }>();
  for (const [index, column] of columns.entries()) {
    const counts = calls.map((counts) => counts[index] ?? sum([]));
    const group = groups.get(JSON.stringify(counts)) ?? { columns: [], counts };
    group.columns.push(column);
    groups.set(JSON.stringify(counts), group);
  }
  return [...groups.values()].map(({ columns, counts }) => ({ title: columnsTitle(columns), counts }));
}

/** `Linux, Node 20`, `Linux, Node 22` and `Linux, Bun` become `Linux (Node 20, 22, Bun)`. */
export function columnsTitle(columns: readonly Column[]): string {
  const systems = new Map<string, string[]>();
  for (const column of columns) {
    const [system = "", runtime] = column.split(/, (?=[^,]*$)/);
    const runtimes = systems.get(system) ?? [];
    systems.set(system, runtime === undefined ? runtimes : [...runtimes, runtime]);
  }
  return [...systems].map(([system, runtimes]) => systemTitle(system, withoutRepeats(runtimes))).join(", ");
}

/** `Windows (Wine)` becomes `Windows (Wine, Node 22)`. */
function systemTitle(system: string, runtimes: string): string {
  if (runtimes === "") return system;
  return system.endsWith(")") ? `${system.slice(0, -1)}, ${runtimes})` : `${system} (${runtimes})`;
}

/** `Node 20` and `Node 22` become `Node 20, 22`. */
function withoutRepeats(runtimes: readonly string[]): string {
  const name = (index: number) => runtimes[index]?.split(" ")[0];
  return runtimes
    .map((runtime, index) => (name(index) === name(index - 1) ? runtime.replace(/^\S+ /, "") : runtime))
    .join(", ");
}

const cell = ({ passed, skipped }: Count): string =>
  skipped === 0 ? `${passed}` : `${passed} (${skipped} skipped)`;

const sum = (counts: readonly Count[]): Count => ({
  passed: counts.reduce((all, { passed }) => all + passed, 0),
  skipped: counts.reduce((all, { skipped }) => all + skipped, 0),
});

const code = (call: string): string => (/^\w+$/.test(call) ? `\`${call}\`` : call);

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

/** A Markdown table whose columns are aligned in the source too. */
function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(3, ...all.map((line) => line[column]?.length ?? 0)));
  const text = (line: readonly string[]) =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [text(head), `| ${rule.join(" | ")} |`, ...lines.map(text)].join("\n");
}
