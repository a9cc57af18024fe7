// Keeps the outcomes of a run's rows in docs/kernels.json, from which `npm run conformance` makes
// columns of the matrix.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../install-and-build.mjs";

const file = join(root, "docs/kernels.json");

/** Adds the rows of a run to its column, `Linux 6.1, x64`. Rows that failed are not recorded. */
export async function recordRun({ column, kernel, runtime, command, rows }) {
  const failed = rows.filter(({ outcome }) => outcome === "failed");
  if (failed.length > 0) {
    console.error(`not recorded: ${failed.length} rows failed`);
    return;
  }
  const { recordedWith } = await import("../../build/test/recorded-runs.js");
  const date = new Date().toISOString().slice(0, 10);
  const before = JSON.parse(readFileSync(file, "utf8"));
  const after = recordedWith(before, column, { kernel, runtime, command, date }, rows);
  writeFileSync(file, `${JSON.stringify(after, undefined, 2)}\n`);
  run(join(root, "node_modules/.bin/biome"), ["format", "--write", file]);
}
