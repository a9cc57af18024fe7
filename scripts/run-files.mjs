// How files of tests are run: several at a time, and a few that failed once more.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** More files than these that fail in one run are no accident. */
const ONCE_MORE = 5;

/**
 * Runs each file, so many at a time; `run` tells whether it passed. A few that failed are run once
 * more, alone, to help explain them: `failed` did not pass then either. `unsteady` did, and still
 * needs explaining and fixing.
 */
export async function runFiles(files, atATime, run) {
  const first = await runAll(files, atATime, run);
  const failed = first.length > ONCE_MORE ? first : await runAll(first, 1, run);
  const unsteady = first.filter((file) => !failed.includes(file));
  return { failed, unsteady: unsteady.map((file) => `${file} failed, and passed once more`) };
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
