// Measures the cost of loading the package, and of running a command, compared with bare Node and
// with koffi alone, in turn; prints medians:
//
//   npm run bench:startup
//   npm run bench:startup -- --rounds 40 --node .cache/runtimes/…/node
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuild, root } from "../scripts/install-and-build.mjs";
import { columns, summary } from "./figures.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    node: { type: "string", default: process.execPath },
  },
});

installAndBuild();
const program = (text) => ["--input-type=module", "--eval", text];
const importing = (path) => program(`await import(${JSON.stringify(join(root, "dist", path))})`);
const command = (...words) => [join(root, "dist/cli/main.js"), ...words];
const programs = {
  "bare Node": program(""),
  koffi: program('import { createRequire } from "node:module"; createRequire(process.cwd() + "/x")("koffi")'),
  berkeley: importing("index.js"),
  "berkeley/posix": importing("posix/index.js"),
  "berkeley/net": importing("node/net/index.js"),
  "berkeley/simulated": importing("simulated/index.js"),
  "berkeley/register": ["--require", join(root, "dist/node/register.cjs"), ...program("")],
  "berkeley why 3000": command("why", "3000"),
  "berkeley --version": command("--version"),
};

const folder = mkdtempSync(join(tmpdir(), "berkeley-startup-"));
const samples = new Map(Object.keys(programs).map((name) => [name, []]));
try {
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, args] of Object.entries(programs)) samples.get(name).push(run(args));
} finally {
  rmSync(folder, { recursive: true });
}

const medians = new Map([...samples].map(([name, taken]) => [name, medianOf(taken)]));
const bare = medians.get("bare Node");
console.log(
  columns(
    [...medians].map(([name, { wall, cpu, memory }]) => ({
      program: name,
      "clock ms": wall.toFixed(0),
      "processor ms": cpu.toFixed(0),
      "over bare Node": (cpu - bare.cpu).toFixed(1),
      MiB: memory.toFixed(1),
      "over bare": (memory - bare.memory).toFixed(1),
    })),
  ),
);

/** Runs Node, which writes its own figures to a file at the end. */
function run(args) {
  const report = join(folder, "report.json");
  const began = performance.now();
  const { status, stderr, error } = spawnSync(
    values.node,
    ["--require", join(root, "bench/startup/report.cjs"), ...args],
    { cwd: root, encoding: "utf8", env: { ...process.env, BERKELEY_BENCH_REPORT: report } },
  );
  const wall = performance.now() - began;
  if (error !== undefined || stderr !== "") throw error ?? new Error(`status ${status}: ${stderr}`);
  return { wall, ...JSON.parse(readFileSync(report, "utf8")) };
}

function medianOf(taken) {
  const median = (key) =>
    summary(
      taken.map((each) => each[key]),
      (value) => value,
    ).median;
  return { wall: median("wall"), cpu: median("cpu"), memory: median("memory") };
}
