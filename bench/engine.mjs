// npm run bench: echo, short connections, idle ones, HTTP and TLS, served by this package's
// engines, by each runtime's own server and by C. One server runs at a time, as a process with a
// processor to itself; the load has another. They take turns, round after round; the figures are
// medians of the rounds. See docs/benchmarks.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuild, root } from "../scripts/install-and-build.mjs";
import { writeChart } from "./chart.mjs";
import { writeTables } from "./engine/document.mjs";
import { installWrk } from "./engine/http.mjs";
import { measured, reached } from "./engine/report.mjs";
import { createCertificate, installFastify } from "./engine/requirements.mjs";
import { scenarios } from "./engine/scenarios.mjs";
import { chosen, everyServer } from "./engine/servers.mjs";
import { columns } from "./figures.mjs";
import { description, processors } from "./machine.mjs";
import { benchmarkOptions } from "./options.mjs";

const RESULTS = join(root, "bench/results/engine.json");

const { values: options } = parseArgs({
  options: { ...benchmarkOptions("engine"), help: { type: "boolean", default: false } },
});

if (options.help) {
  console.log(`npm run bench -- [--only NAMES] [--servers NAMES] [--rounds N] [--milliseconds N] [--write]

  --only NAMES       some scenarios: ${scenarios.map(({ name }) => name).join(", ")}
  --servers NAMES    some servers, by their names or a part of them: c:epoll, node20:net, uring, bun
  --rounds N         how often each is measured; 5 by default
  --milliseconds N   how long each time, after the warm-up; 1500 by default
  --output PATH      where the figures go; .cache/engine.json by default
  --write            writes bench/results/engine.json, the tables in docs/benchmarks.md and README's chart;
                     what is recorded of other scenarios stays
  --tables           measures nothing: writes the tables and the chart from bench/results/engine.json`);
  process.exit(0);
}

if (options.tables) {
  document(JSON.parse(readFileSync(RESULTS, "utf8")));
  process.exit(0);
}

installAndBuild();
const programs = everyServer();
if (programs === undefined) process.exit(1);
const wanted = chosen(scenarios, options.only);
const servers = chosen(programs.servers, options.servers);
const cases = wanted.flatMap((scenario) =>
  servers.filter((server) => server[scenario.needs]).map((server) => ({ scenario, server, samples: [] })),
);
if (cases.length === 0) {
  console.error("no server or scenario matches: see --help");
  process.exit(1);
}
const needs = new Set(cases.map(({ scenario }) => scenario.needs));
if (needs.has("http") || needs.has("fastify")) installWrk();
if (needs.has("fastify")) installFastify();
if (needs.has("tls")) createCertificate();

const allowed = processors();
if (allowed.length < 2)
  console.error("one processor only: server and load share it, so the rates mean little");
const on = { server: allowed.at(-1), load: allowed.at(-2) ?? allowed.at(-1) };

const rounds = Number(options.rounds);
const milliseconds = Number(options.milliseconds);
for (let round = 0; round < rounds; round++) {
  for (const { scenario, server, samples } of cases) {
    const sample = await scenario.sample({ server, load: programs.load, milliseconds, on });
    samples.push(sample);
    const figure = sample.rate === undefined ? `${sample.bytes} bytes` : `${sample.rate} a second`;
    console.error(`round ${round + 1} of ${rounds}, ${scenario.name}, ${server.name}: ${figure}`);
  }
}

const report = {
  ...description(),
  versions: programs.versions,
  rounds,
  milliseconds,
  unit:
    "a sample for each round. rate: requests a second by the clock; p50, p99: nanoseconds of a request; " +
    "user, system, cpu: nanoseconds of the server's processor time for each; busy, load: the share of " +
    "the time that the server and the load had their processors; bytes: what the server's process " +
    "grew by for each connection",
  results: cases.map(({ scenario, server, samples }) => ({
    scenario: scenario.name,
    server: server.name,
    own: server.own,
    samples,
  })),
};
const output = options.write ? RESULTS : options.output;
const recorded = options.write && options.only !== "" ? withRecorded(report) : report;
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, `${JSON.stringify(recorded, null, 2)}\n`);
if (options.write) document(recorded);
for (const { title, rows } of [...measured(report), { title: "Aims", rows: reached(report) }]) {
  if (rows.length > 0) console.log(`\n${title}: medians of ${rounds} rounds\n${columns(rows)}`);
}

/** The recorded report, with some scenarios replaced by new measurements. */
function withRecorded({ date, rounds, milliseconds, results }) {
  const earlier = JSON.parse(readFileSync(RESULTS, "utf8"));
  const names = new Set(results.map(({ scenario }) => scenario));
  const later = [...names].map((name) => [name, { date, rounds, milliseconds }]);
  return {
    ...earlier,
    later: { ...earlier.later, ...Object.fromEntries(later) },
    results: [...earlier.results.filter(({ scenario }) => !names.has(scenario)), ...results],
  };
}

/** Writes the tables of docs/benchmarks.md and README's chart. */
function document(report) {
  writeTables(report);
  writeChart(report);
}
