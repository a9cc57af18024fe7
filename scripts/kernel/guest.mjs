// Runs test files inside the virtual machine, one or two at a time, and leaves a JSON file for each
// in the folder of results, where the host reads it: its exit status, output, and rows.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

const results = "/results";
const { files, name, timeout, slowness } = JSON.parse(readFileSync(join(results, "request.json"), "utf8"));
const filter = name === undefined ? [] : [`--test-name-pattern=${name}`];
const queue = [...files];
await Promise.all(cpus().map(worker));

async function worker() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
}

async function runFile(file) {
  const began = performance.now();
  const name = file.replaceAll("/", "-");
  const rowsFolder = join("/tmp/rows", name);
  mkdirSync(rowsFolder, { recursive: true });
  const { status, output } = await run(file, rowsFolder);
  const rows = readdirSync(rowsFolder).flatMap((part) =>
    readFileSync(join(rowsFolder, part), "utf8").split("\n").filter(Boolean).map(JSON.parse),
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  // Renamed only once it is complete.
  const partial = join(results, "partial");
  writeFileSync(
    partial + name,
    JSON.stringify({ file, node: process.versions.node, status, seconds, output, rows }),
  );
  renameSync(partial + name, join(results, `${name}.json`));
  console.log(`DONE ${file}: ${status === 0 ? "passed" : `failed (${status})`}, in ${seconds} s`);
}

/** Runs one file. After the time limit the whole process group is killed. */
function run(file, rows) {
  const scale = new URL("scale-time-limits.cjs", import.meta.url).pathname;
  const env = {
    ...process.env,
    BERKELEY_KERNEL_GUEST: "1",
    BERKELEY_CONFORMANCE_RESULTS: rows,
    BERKELEY_SLOWNESS: String(slowness),
    NODE_OPTIONS: `--require=${scale}`,
  };
  const child = spawn(process.execPath, [...filter, file], {
    cwd: "/repository",
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    const kill = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nended after ${timeout / 1000} s\n`));
      kill();
    }, timeout);
    child.once("exit", (status, signal) => {
      clearTimeout(timer);
      // Leftover processes would keep its output open.
      kill();
      setImmediate(() => resolve({ status: status ?? signal, output: Buffer.concat(chunks).toString() }));
    });
  });
}
