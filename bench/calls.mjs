// npm run bench:calls: the time of each call here and in C. calls.c and calls-here.mjs run in turn,
// round after round, each as a process on one processor; the figures are medians of the rounds. See
// docs/benchmarks.md.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installAndBuild } from "../scripts/install-and-build.mjs";
import { columns, spread, summary } from "./figures.mjs";
import { compiled, description, firstLine, pinned, processors } from "./machine.mjs";

const CALLS = 32 * 1024;
const ACCEPTS = 4 * 1024;

const { values: options } = parseArgs({
  options: {
    node: { type: "string", multiple: true, default: [process.execPath] },
    rounds: { type: "string", default: "15" },
    processor: { type: "string", default: `${processors().at(-1)}` },
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
const programs = [...cPrograms(), ...options.node.map(nodeProgram)];
const samples = new Map(programs.map(({ name }) => [name, new Map()]));

const rounds = Number(options.rounds);
for (let round = 0; round < rounds; round++) {
  process.stderr.write(`\rround ${round + 1} of ${rounds}`);
  for (const { name, command } of programs) record(samples.get(name), command);
}
process.stderr.write("\n");

const report = {
  ...description(),
  processor: Number(options.processor),
  rounds,
  calls: CALLS,
  accepts: ACCEPTS,
  unit: "nanoseconds per call: median, least and most of the rounds; wall is by the clock, cpu by the processor",
  results: results(),
};
mkdirSync(join(here, "results"), { recursive: true });
writeFileSync(join(here, "results", "calls.json"), `${JSON.stringify(report, null, 2)}\n`);
for (const node of options.node) print(nodeProgram(node).name);

/** The C program, alone and with a second thread; neither without a compiler. */
function cPrograms() {
  const program = compiled(join(here, "calls.c"), "calls");
  if (program === undefined) return [];
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

function record(into, command) {
  const [program, ...args] = pinned(command, options.processor);
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

/** A table by the processor, which a busy host disturbs least, and one by the clock. */
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
    "\n`C, threads` is C in a process with two threads, since every Node process has more than one. `koffi` is the bare\n" +
      "call. The ratio, the difference and the aim compare `throws` with `C`. The aim: at most 1.5 times C if C takes\n" +
      "a microsecond, at most 200 ns more if it takes less.",
  );
}

function verdict(c, ours) {
  if (c === undefined || ours === undefined) return { ratio: "-", over: "-", aim: "-" };
  const ratio = ours.median / c.median;
  const over = ours.median - c.median;
  const met = c.median >= 1000 ? ratio <= 1.5 : over <= 200;
  return { ratio: ratio.toFixed(2), over: `${over}`, aim: met ? "met" : "missed" };
}
