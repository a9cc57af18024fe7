// npm run test:kernel -- 6.1: boots Debian's newest kernel of a series in QEMU, and runs the tests
// there, with Node 20. See docs/kernels.md.
//
//   npm run test:kernel -- 6.12 posix/listen    only tests whose path contains the words
//   npm run test:kernel -- 6.1 --arch arm64     on that processor
//   npm run test:kernel -- 6.1 --uml            in User-Mode Linux, which is many times faster
//   npm run test:kernel -- 6.1 --uml --optional  succeeds, and says so, if none boots here
//   npm run test:kernel -- 6.1 --record         keeps the rows' outcomes for the matrix
//   npm run test:kernel -- 6.1 --minutes 20     ends it after that time
//   npm run test:kernel -- 6.1 --resume         continues an interrupted run of the same build with
//                                               the files that failed or did not end
//   npm run test:kernel -- 6.1 engine/uring --name "close"   only tests with matching names
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuildTests, root } from "./install-and-build.mjs";
import { boot, EMULATOR, lacks } from "./kernel/machine.mjs";
import { recordRun } from "./kernel/recorded.mjs";
import { prepare, prepareUserMode } from "./kernel/root.mjs";
import { bootUserMode, lacksUserMode } from "./kernel/user-mode.mjs";
import { testFiles } from "./test-files.mjs";

/** How much slower the emulator may be than this host. */
const SLOWNESS = 30;
/** The same for User-Mode Linux, where only system calls are slower. */
const USER_MODE_SLOWNESS = 5;
/** The longest file takes ten seconds on this host; its time limit in minutes, by slowness. */
const FILE_MINUTES = 1;
/** It boots in ten seconds here, but the processors may be shared. */
const BOOT_SECONDS = 600;
/** Without an emulator it boots in two. */
const PROBE_SECONDS = 15;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    accel: { type: "string" },
    arch: { type: "string", default: "x64" },
    name: { type: "string" },
    optional: { type: "boolean", default: false },
    minutes: { type: "string", default: "120" },
    record: { type: "boolean", default: false },
    resume: { type: "boolean", default: false },
    uml: { type: "boolean", default: false },
  },
});
const [version, ...words] = positionals;
const architecture = { amd64: "x64", aarch64: "arm64" }[values.arch] ?? values.arch;
const usable = /^\d+\.\d+$/.test(version ?? "") && ["x64", "arm64"].includes(architecture);
// The matrix has columns of the kernels that Debian's users boot.
if (!usable || (values.uml && (values.record || values.accel || architecture !== "x64"))) {
  console.error(
    "usage: npm run test:kernel -- 6.1 [--arch arm64] [--record] [--minutes N] [--resume | words]\n" +
      "       npm run test:kernel -- 6.1 --uml [--minutes N] [--resume | words]",
  );
  process.exit(2);
}
const missing = values.uml ? lacksUserMode() : lacks(architecture);
if (missing !== undefined) {
  console.error(
    `Linux ${version} on ${values.uml ? "User-Mode Linux" : architecture} cannot run: ${missing}`,
  );
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const results = join(root, ".cache/kernels", `results-${version}-${values.uml ? "user-mode" : architecture}`);
/** The files of the run, which a resumed run continues. */
const list = join(results, "files");
const files = values.resume ? filesToResume() : filesOfNewRun();
const keepsRepository = values.resume;
const machine = values.uml
  ? prepareUserMode(version, { keepsRepository })
  : prepare(version, architecture, { keepsRepository });
const accelerator = values.uml ? "user mode" : (values.accel ?? (await fastest()));
const remaining = files.filter((file) => !endedFiles().some((end) => end.file === file));
console.log(`${machine.package}, ${accelerator}: ${remaining.length} files of ${files.length}`);

const { booted, finished, late, lines } = await run(accelerator, remaining, Number(values.minutes) * 60);
if (!booted) {
  if (values.optional) console.log(`SKIPPED: no test ran on Linux ${version}`);
  console.error(`${machine.package} did not boot${late ? " in time" : ""}; its last lines:`);
  console.error(lines.slice(-20).join("\n"));
  process.exit(values.optional ? 0 : 1);
}
await report(endedFiles());

function filesOfNewRun() {
  installAndBuildTests();
  const folders = ["posix/", "options/", "control/", "engine/", "net/", "diagnose/"];
  const wanted = words.length > 0 ? words : folders.map((folder) => `src/${folder}`);
  const chosen = tablesFirst(testFiles(wanted).filter((file) => !file.includes("/simulated/")));
  if (chosen.length === 0) {
    console.error(`no test matches ${words.join(" or ")}`);
    process.exit(2);
  }
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  writeFileSync(list, JSON.stringify(chosen));
  return chosen;
}

/** The files of the last run, whose outcomes are kept, except for those that failed. */
function filesToResume() {
  if (!existsSync(list) || words.length > 0) {
    console.error(words.length > 0 ? "--resume takes no words" : "there is no run to resume");
    process.exit(2);
  }
  for (const { status, name } of endedFiles()) if (status !== 0) rmSync(join(results, name));
  return JSON.parse(readFileSync(list, "utf8"));
}

/** The results that the virtual machine left for each file. */
function endedFiles() {
  return readdirSync(results)
    .filter((name) => name.endsWith(".js.json"))
    .map((name) => ({ name, ...JSON.parse(readFileSync(join(results, name), "utf8")) }));
}

/** Boots it with a request for these files; ends early if it does not boot, or takes too long. */
async function run(accelerator, files, seconds, bootSeconds = BOOT_SECONDS) {
  const slowness = { [EMULATOR]: SLOWNESS, "user mode": USER_MODE_SLOWNESS }[accelerator] ?? 1;
  const request = { files, name: values.name, timeout: FILE_MINUTES * slowness * 60_000, slowness };
  writeFileSync(join(results, "request.json"), JSON.stringify(request));
  const abort = new AbortController();
  const bootTimer = setTimeout(() => abort.abort(), bootSeconds * 1000);
  let booted = false;
  let finished = false;
  const bootMachine = values.uml ? bootUserMode : boot;
  const end = await bootMachine({
    ...machine,
    architecture,
    shares: { ...machine.shares, results },
    accelerator,
    seconds,
    signal: abort.signal,
    onLine: (line) => {
      if (line.startsWith("BOOTED")) {
        booted = true;
        clearTimeout(bootTimer);
      }
      if (line.startsWith("FINISHED 0")) finished = true;
      if (files.length > 0 && /^(BOOTED|DONE|the kernel has no)|panic|Oops|BUG:/.test(line))
        console.log(line);
    },
  });
  clearTimeout(bootTimer);
  return { ...end, booted, finished };
}

/** KVM, if a kernel boots with it: inside another virtual machine it may hang. */
async function fastest() {
  if (architecture !== process.arch || !existsSync("/dev/kvm")) return EMULATOR;
  const { booted } = await run("kvm", [], PROBE_SECONDS, PROBE_SECONDS);
  return booted ? "kvm" : EMULATOR;
}

/** The tables come first, since the matrix needs their rows even if time runs out. */
function tablesFirst(files) {
  const isTable = (file) => /\b(conformance|optionTests)\(/.test(readFileSync(join(root, file), "utf8"));
  return [...files.filter(isTable), ...files.filter((file) => !isTable(file))];
}

async function report(ended) {
  const rows = ended.flatMap((file) => file.rows);
  const failed = ended.filter(({ status }) => status !== 0);
  const notRun = files.filter((file) => !ended.some((end) => end.file === file));
  for (const { file, output } of failed) console.log(`# ${file}\n${output}`);
  for (const { file } of failed) console.error(`${file} failed`);
  for (const file of notRun) console.error(`${file} did not end`);
  const count = (outcome) => rows.filter((row) => row.outcome === outcome).length;
  console.log(
    `${machine.package}: ${ended.length - failed.length} files passed, ${failed.length} failed, ` +
      `${notRun.length} did not end; rows: ${count("passed")} passed, ${count("skipped")} skipped, ` +
      `${count("failed")} failed`,
  );
  if (!finished && notRun.length === 0) console.error("the machine did not end properly");
  if (values.record) {
    await recordRun({
      column: `Linux ${version}, ${architecture}`,
      kernel: machine.package,
      runtime: `Node ${ended[0]?.node}`,
      command: `npm run test:kernel -- ${version}${architecture === "arm64" ? " --arch arm64" : ""} --record`,
      rows,
    });
  }
  if (failed.length > 0 || notRun.length > 0) process.exitCode = 1;
}
