// Runs the tests that are meant for Windows under Wine, or those whose path contains one of the
// arguments: npm run test:windows -- posix/listen --node 20
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuildTests, root } from "./install-and-build.mjs";
import { resultsOf, runFiles } from "./run-files.mjs";
import { testFiles } from "./test-files.mjs";
import { endServer, installWindows, runOnWindows, startServer, windowsPath } from "./wine.mjs";

/**
 * Tests that say nothing about Windows, and why. Tables are not listed here: their rows are in the
 * matrix, and declare it themselves.
 */
const elsewhere = [
  ["cli/bad-usage", "some of it needs unix sockets, and folders without write permission"],
  ["cli/drops", "only Linux counts what a listener drops"],
  ["cli/foreign-text", "its names of files and processes are not possible there"],
  ["cli/free", "it ends processes with signals, which Windows does not have"],
  ["cli/output", "it ends the command with a signal, after which Windows leaves it no time for a summary"],
  ["cli/lost-output", "Windows has no /dev/full, and passes no descriptors to a command"],
  ["cli/overload", "as cli/output"],
  ["cli/ports", "it needs a terminal, and Linux programs; the diagnose/ below it is tested there"],
  ["cli/wait", "as cli/ports"],
  ["cli/several-ports", "as cli/wait"],
  ["cli/why", "as cli/ports"],
  ["cli/proxy", "as cli/output"],
  ["simulated/bundle", "it runs esbuild, whose program here is for Linux"],
  ["test/packetdrill/", "reads scripts, which are the same everywhere"],
  ["engine/readiness/loop-poller", "readiness.test runs on it there"],
  ["native/two-copies", "its copies link to a node_modules on another drive"],
  ["native/load-koffi", "the causes are produced with koffi's binaries for Linux"],
  ["net/stress/fake-timers", "its peers use MSG_DONTWAIT, which Windows lacks"],
  ["Wine hides the resets that it ends with, and libuv there reads no foreign descriptor"],
  ["net/stress/last-bytes", "its peers use unix sockets and MSG_DONTWAIT"],
  ["net/channel-guards", "reads src/, which is the same everywhere"],
  ["posix/argument-errors", "it passes descriptors, which Windows cannot, and reads src/"],
  ["src/node/", "berkeley/net, register and serve() are not supported on Windows yet"],
  ["posix/hostile-arguments", "its messages use a pair of datagram sockets"],
  ["engine/uring/", "only Linux has io_uring"],
  ["system/linux/", "Linux's own"],
  ["system/darwin/", "macOS's own"],
  ["system/freebsd/", "FreeBSD's own"],
  ["random-calls.test", "draws from Linux's constants"],
  ["system/headers.test", "asks Linux's C compiler"],
  ["layers.test", "reads src/, which is the same everywhere"],
  ["error-sets.test", "reads src/, which is the same everywhere"],
  ["throws.test", "reads src/, which is the same everywhere"],
  ["test/links.test", "reads documents, which are the same everywhere"],
  ["test/peer-names.test", "reads documents, which are the same everywhere"],
  ["test/listen-map.test", "reads src/, which is the same everywhere"],
  ["test/run-files.test", "tests scripts/, which are the same everywhere"],
  ["test/bounded-run.test", "it runs POSIX programs"],
  ["test/examples.test", "compiles the examples, which are the same everywhere"],
  ["src/examples.test", "starts the examples, which use Linux's unix sockets"],
  [
    "server-examples.test",
    "compiles the examples with a TypeScript that is not installed there, and ends them with SIGINT",
  ],
];
const AT_A_TIME = 2;
const TIMEOUT = 600_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: "string", default: "22" } },
});
installAndBuildTests();
const node = installWindows(values.node);
const files = testFiles(positionals).filter((path) => !elsewhere.some(([part]) => path.includes(part)));
if (files.length === 0) {
  console.error(`no test for Windows matches ${positionals.join(" or ")}`);
  process.exit(1);
}
inOwnNetwork();
const outputs = join(root, ".cache/windows/output");
rmSync(outputs, { recursive: true, force: true });
const { BERKELEY_CONFORMANCE_RESULTS: results } = process.env;

const runs = new Map();
startServer();
const { failed, unsteady } = await runFiles(files, AT_A_TIME, async (file) => {
  runs.set(file, await runFile(file));
  return runs.get(file).fail === 0;
});
endServer();
const sum = (name) => [...runs.values()].reduce((total, tests) => total + tests[name], 0);
const count = { pass: sum("pass"), fail: sum("fail"), skipped: sum("skipped") };
for (const line of unsteady) console.log(line);
for (const [part, reason] of positionals.length === 0 ? elsewhere : [])
  console.log(`not run: ${part} (${reason})`);
console.log(`Node ${values.node} on Wine: ${count.skipped} skipped`);
console.log(`${count.pass} passed, ${count.fail} failed, ${count.skipped} skipped`);
process.exit(failed.length === 0 ? 0 : 1);

/**
 * Continues in a network namespace, if it can create one. For each socket of the host, Wine
 * searches every descriptor of every program of its own, and other tests leave thousands of
 * connections in TIME_WAIT (nsiproxy.sys, in dlls/nsiproxy.sys/tcp.c).
 */
function inOwnNetwork() {
  const unshare = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
  const run = (command, stdio, env) =>
    spawnSync(unshare[0], [...unshare.slice(1), ...command], { stdio, env });
  if (process.env.BERKELEY_OWN_NETWORK !== undefined || run(["true"], "ignore").status !== 0) return;
  const env = { ...process.env, BERKELEY_OWN_NETWORK: "1" };
  process.exit(run([process.execPath, ...process.argv.slice(1)], "inherit", env).status ?? 1);
}

async function runFile(file) {
  const output = join(outputs, `${file}.txt`);
  const tap = join(outputs, `${file}.tap`);
  const reporters = [
    ["tap", windowsPath(tap)],
    ["spec", "stdout"],
  ].flatMap(([reporter, to]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${to}`]);
  const environment =
    results === undefined ? {} : { BERKELEY_CONFORMANCE_RESULTS: windowsPath(resultsOf(results, file)) };
  const status = await runOnWindows(node, {
    file,
    args: reporters,
    output,
    environment,
    timeout: TIMEOUT,
  });
  const tests = readTap(tap);
  const ended = tests.ended && (status === 0) === (tests.fail === 0);
  if (!ended) tests.fail += 1;
  if (tests.fail > 0) console.log(readFileSync(output, "utf8"));
  const how = ended ? "" : `; it ended with status ${status ?? `none in ${TIMEOUT / 1000} s`}`;
  console.log(`${file}: ${tests.pass} passed, ${tests.fail} failed, ${tests.skipped} skipped${how}`);
  return tests;
}

/** The counts at the end of a TAP file. */
function readTap(path) {
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // Node did not get that far.
  }
  const number = (name) => Number(new RegExp(`^# ${name} (\\d+)\\r?$`, "m").exec(text)?.[1] ?? 0);
  const [pass, fail, skipped] = ["pass", "fail", "skipped"].map(number);
  return { pass, fail, skipped, ended: /^# duration_ms /m.test(text) };
}
