// The systems and runtimes that the conformance tables run on, and how the tests are run on each.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install-and-build.mjs";
import { resultsOf, runFiles } from "./run-files.mjs";
import { installRuntimes, isNode } from "./runtimes.mjs";
import { testFiles } from "./test-files.mjs";

// More than a small host's processors, since a test file mostly waits for the system.
const AT_A_TIME = 4;
// A test that waits for ever must fail; the longest file takes half a minute.
const TIMEOUT = 300_000;

/**
 * The tests for Bun and Deno: all except those of the command, which is smoke-tested there, and
 * those of the source and of systems' numbers, which are the same for every runtime.
 */
const forEveryRuntime =
  /^build\/src\/(address|control|diagnose|engine|errors|examples|net|options|posix|server-examples|simulated\/(bundle|crash|network-capture|randomness|real-work|run|shrink|timers)\.)/;

/**
 * The tests for Node 22 and 24: the tables. Every other test runs on the oldest and the newest
 * Node.
 */
const isTable = (file) => /\b(conformance|optionTests)\(/.test(readFileSync(join(root, file), "utf8"));

/** Whether a runtime runs a file of tests. */
function runsOn(runtime, file) {
  if (!isNode(runtime)) return forEveryRuntime.test(file);
  return ["20", "26"].includes(runtime.version) || isTable(file);
}

/** The longest files start first, so that no column ends with one of them alone. */
const LONGEST = ["stress/many", "engine/uring/uring", "engine/readiness/readiness", "stress/", "cli/"];
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

/** The columns on this host. */
export const linux = installRuntimes().map((runtime) => {
  const runner = runners[isNode(runtime) ? "node" : runtime.name];
  const name = isNode(runtime)
    ? `Node ${runtime.version}`
    : runtime.name.replace(/^./, (letter) => letter.toUpperCase());
  const files = (words) => longestFirst(testFiles(words).filter((file) => runsOn(runtime, file)));
  return {
    name: `Linux, ${name}`,
    /**
     * Runs the files whose path contains one of the words; `results` is a folder for the outcomes
     * of the rows.
     */
    run: (words, results) =>
      runFiles(files(words), AT_A_TIME, async (file) => {
        const { status } = await runTold(
          `Linux, ${name}: ${file}`,
          [runtime.program, ...runner(file)],
          resultsOf(results, file),
          TIMEOUT,
        );
        return status === 0;
      }),
  };
});

/** A simulated host, on the oldest Node: the rows of the tables that concern a kernel. */
export const simulated = {
  name: "Simulated",
  run: (words, results) =>
    runFiles(testFiles(words).filter(isSimulatedTable), AT_A_TIME, async (file) => {
      const { program } = installRuntimes().find((runtime) => isNode(runtime) && runtime.version === "20");
      const told = `Simulated: ${file}`;
      const env = { BERKELEY_SIMULATED: "1" };
      const { status } = await runTold(told, [program, file], resultsOf(results, file), TIMEOUT, env);
      return status === 0;
    }),
};

/** Excludes the tables of diagnose/, which inspect this machine. */
const isSimulatedTable = (file) => isTable(file) && /^build\/src\/(net|options|posix)\//.test(file);

/**
 * Windows, as far as Wine emulates it: a separate script runs the tests there, and reports
 * failures.
 */
export const windows = ["22", "20"].map((major) => {
  const name = `Windows (Wine), Node ${major}`;
  return {
    name,
    run: async (words, results) => {
      const command = [process.execPath, "scripts/test-windows.mjs", "--node", major, ...words];
      const { status, output } = await runTold(name, command, results, 25 * 60_000);
      return {
        failed: status === 0 ? [] : ["some file"],
        unsteady: output.match(/^.* failed, and passed alone: .*$/gm) ?? [],
      };
    },
  };
});

/** Runs a command, and prints its output if it failed. */
async function runTold(what, command, results, timeout, more = {}) {
  const { runBounded } = await import("../build/test/bounded-run.js");
  // Node 26 reads these on a thread of its own, whose descriptor some tests would count.
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const env = { ...inherited, ...more, BERKELEY_CONFORMANCE_RESULTS: results, NO_COLOR: "1" };
  const began = Date.now();
  const end = await runBounded({ command, cwd: root, env, timeout });
  const column = what.split(": ")[0];
  skips.set(column, (skips.get(column) ?? 0) + skipsIn(end.output));
  took.push({ what, seconds: Math.round((Date.now() - began) / 1000) });
  if (end.status !== 0) console.log(`# ${what}\n${end.output}`);
  return end;
}

/** How many tests a runtime's summary reports as skipped: Node's TAP and spec, Bun's and Deno's. */
function skipsIn(output) {
  const counts = [...output.matchAll(/^\W*skipped (\d+)$|^ *(\d+) skip$|\| (\d+) ignored/gm)];
  return counts.reduce(
    (sum, [, ...numbers]) => sum + Number(numbers.find((number) => number !== undefined)),
    0,
  );
}

const skips = new Map();
/** How many tests were skipped in each column, so far. */
export const skipped = () => [...skips];

const took = [];
/** The commands that took longest, so far. */
export const slowest = (count) =>
  took.toSorted((left, right) => right.seconds - left.seconds).slice(0, count);
