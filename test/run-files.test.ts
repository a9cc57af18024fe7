import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "./root.ts";

type RunFiles = (
  files: readonly string[],
  atATime: number,
  run: (file: string) => Promise<boolean>,
  explain: (file: string) => string | undefined,
  list: boolean,
) => Promise<{ readonly failed: readonly string[]; readonly unsteady: readonly string[] }>;

const url = pathToFileURL(join(root, "scripts/run-files.mjs")).href;
const { runFiles }: { readonly runFiles: RunFiles } = await import(url);

/** Runs files that pass from their `passes`th run on. */
function runOnce(
  passes: Readonly<Record<string, number>>,
  explained: Readonly<Record<string, string>>,
  list = false,
) {
  const runs = new Map<string, number>();
  const run = async (file: string) => {
    const count = (runs.get(file) ?? 0) + 1;
    runs.set(file, count);
    return count >= (passes[file] ?? 1);
  };
  return runFiles(Object.keys(passes), 2, run, (file) => explained[file], list);
}

test("a file that fails has failed, even if it passes when rerun", async () => {
  const { failed, unsteady } = await runOnce({ good: 1, unsteady: 2, bad: 3 }, {});
  assert.deepEqual([...failed].sort(), ["bad", "unsteady"]);
  assert.deepEqual(unsteady, ["unsteady failed, and passed alone: unexplained"]);
});

test("a file whose failures are explained must pass one of two runs", async () => {
  const explained = { unsteady: "a bug of the runtime", bad: "a bug of the runtime" };
  const { failed, unsteady } = await runOnce({ unsteady: 2, bad: 3 }, explained);
  assert.deepEqual(failed, ["bad"]);
  assert.deepEqual(unsteady, ["unsteady failed, and passed alone: a bug of the runtime"]);
});

test("where a shared machine runs them, a file that passes when rerun is listed", async () => {
  const { failed, unsteady } = await runOnce({ good: 1, unsteady: 2, bad: 3 }, {}, true);
  assert.deepEqual(failed, ["bad"]);
  assert.deepEqual(unsteady, ["unsteady failed, and passed alone: unexplained"]);
});
