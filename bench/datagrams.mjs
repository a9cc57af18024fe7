// npm run bench:datagrams: datagrams a second over loopback, for this library, node:dgram and C.
// The measured program has a processor to itself. The other end, on another processor, is always
// the same C program, which is faster: it sends more than any receiver takes, and takes more than
// any sender sends. The programs run in turn, round after round; the figures are medians of the
// rounds. See docs/benchmarks.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installAndBuild } from "../scripts/install-and-build.mjs";
import { columns, spread, summary } from "./figures.mjs";
import { compiled, description, firstLine, pinned, processors } from "./machine.mjs";

const SIZES = [64, 1200];
const MILLISECONDS = 300;
/** A program that takes longer is stuck. */
const TIMEOUT = 20_000;

const { values: options } = parseArgs({
  options: {
    node: { type: "string", default: process.execPath },
    rounds: { type: "string", default: "5" },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  console.log(`npm run bench:datagrams -- [--node PATH] [--rounds N]

  --node PATH      the Node to measure; this one by default
  --rounds N       how often each program runs; 5 by default, which take a minute and a half`);
  process.exit(0);
}

installAndBuild();
const here = dirname(fileURLToPath(import.meta.url));
const c = compiled(join(here, "datagrams.c"), "datagrams");
if (c === undefined) process.exit(1);
const allowed = processors();
if (allowed.length < 2) console.error("one processor only: both ends share it, so the rates mean little");
const [measuredOn, otherOn] = [allowed.at(-1), allowed.at(-2) ?? allowed.at(-1)];

const node = [options.node, join(here, "datagrams-here.mjs")];
/** The measured programs: `command` returns the program that sends or receives. */
const programs = [
  { by: "berkeley", how: "plain", command: (direction) => [...node, direction, "berkeley", "plain"] },
  { by: "dgram", how: "plain", command: (direction) => [...node, direction, "dgram", "plain"] },
  { by: "C", how: "plain", command: (direction) => [c, direction, "plain"] },
  { by: "berkeley", how: "segmented", command: (direction) => [...node, direction, "berkeley", "segmented"] },
  { by: "C", how: "segmented", command: (direction) => [c, direction, "segmented"] },
];
const cases = ["send", "receive"].flatMap((direction) =>
  SIZES.flatMap((size) => programs.map((program) => ({ ...program, direction, size, samples: [] }))),
);

const rounds = Number(options.rounds);
for (let round = 0; round < rounds; round++) {
  process.stderr.write(`\rround ${round + 1} of ${rounds}`);
  for (const each of cases) each.samples.push(await measure(each));
}
process.stderr.write("\n");

const report = {
  ...description(),
  node: firstLine(options.node, ["--version"]),
  rounds,
  milliseconds: MILLISECONDS,
  unit:
    "rate: datagrams a second by the clock; user, system: nanoseconds of processor time per datagram; offered: what the " +
    "sender sent a second; lost: the share of the datagrams that found the other end's buffer full",
  results: cases.map(({ by, how, direction, size, samples }) => ({
    direction,
    size,
    by,
    how,
    ...figures(samples),
  })),
};
mkdirSync(join(here, "results"), { recursive: true });
writeFileSync(join(here, "results", "datagrams.json"), `${JSON.stringify(report, null, 2)}\n`);
print();

/** One program against the other end; everything started has ended when it returns. */
async function measure({ command, direction, size }) {
  const program = [...command(direction), `${size}`, `${MILLISECONDS}`];
  const other = [c, direction === "send" ? "receive" : "send", "segmented", `${size}`, "0"];
  if (direction === "send") {
    const receiver = start(other, otherOn);
    const sample = await lastLine(start([...program, `${await port(receiver)}`], measuredOn));
    receiver.child.kill();
    return { ...sample, other: await lastLine(receiver) };
  }
  const receiver = start(program, measuredOn);
  const sender = start([...other, `${await port(receiver)}`], otherOn);
  const sample = await lastLine(receiver);
  sender.child.kill();
  return { ...sample, other: await lastLine(sender) };
}

function start(command, processor) {
  const [program, ...args] = pinned(command, processor);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], timeout: TIMEOUT });
  const ended = once(child, "close");
  return { child, ended, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function port({ lines }) {
  const { value } = await lines.next();
  return JSON.parse(value).port;
}

async function lastLine({ ended, lines }) {
  let last;
  for await (const line of lines) last = line;
  const [status, signal] = await ended;
  if (status !== 0 || last === undefined) throw new Error(`a program failed: ${signal ?? status}`);
  return JSON.parse(last);
}

function figures(samples) {
  const each = (of, round) => summary(samples.map(of), round);
  const tenth = (value) => Math.round(value * 10) / 10;
  return {
    rate: each(({ datagrams, seconds }) => datagrams / seconds),
    user: each(({ datagrams, user }) => (user / datagrams) * 1e9, tenth),
    system: each(({ datagrams, system }) => (system / datagrams) * 1e9, tenth),
    cpu: each(({ datagrams, user, system }) => ((user + system) / datagrams) * 1e9, tenth),
    other: each(({ other }) => other.datagrams / other.seconds),
  };
}

function print() {
  for (const direction of ["send", "receive"]) {
    const results = report.results.filter((result) => result.direction === direction);
    console.log(`\n${direction}, Node ${report.node}: medians (least-most) of ${rounds} rounds`);
    console.log(columns(results.map((result) => row(result, results))));
  }
  console.log(
    "\n`segmented` is UDP_SEGMENT and UDP_GRO. The ratios compare by the clock, and in brackets by the processor, which a\n" +
      "busy host disturbs less: those of `segmented` with plain dgram, since dgram has nothing else, and with segmented C.\n" +
      "The aims: 5 times dgram, 0.8 of C.",
  );
}

function row(result, results) {
  const { size, by, how, rate, user, system, cpu } = result;
  const dgram = results.find((other) => other.by === "dgram" && other.size === size);
  const inC = results.find((other) => other.by === "C" && other.size === size && other.how === how);
  const times = (other) =>
    `${(rate.median / other.rate.median).toFixed(2)} (${(other.cpu.median / cpu.median).toFixed(2)})`;
  return {
    bytes: `${size}, ${how === "plain" ? by : `${by}, ${how}`}`,
    "thousand/s": spread(rate, (value) => `${Math.round(value / 1000)}`),
    "user ns": spread(user),
    "system ns": spread(system),
    "× dgram": times(dgram),
    "× C": times(inC),
  };
}
