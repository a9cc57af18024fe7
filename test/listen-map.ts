import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clause, type Code, type Part, posix, zig } from "./listen-documents.ts";
import type { Column, Conformance } from "./matrix.ts";
import { columnsTitle } from "./matrix-text.ts";

const clauses = [...posix, ...zig].flatMap((part) => part.clauses);

/** docs/listen.md: both documents, clause by clause, and the rows that belong to neither. */
export function listenPage(conformance: Conformance): string {
  const mentioned = new Set(clauses.flatMap((clause) => clause.evidence.listen ?? []));
  const others = (conformance.calls.listen?.rows ?? []).filter((row) => !mentioned.has(clauseOf(row)));
  return [
    "# listen(), clause by clause",
    "",
    "Two documents define `listen()`: POSIX.1-2017's `listen(3p)`, and Zig's `std.posix.listen` with its",
    "`ListenError`. For each sentence of both, this page says what berkeley does, where the code is, which row of",
    "[the conformance tables](conformance.md) demonstrates it, and on which systems that row passed.",
    "",
    "“Kernel” rows test a real socket. “Scripted” rows use a scripted system, which returns results that no test",
    `can make a kernel return. “Everywhere” means all of these: ${columnsTitle(conformance.columns)}.`,
    "`npm run conformance` generates this page from the tables.",
    "",
    "## POSIX listen(3p)",
    "",
    ...posix.flatMap((part) => sectionOf(part, conformance)),
    "## Zig std.posix.listen",
    "",
    ...zig.flatMap((part) => sectionOf(part, conformance)),
    "## Rows beyond both documents",
    "",
    ...others.map((row) => rowLine("listen", row, conformance)),
    "",
  ].join("\n");
}

/** Problems of the map: rows that no table has, and code that is not where it says. */
export function listenMapProblems(conformance: Conformance, root: string): string[] {
  return clauses.flatMap((clause) => [
    ...Object.entries(clause.evidence).flatMap(([call, rows]) =>
      rows
        .filter((row) => findRow(conformance, call, row) === undefined)
        .map((row) => `${clause.says}: \`${call}\` has no row: ${row}`),
    ),
    ...(Object.values(clause.evidence).flat().length === 0 ? [`${clause.says}: no row`] : []),
    ...clause.code
      .filter(([file, name]) => !isIn(join(root, file), name))
      .map(([file, name]) => `${clause.says}: ${file} has no ${name}`),
  ]);
}

function sectionOf({ title, clauses }: Part, conformance: Conformance): string[] {
  return [`### ${title}`, "", ...clauses.flatMap((clause) => clauseText(clause, conformance))];
}

function clauseText({ says, berkeley, code, evidence }: Clause, conformance: Conformance): string[] {
  return [
    `#### ${says}`,
    "",
    berkeley,
    "",
    `Code: ${code.map(link).join(", ")}`,
    "",
    ...Object.entries(evidence).flatMap(([call, names]) =>
      names.map((name) => rowLine(call, findRow(conformance, call, name) ?? name, conformance)),
    ),
    "",
  ];
}

function rowLine(call: string, row: string, conformance: Conformance): string {
  const kind = row.endsWith("; scripted]") ? "scripted" : "kernel";
  return `- \`${call}\`: ${clauseOf(row)} (${kind}; ${ranOn(conformance, call, row)})`;
}

/** Where a row passed: all columns except those that skip it. */
function ranOn({ columns, calls }: Conformance, call: string, row: string): string {
  const skips = calls[call]?.skipped[row] ?? {};
  const ran: Column[] = columns.filter((column) => !(column in skips));
  if (ran.length === columns.length) return "passed everywhere";
  return ran.length === 0 ? "skipped everywhere" : `passed on ${columnsTitle(ran)}`;
}

function findRow(conformance: Conformance, call: string, clause: string): string | undefined {
  return conformance.calls[call]?.rows.find((row) => clauseOf(row) === clause);
}

/** A row without its source. */
const clauseOf = (row: string): string => row.replace(/ \[[^[\]]*\]$/, "");

const link = ([file, name]: Code): string => `[\`${name}\` in ${file}](../${file})`;

const isIn = (file: string, name: string): boolean =>
  existsSync(file) && readFileSync(file, "utf8").includes(name);
