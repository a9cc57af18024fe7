// npm run bench:calls: what a call takes here, and what it takes in C. Programs of calls.c and calls-here.mjs run one
// after the other, round after round, each a process of its own on one processor; the figures are medians of the rounds.
// See docs/benchmarks.md.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installAndBuild, root } from "../scripts/install-and-build.mjs";

const CALLS = 32 * 1024;
const ACCEPTS = 4 * 1024;

const { values: options } = parseArgs({
  options: {
    node: { type: "string", multiple: true, default: [process.execPath] },
    rounds: { type: "string", default: "15" },
    processor: { type: "string", default: lastProcessor() },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  console.log(`npm run bench:calls -- [--node PATH]... [--rounds N] [--processor N]

  --node PATH      a Node to measure, besides others; this one by default
  --rounds N       how often each program runs; 15 by default
  --processor N    the processor that they run on; the last one by default`);
  process.exit(0);
}

installAndBuild();
const here = dirname(fileURLToPath(import.meta.url));
const pin = succeeds("taskset", ["--version"]) ? ["taskset", "-c", options.processor] : [];
const programs = [...cPrograms(), ...options.node.map(nodeProgram)];
const samples = new Map(programs.map(({ name }) => [name, new Map()]));

const rounds = Number(options.rounds);
for (let round = 0; round < rounds; round++) {
  process.stderr.write(`\rround ${round + 1} of ${rounds}`);
  for (const { name, command } of programs) record(samples.get(name), command);
}
process.stderr.write("\n");

const report = {
  date: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
  system: `${type()} ${release()}`,
  compiler: programs.some(({ name }) => name === "C") ? firstLine(compiler(), ["--version"]) : null,
  processor: pin.length > 0 ? Number(options.processor) : null,
  rounds,
  calls: CALLS,
  accepts: ACCEPTS,
  unit: "nanoseconds per call: median, least and most of the rounds; wall is by the clock, cpu by the processor",
  results: results(),
};
mkdirSync(join(here, "results"), { recursive: true });
writeFileSync(join(here, "results", "calls.json"), `${JSON.stringify(report, null, 2)}\n`);
for (const node of options.node) print(nodeProgram(node).name);

/** The C program, alone and with a second thread; none where there is no compiler. */
function cPrograms() {
  const program = join(root, ".cache", "calls");
  mkdirSync(dirname(program), { recursive: true });
  const built = spawnSync(compiler(), ["-O2", "-pthread", "-o", program, join(here, "calls.c")], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (built.status !== 0) {
    console.error(`no C to compare with: ${built.error?.message ?? `${compiler()} failed`}`);
    return [];
  }
  const command = [program, `${CALLS}`, `${ACCEPTS}`];
  return [
    { name: "C", command },
    { name: "C, threads", command: [...command, "threads"] },
  ];
}

function nodeProgram(path) {
  const command = [path, join(here, "calls-here.mjs"), `${CALLS}`, `${ACCEPTS}`];
  return { name: `Node ${firstLine(path, ["--version"])}`, command };
}

function compiler() {
  return process.env.CC ?? "cc";
}

function record(into, command) {
  const [program, ...args] = [...pin, ...command];
  const output = execFileSync(program, args, { encoding: "utf8" });
  for (const line of output.trim().split("\n")) {
    const { call, by, wall, cpu } = JSON.parse(line);
    const key = JSON.stringify({ call, by });
    const sample = into.get(key) ?? { wall: [], cpu: [] };
    sample.wall.push(wall);
    sample.cpu.push(cpu);
    into.set(key, sample);
  }
}

function results() {
  return [...samples].flatMap(([program, calls]) =>
    [...calls].map(([key, { wall, cpu }]) => ({
      ...JSON.parse(key),
      program,
      wall: summary(wall),
      cpu: summary(cpu),
    })),
  );
}

function summary(values) {
  const sorted = values.map(Math.round).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle] : Math.round((sorted[middle - 1] + sorted[middle]) / 2);
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** A table by the processor, which a busy machine disturbs least, and one by the clock. */
function print(program) {
  const calls = [...new Set(report.results.map(({ call }) => call))];
  const find = (program, call, by) =>
    report.results.find((result) => result.program === program && result.call === call && result.by === by);
  for (const clock of ["cpu", "wall"]) {
    const what = clock === "cpu" ? "processor time, user and system" : "time by the clock";
    console.log(`\n${program}: nanoseconds per call, ${what}; medians (least-most) of ${rounds} rounds`);
    const rows = calls.map((call) => {
      const c = find("C", call, "C")?.[clock];
      const throws = find(program, call, "throws")?.[clock];
      return {
        call,
        C: spread(c),
        "C, threads": spread(find("C, threads", call, "C")?.[clock]),
        koffi: spread(find(program, call, "koffi")?.[clock]),
        try: spread(find(program, call, "try")?.[clock]),
        throws: spread(throws),
        ...verdict(c, throws),
      };
    });
    console.log(columns(rows));
  }
  console.log(
    "\n`C, threads` is C in a process of two threads, as every Node process has more than one. `koffi` is the bare\n" +
      "call. The ratio, the difference and the aim compare `throws` with `C`. The aim: not over 1.5 times C where C\n" +
      "takes a microsecond, not over 200 ns more where it takes less.",
  );
}

function spread(figures) {
  return figures === undefined ? "-" : `${figures.median} (${figures.min}-${figures.max})`;
}

function verdict(c, ours) {
  if (c === undefined || ours === undefined) return { ratio: "-", over: "-", aim: "-" };
  const ratio = ours.median / c.median;
  const over = ours.median - c.median;
  const met = c.median >= 1000 ? ratio <= 1.5 : over <= 200;
  return { ratio: ratio.toFixed(2), over: `${over}`, aim: met ? "met" : "missed" };
}

function columns(rows) {
  const table = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join("  "),
    )
    .join("\n");
}

/** Of the processors that this process may run on. */
function lastProcessor() {
  const allowed = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return allowed?.[1] ?? "0";
}

function succeeds(command, args) {
  return spawnSync(command, args).status === 0;
}

function firstLine(command, args) {
  return execFileSync(command, args, { encoding: "utf8" }).split("\n")[0];
}
