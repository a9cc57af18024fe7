// Runs test files, several at a time. A file that fails has failed, even if it passes when rerun,
// unless scripts/unsteady.mjs explains why. With UNSTEADY=list in the environment, as in .ci/run, a
// file that passes when rerun is listed instead: a shared machine may stop for seconds.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { explanationOf } from "./unsteady.mjs";

/** If more files than this fail, rerunning them is pointless. */
const FEW = 5;

/**
 * Runs each file, some at a time; `run` resolves to whether it passed. Reruns a few failures once,
 * alone. That only helps to find the cause: a file that passes alone depends on load, or on what
 * runs beside it.
 *
 * @param explain returns why a file may fail now and then; a second run that passes is then enough
 * @param list whether a second run that passes is enough for any file
 * @returns the files that `failed`; and a line for each of them, or of those explained, that passed
 * alone, as `unsteady`
 */
export async function runFiles(files, atATime, run, explain = explanationOf, list = isListed()) {
  const first = await runAll(files, atATime, run);
  const again = first.length > FEW ? first : await runAll(first, 1, run);
  const unsteady = first.filter((file) => !again.includes(file));
  const explained = unsteady.filter((file) => list || explain(file) !== undefined);
  return {
    failed: first.filter((file) => !explained.includes(file)),
    unsteady: unsteady.map((file) => `${file} failed, and passed alone: ${explain(file) ?? "unexplained"}`),
  };
}

const isListed = () => process.env.UNSTEADY === "list";

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

/** An empty folder in `results` for the outcomes of one file's rows. */
export function resultsOf(results, file) {
  const folder = join(results, file.replaceAll("/", "-"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
