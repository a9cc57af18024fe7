// npm run conformance: runs the tests on every system and runtime, and gathers the outcomes of the
// conformance tables' rows. Prints the matrix, and writes docs/conformance.json,
// docs/conformance.md and docs/listen.md.
//
//   npm run conformance                    on Linux; keeps the recorded results of Windows
//   npm run conformance -- posix/listen    only these tests' tables; keeps the rest of the matrix
//   npm run conformance -- --windows       on Windows too, under Wine
//   npm run conformance -- --only Simulated posix   only this column; writes nothing
//   npm run conformance -- --check         writes nothing; fails if the committed matrix is stale
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { linux, simulated, skipped, slowest, windows } from "./columns.mjs";
import { installAndBuildTests, root, run } from "./install-and-build.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: "boolean", default: false },
    only: { type: "string" },
    windows: { type: "boolean", default: false },
  },
});
installAndBuildTests();
const { countsOf, differences, gather, problems, updated } = await import("../build/test/matrix.js");
const { conformancePage, reasonsOf } = await import("../build/test/matrix-text.js");
const { withRecorded } = await import("../build/test/recorded-runs.js");
const { listenPage } = await import("../build/test/listen-map.js");

const folder = join(root, ".cache/conformance");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

// So that child processes end with it.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
// A run takes about twelve minutes. If it hangs, report how far it got.
setTimeout(() => {
  console.error("it took more than 45 minutes");
  process.exit(1);
}, 45 * 60_000).unref();

const wrong = [];
const unsteady = [];
const records = {};
const here = [...linux, simulated].filter(isAsked);
const elsewhere = values.windows ? windows.filter(isAsked) : [];
const columns = [...here, ...elsewhere];
for (const { name } of columns) records[name] = [];
// Wine runs beside the others, since it waits even more.
await Promise.all([here, elsewhere].map(runColumns));
wrong.push(...problems(records));
const now = gather(records);
print(now);
console.log("\nthese took longest:");
for (const { what, seconds } of slowest(10)) console.log(`  ${what}, ${seconds} s`);
console.log("\nskipped tests:");
for (const [what, count] of skipped()) console.log(`  ${what}: ${count}`);
// .ci/run ends with them. The output of each failure is above.
writeFileSync(join(root, ".cache/unsteady.txt"), unsteady.map((line) => `${line}\n`).join(""));
if (unsteady.length > 0) console.log(`\n${unsteady.join("\n")}`);

if (values.only !== undefined) {
  for (const line of wrong) console.error(line);
  process.exit(wrong.length > 0 ? 1 : 0);
}
const path = (file) => join(root, file);
const committed = JSON.parse(readFileSync(path("docs/conformance.json"), "utf8"));
const all = [...linux, simulated, ...windows].map(({ name }) => name);
// A table that a complete run has not seen is gone.
const whole = values.windows && positionals.length === 0;
const recorded = JSON.parse(readFileSync(path("docs/kernels.json"), "utf8"));
const merged = withRecorded(whole ? now : updated(committed, now, all), recorded);
const changed = differences(committed, merged);
if (values.check) wrong.push(...changed.map((difference) => `docs/conformance.json: ${difference}`));
// Tests compare these documents with the tables; after a row is renamed, they are stale until
// written here.
const staleAlone = wrong.every((line) => line.endsWith("build/test/listen-map.test.js failed"));
if (wrong.length > 0 && (values.check || !staleAlone)) {
  console.error(`\n${wrong.join("\n")}`);
  if (values.check && changed.length > 0) console.error("npm run conformance updates the matrix");
  process.exit(1);
}
if (!values.check) {
  writeFileSync(path("docs/conformance.json"), `${JSON.stringify(merged, undefined, 2)}\n`);
  run(path("node_modules/.bin/biome"), ["format", "--write", path("docs/conformance.json")]);
  writeFileSync(path("docs/conformance.md"), conformancePage(merged));
  writeFileSync(path("docs/listen.md"), listenPage(merged));
}

/** `--only Simulated`, or a part of a column's name. */
function isAsked({ name }) {
  return values.only === undefined || name.toLowerCase().includes(values.only.toLowerCase());
}

/** Runs one column after the other. */
async function runColumns(columns) {
  for (const column of columns) {
    const results = join(folder, column.name);
    mkdirSync(results);
    const began = Date.now();
    const { failed, unsteady: again } = await column.run(positionals, results);
    const seconds = Math.round((Date.now() - began) / 1000);
    console.log(`${column.name}: ${failed.length === 0 ? "passed" : "failed"}, in ${seconds} s`);
    wrong.push(...failed.map((file) => `${column.name}: ${file} failed`));
    unsteady.push(...again.map((file) => `${column.name}: ${file}`));
    const files = readdirSync(results, { recursive: true }).filter((file) => file.endsWith(".jsonl"));
    records[column.name] = files.flatMap((file) =>
      readFileSync(join(results, file), "utf8").split("\n").filter(Boolean).map(JSON.parse),
    );
  }
}

/** The matrix, for a terminal: rows passed/skipped/failed. */
function print(conformance) {
  const failed = (call, column) =>
    records[column].filter((row) => row.call === call && row.outcome === "failed").length;
  const lines = Object.keys(conformance.calls).map((call) => [
    call,
    ...countsOf(conformance, call).map(({ passed, skipped }, index) => {
      const failures = failed(call, conformance.columns[index]);
      return `${passed - failures}/${skipped}/${failures}`;
    }),
  ]);
  const all = [["rows passed/skipped/failed", ...conformance.columns], ...lines];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  console.log();
  for (const line of all) console.log(line.map((cell, column) => cell.padEnd(widths[column])).join("  "));
  for (const { reason, rows } of reasonsOf(conformance)) {
    console.log(`\nskipped: ${reason}`);
    for (const { row, columns } of rows) console.log(`  ${row} (${columns.join("; ")})`);
  }
}
