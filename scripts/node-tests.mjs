// npm run node-tests -- DIR: runs Node's own tests, of a folder that has its test/common,
// test/parallel and test/sequential, with stock Node and then with `berkeley/register`, and prints
// those that pass with the first alone. Nothing of them is kept here. The tests of the running
// version are in its repository.
//
//   npm run node-tests -- DIR --only net          test-net-*.js; several with commas
//   npm run node-tests -- DIR --only net-connect  whose names begin with that
//   npm run node-tests -- DIR --node PATH         another Node than this one
//   npm run node-tests -- DIR --engine readiness  on one engine
//   npm run node-tests -- DIR --preload PATH      another build of register.cjs
//   npm run node-tests -- DIR --show              prints the output of tests that fail
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuild, root } from "./install-and-build.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "net,http,https,tls,http2" },
    node: { type: "string", default: process.execPath },
    engine: { type: "string", default: "" },
    preload: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
    show: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("npm run node-tests -- DIR [--only net,http] [--node PATH] [--engine NAME] [--show]");
  process.exit(2);
}
if (values.preload === "") installAndBuild();

const LIMIT = 30_000;
const preload = values.preload || join(root, "dist/node/register.cjs");
const temporary = mkdtempSync(join(tmpdir(), "berkeley-node-tests-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** The tests named test-net-*.js, but not those of `netns`. */
const isWanted = (name) =>
  values.only.split(",").some((begin) => new RegExp(`^test-${begin}(-.*)?\\.m?js$`).test(name)) ||
  values.only.split(",").some((begin) => begin.includes("-") && name.startsWith(`test-${begin}`));

const filesOf = (kind) =>
  readdirSync(join(folder, "test", kind))
    .filter(isWanted)
    .map((name) => join(folder, "test", kind, name));

const results = [];
await inParallel(filesOf("parallel"), Number(values.jobs));
await inParallel(filesOf("sequential"), 1);

const passedStock = results.filter(({ stock }) => stock === "passed");
const failed = passedStock.filter(({ ours }) => ours.outcome !== "passed");
const skipped = results.filter(({ stock }) => stock === "skipped").length;
for (const { file, ours } of failed) {
  console.log(`${basename(file)}: ${ours.outcome}: ${ours.reason}`);
  if (values.show) console.log(ours.output.replace(/^/gm, "    "));
}
console.log(
  `${passedStock.length - failed.length} of the ${passedStock.length} that stock Node passes passed; of ` +
    `${results.length} files it skipped ${skipped}, and failed ` +
    `${results.length - skipped - passedStock.length}`,
);
process.exit(failed.length > 0 ? 1 : 0);

async function inParallel(files, jobs) {
  const left = [...files];
  await Promise.all(
    Array.from({ length: jobs }, async (_, index) => {
      for (let file = left.shift(); file !== undefined; file = left.shift()) {
        const stock = (await run(file, index, false)).outcome;
        // A test may have failed because the machine is busy.
        let ours = stock === "passed" ? await run(file, index, true) : undefined;
        if (ours !== undefined && ours.outcome !== "passed") ours = await run(file, index, true);
        results.push({ file, stock, ours });
      }
    }),
  );
}

/** Runs a file with the flags that its first lines request. */
function run(file, index, registered) {
  const text = readFileSync(file, "utf8");
  const flags = /^\/\/ Flags:\s*(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
  const args = [...flags, ...(registered ? ["--require", preload] : []), file];
  const env = { ...process.env, TEST_THREAD_ID: `${index}`, TEST_PARALLEL: "1", NODE_TEST_DIR: temporary };
  if (values.engine !== "") env.BERKELEY_ENGINE = values.engine;
  return new Promise((resolve) => {
    const child = spawn(values.node, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (data) => {
        if (output.length < 100_000) output += data;
      });
    }
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const skips = /^1\.\.0 # Skipped/m.test(output);
      const outcome = code !== 0 ? "failed" : skips ? "skipped" : "passed";
      resolve({ outcome, output, reason: signal ?? reasonOf(output) });
    });
  });
}

/** The most informative line of a failure. */
function reasonOf(output) {
  const lines = output.split("\n").map((line) => line.trim());
  const error =
    lines.find((line) => /^([A-Z]\w*)?(Error|Mismatched)\b.*[:[]/.test(line)) ?? lines.find(Boolean);
  return (error ?? "no output").slice(0, 160);
}
