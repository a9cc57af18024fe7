// npm run bench:files: files over HTTP/1.1 from Debian's nginx (one process, sendfile), from
// createReadStream().pipe() on node:net, and from sendFile() on this package's engines. The server
// has a processor to itself, and so has the load: wrk, or one client for the largest file. They
// take turns, round after round; the figures are medians of the rounds, and ratios to nginx are
// medians of each round's. See docs/benchmarks.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installAndBuild, root, run } from "../scripts/install-and-build.mjs";
import { installRuntimes } from "../scripts/runtimes.mjs";
import { installWrk, processorTime } from "./engine/http.mjs";
import { perRequest } from "./engine/per-request.mjs";
import { chosen } from "./engine/servers.mjs";
import { during, start } from "./engine/start.mjs";
import { columns, summary } from "./figures.mjs";
import { description, processors } from "./machine.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    servers: { type: "string", default: "" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    output: { type: "string", default: join(root, ".cache/files.json") },
  },
});

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const scenarios = [
  { name: "4k", title: "4 KiB, 64 connections", size: 4 << 10, sample: asked(64) },
  { name: "1m", title: "1 MiB, 64 connections", size: 1 << 20, sample: asked(64) },
  { name: "1g", title: "1 GiB, 1 connection: one request", size: 1 << 30, sample: whole },
];

installAndBuild();
installWrk();
if (spawnSync("nginx", ["-v"]).error !== undefined)
  run("apt-get", ["install", "-y", "--no-install-recommends", "nginx-light"]);

const runtimes = installRuntimes(["node20", "node26"]);
const all = [
  { name: "nginx", command: [process.execPath, path("files/nginx.mjs")] },
  ...runtimes.flatMap(({ name, program, args }) => [
    { name: `${name}:pipe`, command: [program, ...args, path("files/pipe.mjs")] },
    ...["uring", "readiness"].map((engine) => ({
      name: `${name}:${engine}`,
      command: [program, ...args, path("files/berkeley.mjs")],
      environment: { BERKELEY_ENGINE: engine },
    })),
  ]),
];
const allowed = processors();
const on = { server: allowed.at(-1), load: allowed.at(-2) ?? allowed.at(-1) };
const cases = chosen(scenarios, options.only).flatMap((scenario) =>
  chosen(all, options.servers).map((server) => ({ scenario, server, samples: [] })),
);

// Random content for the small ones; the largest has holes, which are pages like any others.
const folder = mkdtempSync(join(tmpdir(), "berkeley-files-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
for (const { name, size } of scenarios) {
  writeFileSync(join(folder, name), Buffer.alloc(Math.min(size, 1 << 20), name));
  truncateSync(join(folder, name), size);
}

const rounds = Number(options.rounds);
for (let round = 0; round < rounds; round++) {
  for (const { scenario, server, samples } of cases) {
    const sample = await during(
      start([...server.command, folder], on.server, server.environment),
      async (started) => {
        const { port, pid } = await started.answer();
        return scenario.sample(scenario, port, pid);
      },
    );
    samples.push(sample);
    console.error(
      `round ${round + 1} of ${rounds}, ${scenario.name}, ${server.name}: ${sample.rate} a second`,
    );
  }
}

mkdirSync(dirname(options.output), { recursive: true });
const results = cases.map(({ scenario, server, samples }) => ({
  scenario: scenario.name,
  server: server.name,
  samples,
}));
writeFileSync(options.output, `${JSON.stringify({ ...description(), rounds, results }, null, 2)}\n`);
for (const { name, title } of scenarios) {
  const of = results.filter(({ scenario }) => scenario === name);
  const nginx = of.find(({ server }) => server === "nginx");
  if (of.length > 0) console.log(`\n${title}\n${columns(of.map((result) => row(result, nginx)))}`);
}

/** Requests by wrk, after a second of warm-up. */
function asked(connections) {
  return async ({ name }, port, pid) => {
    const ask = (seconds) => {
      const wanted = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", path("engine/http.lua")];
      const command = ["wrk", ...wanted, `http://127.0.0.1:${port}/${name}`];
      return during(start(command, on.load), ({ answer }) => answer());
    };
    await ask(1);
    const before = processorTime(pid);
    const measured = await ask(Number(options.seconds));
    const after = processorTime(pid);
    if (measured.failed > 0) throw new Error(`${measured.failed} requests failed`);
    return perRequest({ ...measured, user: after.user - before.user, system: after.system - before.system });
  };
}

/** One request, read to the end. */
async function whole({ name }, port, pid) {
  const before = processorTime(pid);
  const command = [process.execPath, path("files/get.mjs"), `${port}`, name];
  const { seconds } = await during(start(command, on.load), ({ answer }) => answer(120_000));
  const after = processorTime(pid);
  const nanoseconds = seconds * 1e9;
  return {
    ...perRequest({
      requests: 1,
      seconds,
      p50: nanoseconds,
      p99: nanoseconds,
      user: after.user - before.user,
      system: after.system - before.system,
    }),
    rate: Math.round(100 / seconds) / 100,
  };
}

function row({ server, samples }, nginx) {
  const middle = (figure) =>
    summary(
      samples.map((sample) => sample[figure]),
      Number,
    ).median;
  const against = (figure) => {
    if (nginx === undefined) return "-";
    const ratios = samples.map((sample, round) => sample[figure] / nginx.samples[round][figure]);
    return summary(ratios, Number).median.toFixed(2);
  };
  return {
    server,
    "a second": `${middle("rate")}`,
    "p50 us": (middle("p50") / 1000).toFixed(0),
    "p99 us": (middle("p99") / 1000).toFixed(0),
    "CPU us": (middle("cpu") / 1000).toFixed(1),
    "user us": (middle("user") / 1000).toFixed(1),
    "rate × nginx": against("rate"),
    "CPU × nginx": against("cpu"),
  };
}
