// The systems and runtimes that the conformance tables run on, and how the tests are run on each.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install-and-build.mjs";
import { installRuntimes, isNode } from "./runtimes.mjs";
import { testFiles } from "./test-files.mjs";

// More than a small machine has processors: a file of tests waits for the system most of its time.
const AT_A_TIME = 4;
// A test that waits for what does not come fails; the longest file takes half a minute.
const TIMEOUT = 300_000;

/**
 * What Bun and Deno run: all but the tests of the command, which is smoke-tested there, and those of the source and of the numbers of systems,
 * which are the same for every runtime.
 */
const forEveryRuntime =
  /^dist\/(address|control|diagnose|engine|errors|examples|options|posix|server-examples|stream)/;

/** What Node 22 and 24 run: the tables. Every other test runs on the oldest and the newest Node. */
const isTable = (file) => /\b(conformance|optionTests)\(/.test(readFileSync(join(root, file), "utf8"));

/** Whether a runtime runs a file of tests. */
function runsOn(runtime, file) {
  if (!isNode(runtime)) return forEveryRuntime.test(file);
  return ["20", "26"].includes(runtime.version) || isTable(file);
}

/** Files that take longest begin first, so that no column ends with one of them alone. */
const LONGEST = ["holds-up/many", "engine/uring/uring", "engine/readiness/readiness", "holds-up/", "cli/"];
function longestFirst(files) {
  const rank = (file) => LONGEST.findIndex((part) => file.includes(part)) + 1 || LONGEST.length + 1;
  return files.toSorted((left, right) => rank(left) - rank(right));
}

/** How each runtime runs a file of tests. */
const runners = {
  bun: (file) => ["test", `--timeout=${TIMEOUT}`, `./${file}`],
  deno: (file) => ["test", "-A", "--no-check", file],
  node: (file) => [file],
};

/** What runs here. */
export const linux = installRuntimes().map((runtime) => {
  const runner = runners[isNode(runtime) ? "node" : runtime.name];
  const name = isNode(runtime)
    ? `Node ${runtime.version}`
    : runtime.name.replace(/^./, (letter) => letter.toUpperCase());
  return {
    name: `Linux, ${name}`,
    files: (words) => longestFirst(testFiles(words).filter((file) => runsOn(runtime, file))),
    command: (file) => [runtime.program, ...runner(file)],
  };
});

/** Windows, as far as Wine is one: a script of its own runs the tests there, and tells which failed. */
export const windows = ["22", "20"].map((major) => {
  const script = ["scripts/test-windows.mjs", "--node", major];
  return {
    name: `Windows (Wine), Node ${major}`,
    files: (words) => [words],
    command: (words) => [process.execPath, ...script, ...words],
    timeout: 20 * 60_000,
  };
});

/** Runs the tests of a column, or those whose path contains one of the words; gives the files that failed. `results` is a folder for what became of the rows. */
export async function runColumn(column, words, results) {
  const files = column.files(words);
  const { runBounded } = await import("../dist/conformance/bounded-run.js");
  const failed = [];
  const started = Date.now();
  const took = [];
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const began = Date.now();
      const { status, output } = await runBounded({
        command: column.command(file),
        cwd: root,
        env: { ...process.env, BERKELEY_CONFORMANCE_RESULTS: results, NO_COLOR: "1" },
        timeout: column.timeout ?? TIMEOUT,
      });
      took.push({ file, seconds: Math.round((Date.now() - began) / 1000) });
      if (status === 0) continue;
      failed.push(file);
      console.log(`# ${column.name}: ${file}\n${output}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  const seconds = Math.round((Date.now() - started) / 1000);
  const slowest = took.sort((left, right) => right.seconds - left.seconds).slice(0, 3);
  const named = slowest.map(({ file, seconds }) => `${file} ${seconds} s`).join(", ");
  console.log(`${column.name}: ${failed.length === 0 ? "passed" : "failed"}, in ${seconds} s (${named})`);
  return failed;
}
