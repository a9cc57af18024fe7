// The tables of docs/benchmarks.md, which stand between two comments.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/install-and-build.mjs";
import { markdown } from "../figures.mjs";
import { measured, reached } from "./report.mjs";

const DOCUMENT = join(root, "docs/benchmarks.md");
const BEGIN = "<!-- npm run bench -- --write: begin -->";
const END = "<!-- npm run bench -- --write: end -->";

export function writeTables(report) {
  const text = readFileSync(DOCUMENT, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no "${BEGIN}" with its end`);
  const tables = [
    `${provenance(report)}\n`,
    `#### Aims\n\n${markdown(reached(report))}\n`,
    ...measured(report).map(({ title, rows }) => `#### ${title}\n\n${markdown(rows)}\n`),
  ];
  writeFileSync(
    DOCUMENT,
    `${text.slice(0, begin + BEGIN.length)}\n\n${tables.join("\n")}\n${text.slice(end)}`,
  );
}

function provenance({ date, machine, system, compiler, versions, rounds, milliseconds }) {
  const runtimes = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date.slice(0, 10)}; ${machine}; ${system}; ${compiler}; ${runtimes.join(", ")}. ${rounds} rounds of ${milliseconds} ms.`;
}
