// How files of tests are run: several at a time. A file that fails has failed, even where it passes
// when run again, unless scripts/unsteady.mjs explains why.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { explanationOf } from "./unsteady.mjs";

/** With more failed files than these, running them again says nothing new. */
const FEW = 5;

/**
 * Runs each file, so many at a time; `run` resolves to whether it passed. A few that failed run once
 * more, alone. That only tells what to look for: one that passes alone depends on load, or on what
 * runs beside it.
 *
 * @param explain returns why a file may fail now and then; a second run that passes is then enough
 * @returns the files that `failed`; and a line for each of them, or explained one, that passed
 * alone, as `unsteady`
 */
export async function runFiles(files, atATime, run, explain = explanationOf) {
  const first = await runAll(files, atATime, run);
  const again = first.length > FEW ? first : await runAll(first, 1, run);
  const unsteady = first.filter((file) => !again.includes(file));
  const explained = unsteady.filter((file) => explain(file) !== undefined);
  return {
    failed: first.filter((file) => !explained.includes(file)),
    unsteady: unsteady.map((file) => `${file} failed, and passed alone: ${explain(file) ?? "unexplained"}`),
  };
}

async function runAll(files, atATime, run) {
  const failed = [];
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      if (!(await run(file))) failed.push(file);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return failed;
}

/** An empty folder in `results` for what becomes of the rows of one file. */
export function resultsOf(results, file) {
  const folder = join(results, file.replaceAll("/", "-"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
