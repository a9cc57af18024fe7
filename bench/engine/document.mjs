// The tables of servers in docs/benchmarks.md.
import { writeBetween } from "../document.mjs";
import { markdown } from "../figures.mjs";
import { measured, reached } from "./report.mjs";

export function writeTables(report) {
  writeBetween("npm run bench -- --write", [
    `${provenance(report)}\n`,
    `#### Aims\n\n${markdown(reached(report))}\n`,
    ...measured(report).map(({ title, rows }) => `#### ${title}\n\n${markdown(rows)}\n`),
  ]);
}

function provenance({ date, machine, system, compiler, versions, rounds, milliseconds }) {
  const runtimes = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date.slice(0, 10)}; ${machine}; ${system}; ${compiler}; ${runtimes.join(", ")}. ${rounds} rounds of ${milliseconds} ms.`;
}
