// npm run bench:ports: finding a free port, compared with get-port, portfinder and detect-port, and
// how often 50 concurrent processes collide; who has a port, compared with lsof and ss, with
// thousands of open sockets; and whether ss agrees. Runs in its own network namespace if it can
// create one. See docs/benchmarks.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuild, root, run } from "../scripts/install-and-build.mjs";
import { writeBetween } from "./document.mjs";
import { columns, markdown } from "./figures.mjs";
import { description, firstLine } from "./machine.mjs";
import { installPeers } from "./ports/finders.mjs";
import { answerOf, program } from "./ports/start.mjs";
import { tables } from "./ports/tables.mjs";

const RESULTS = join(root, "bench/results/ports.json");
const NAME = "npm run bench:ports -- --write";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    sockets: { type: "string", default: "5000" },
    output: { type: "string", default: join(root, ".cache/ports.json") },
    write: { type: "boolean", default: false },
    tables: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  console.log(`npm run bench:ports -- [--rounds N] [--sockets N] [--write]

  --rounds N       how often each is measured; 9 by default, which take two minutes
  --sockets N      how many sockets listen while \`why\` is measured; 5000 by default
  --output PATH    where the figures go; .cache/ports.json by default
  --write          writes them to bench/results/ports.json, and their tables to docs/benchmarks.md
  --tables         measures nothing: writes the tables of bench/results/ports.json to docs/benchmarks.md`);
  process.exit(0);
}

if (options.tables) {
  write(JSON.parse(readFileSync(RESULTS, "utf8")));
  process.exit(0);
}

installAndBuild();
for (const [command, name] of [
  ["lsof", "lsof"],
  ["ss", "iproute2"],
]) {
  if (spawnSync(command, ["-v"]).error !== undefined)
    run("apt-get", ["install", "-y", "--no-install-recommends", name]);
}
const versions = {
  node: process.version,
  ...installPeers(),
  lsof: /revision: (\S+)/.exec(spawnSync("lsof", ["-v"], { encoding: "utf8" }).stderr)?.[1],
  ss: /iproute2-[^,\s]+/.exec(firstLine("ss", ["-V"]))?.[0],
};

const alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
const mayBeAlone = spawnSync("unshare", ["--net", "ip", "link"]).status === 0;
if (!mayBeAlone) console.error("cannot create a network namespace: other programs' sockets are among ours");
const inNamespace = mayBeAlone ? alone : [];

const report = {
  ...description(),
  load: loadavg()[0],
  versions,
  rounds: Number(options.rounds),
  unit:
    "a sample for each round. finding: microseconds of a call, wall (median of the calls) and cpu; " +
    "telling: microseconds of a command, or of a call, wall and cpu (user and system); collisions: of " +
    "the processes that ask at once",
  agreement: {
    "this machine": answerOf(program("agree-here.mjs")),
    ...(mayBeAlone ? { "a mixed bag": answerOf([...alone, ...program("agree-here.mjs", "bag")]) } : {}),
  },
  results: answerOf([...inNamespace, ...program("measure.mjs", options.rounds, options.sockets)]),
};
const output = options.write ? RESULTS : options.output;
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, `${JSON.stringify(report, null, 2)}\n`);
if (options.write) write(report);
for (const { title, rows } of tables(report)) console.log(`\n${title}\n${columns(rows)}`);
const disagreements = Object.values(report.agreement).flatMap((each) =>
  each.flatMap(({ onlyOurs, onlySs }) => [
    ...onlyOurs.map((line) => `only ours: ${line}`),
    ...onlySs.map((line) => `only ss: ${line}`),
  ]),
);
for (const line of disagreements) console.log(line);
process.exitCode = disagreements.length === 0 ? 0 : 1;

function write(written) {
  const { date, machine, system, rounds, load } = written;
  const peers = Object.entries(written.versions).map(([name, version]) => `${name} ${version}`);
  const provenance = `${date.slice(0, 10)}; ${machine}; ${system}; ${peers.join(", ")}. Medians of ${rounds} rounds; when it began, ${load.toFixed(1)} processes wanted the ${cpus().length} processors.`;
  writeBetween(NAME, [
    `${provenance}\n`,
    ...tables(written).map(({ title, rows }) => `#### ${title}\n\n${markdown(rows)}\n`),
  ]);
}
