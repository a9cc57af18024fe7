// npm run bench:proxy: proxies before an echo server in C: HAProxy with one thread, node:net's
// pipe(), and this package's engines. The proxy has a processor to itself; the target shares the
// load's. They take turns, round after round; the figures are medians of the rounds, and their
// ratios to HAProxy's medians of each round's. See docs/benchmarks.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installAndBuild, root } from "../scripts/install-and-build.mjs";
import { installRuntimes } from "../scripts/runtimes.mjs";
import { writeBetween } from "./document.mjs";
import { perRequest } from "./engine/per-request.mjs";
import { chosen } from "./engine/servers.mjs";
import { during, start } from "./engine/start.mjs";
import { columns, markdown, summary } from "./figures.mjs";
import { compiled, description, firstLine, processors } from "./machine.mjs";

const RESULTS = join(root, "bench/results/proxy.json");

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    proxies: { type: "string", default: "" },
    rounds: { type: "string", default: "5" },
    milliseconds: { type: "string", default: "1500" },
    output: { type: "string", default: join(root, ".cache/proxy.json") },
    write: { type: "boolean", default: false },
    tables: { type: "boolean", default: false },
  },
});

const scenarios = [
  { name: "64", title: "Proxy, 64 bytes, 64 connections", load: ["echo", 64, 64] },
  { name: "16k", title: "Proxy, 16 KiB, 64 connections", load: ["echo", 16 << 10, 64] },
  {
    name: "short",
    title: "Proxy, short connections: 64 bytes each, 64 at a time",
    load: ["connections", 64, 64],
  },
];

if (options.tables) {
  document(JSON.parse(readFileSync(RESULTS, "utf8")));
  process.exit(0);
}

installAndBuild();
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const [load, target] = ["load", "epoll"].map((name) => compiled(path(`engine/${name}.c`), `engine-${name}`));
if (load === undefined || target === undefined) process.exit(1);
const runtimes = installRuntimes(["node20", "node26"]);
const all = [
  { name: "haproxy", command: [process.execPath, path("proxy/haproxy.mjs")] },
  ...runtimes.flatMap(({ name, program, args }) => [
    { name: `${name}:pipe`, command: [program, ...args, path("proxy/pipe.mjs")] },
    ...["uring", "readiness"].map((engine) => ({
      name: `${name}:${engine}`,
      command: [program, ...args, path("proxy/berkeley.mjs")],
      environment: { BERKELEY_ENGINE: engine },
    })),
  ]),
];
const allowed = processors();
const on = { proxy: allowed.at(-1), load: allowed.at(-2) ?? allowed.at(-1) };
const rounds = Number(options.rounds);
const cases = chosen(scenarios, options.only).flatMap((scenario) =>
  chosen(all, options.proxies).map((proxy) => ({ scenario, proxy, samples: [] })),
);
for (let round = 0; round < rounds; round++) {
  for (const each of cases) {
    const sample = await measure(each);
    each.samples.push(sample);
    console.error(
      `round ${round + 1} of ${rounds}, ${each.scenario.name}, ${each.proxy.name}: ${sample.rate} a second`,
    );
  }
}

const report = {
  ...description(),
  versions: {
    haproxy: /\d+\.\d+\.\d+/.exec(firstLine("haproxy", ["-v"]))[0],
    ...Object.fromEntries(runtimes.map(({ name, program }) => [name, firstLine(program, ["--version"])])),
  },
  rounds,
  milliseconds: Number(options.milliseconds),
  results: cases.map(({ scenario, proxy, samples }) => ({
    scenario: scenario.name,
    proxy: proxy.name,
    samples,
  })),
};
const output = options.write ? RESULTS : options.output;
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, `${JSON.stringify(report, null, 2)}\n`);
if (options.write) document(report);
for (const { title, rows } of tables(report)) console.log(`\n${title}\n${columns(rows)}`);

/** One proxy, in its own process, with a target of its own. */
function measure({ scenario, proxy }) {
  return during(start([target], on.load), async (server) => {
    const { port: targetPort } = await server.answer();
    return during(
      start([...proxy.command, `${targetPort}`], on.proxy, proxy.environment),
      async (between) => {
        const { port, pid } = await between.answer();
        const [mode, size, connections] = scenario.load;
        const command = [load, mode, port, pid, size, connections, options.milliseconds].map(String);
        return during(start(command, on.load), async ({ answer }) => perRequest(await answer()));
      },
    );
  });
}

function tables({ results }) {
  return scenarios.flatMap(({ name, title }) => {
    const of = results.filter(({ scenario }) => scenario === name);
    const haproxy = of.find(({ proxy }) => proxy === "haproxy");
    return of.length === 0 ? [] : [{ title, rows: of.map((result) => row(result, haproxy)) }];
  });
}

function row({ proxy, samples }, haproxy) {
  const middle = (figure) =>
    summary(
      samples.map((sample) => sample[figure]),
      Number,
    ).median;
  const against = (figure) => {
    if (haproxy === undefined) return "-";
    return summary(
      samples.map((sample, round) => sample[figure] / haproxy.samples[round][figure]),
      Number,
    ).median.toFixed(2);
  };
  return {
    proxy,
    "thousand/s": (middle("rate") / 1000).toFixed(1),
    "p50 us": (middle("p50") / 1000).toFixed(0),
    "p99 us": (middle("p99") / 1000).toFixed(0),
    "CPU us": (middle("cpu") / 1000).toFixed(2),
    "user us": (middle("user") / 1000).toFixed(2),
    busy: `${Math.round(middle("busy") * 100)} %`,
    "rate × HAProxy": against("rate"),
    "CPU × HAProxy": against("cpu"),
  };
}

function document(report_) {
  const { date, machine, system, versions, rounds: count, milliseconds } = report_;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  writeBetween("npm run bench:proxy -- --write", [
    `${date.slice(0, 10)}; ${machine}; ${system}; ${programs.join(", ")}. ${count} rounds of ${milliseconds} ms.\n`,
    ...tables(report_).map(({ title, rows }) => `#### ${title}\n\n${markdown(rows)}\n`),
  ]);
}
