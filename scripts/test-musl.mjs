// npm run test:musl: runs the tables on Bun for musl, on this host's kernel, in a separate root.
// Bun and koffi for musl need a libstdc++ for musl, which neither npm nor Debian has; Debian's own
// works with the glibc symbols that it needs (scripts/kernel/glibc-names.c).
//
//   npm run test:musl -- posix/listen    only tests whose path contains the words
//   npm run test:musl -- --record        keeps the rows' outcomes for the matrix
import { spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuildTests, root, run } from "./install-and-build.mjs";
import { installForeign } from "./kernel/foreign-package.mjs";
import { recordRun } from "./kernel/recorded.mjs";
import { cache, debianRoot } from "./kernel/root.mjs";
import { resultsOf, runFiles } from "./run-files.mjs";
import { testFiles } from "./test-files.mjs";

const MINUTES = 5;
const BUN = "@oven/bun-linux-x64-musl";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: "boolean", default: false } },
});
if (process.arch !== "x64" || process.getuid?.() !== 0) {
  console.error("it needs x64, and root for a mount namespace");
  process.exit(2);
}
installAndBuildTests();
const folders = ["posix/", "options/", "control/", "diagnose/"].map((folder) => `build/src/${folder}`);
const files = testFiles(positionals.length > 0 ? positionals : folders);
const { debian, folder: lower } = debianRoot("x64");
const upper = muslRoot();
const results = join(cache, "results-musl");
rmSync(results, { recursive: true, force: true });
for (const name of [results, join(cache, "changes")]) mkdirSync(name, { recursive: true });

const { failed } = await runFiles(files, 2, (file) => runFile(file));
const parts = readdirSync(results, { recursive: true }).filter((name) => name.endsWith(".jsonl"));
const rows = parts.flatMap((name) =>
  readFileSync(join(results, name), "utf8").split("\n").filter(Boolean).map(JSON.parse),
);
const count = (outcome) => rows.filter((row) => row.outcome === outcome).length;
for (const file of failed) console.error(`${file} failed`);
console.log(
  `${files.length} files, ${failed.length} failed; ` +
    `rows: ${count("passed")} passed, ${count("skipped")} skipped, ${count("failed")} failed`,
);
if (values.record) {
  await recordRun({
    column: "Linux, musl",
    kernel: release().replace(/-.*/, ""),
    runtime: `Bun ${bunVersion()}, musl ${debian.version("musl").replace(/-.*/, "")}`,
    command: "npm run test:musl -- --record",
    rows,
  });
}
if (failed.length > 0) process.exitCode = 1;

/** The overlay on Debian's root: musl, Bun for musl, and the C++ libraries. */
function muslRoot() {
  const folder = join(cache, "musl");
  const libraries = join(folder, "usr/lib/musl-c++");
  if (existsSync(join(libraries, "ld-linux-x86-64.so.2"))) return folder;
  debian.update();
  debian.unpack(["musl"], folder, { dependencies: false });
  mkdirSync(libraries, { recursive: true });
  const gnu = "lib/x86_64-linux-gnu";
  cpSync(join(lower, "usr", gnu, "libstdc++.so.6"), join(libraries, "libstdc++.so.6"), { dereference: true });
  copyFileSync(join(lower, gnu, "libgcc_s.so.1"), join(libraries, "libgcc_s.so.1"));
  writeFileSync(join(folder, "etc/ld-musl-x86_64.path"), "/usr/lib/musl-c++\n/lib/x86_64-linux-musl\n");
  const bun = installForeign(BUN, 1, join(cache, "bun-musl"));
  mkdirSync(join(folder, "usr/local/bin"), { recursive: true });
  copyFileSync(join(bun, "bin/bun"), join(folder, "usr/local/bin/bun"));
  const names = join(root, "scripts/kernel/glibc-names.c");
  run("gcc", ["-shared", "-fPIC", "-nostdlib", "-o", join(libraries, "ld-linux-x86-64.so.2"), names]);
  return folder;
}

function bunVersion() {
  const file = join(cache, "bun-musl/node_modules", BUN, "package.json");
  return JSON.parse(readFileSync(file, "utf8")).version;
}

/** Runs a file in its own mount namespace, which ends with it. */
function runFile(file) {
  const rows = resultsOf(results, file);
  const script = join(root, "scripts/kernel/in-musl-root.sh");
  const limit = ["timeout", "--kill-after=5", `${MINUTES}m`];
  const command = ["bun", "test", `--timeout=${MINUTES * 60_000}`, `./${file}`];
  const child = spawn("unshare", ["--mount", ...limit, "sh", script, ...command], {
    env: {
      ...process.env,
      UPPER: upper,
      LOWER: lower,
      CHANGES: join(cache, "changes"),
      ROWS: rows,
      REPOSITORY: root,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (status !== 0) console.log(`# ${file}\n${Buffer.concat(chunks)}`);
      resolve(status === 0);
    });
  });
}
