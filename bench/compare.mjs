// Shared by `npm run bench:files` and `npm run bench:proxy`: compares this package's engines,
// pipe() of node:net on each Node, and a Debian program. The programs take turns, round after
// round. The figures are medians over the rounds; ratios are medians of each round's ratio to the
// Debian program.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuild, root } from "../scripts/install-and-build.mjs";
import { installRuntimes } from "../scripts/runtimes.mjs";
import { writeBetween } from "./document.mjs";
import { chosen } from "./engine/servers.mjs";
import { columns, markdown } from "./figures.mjs";
import { description, firstLine, processors } from "./machine.mjs";
import { benchmarkOptions } from "./options.mjs";

/**
 * Runs `npm run bench:NAME` with the programs in bench/NAME. `peer` is Debian's; its `version()` is
 * called once it is installed. `measure()` returns a sample of a scenario and a server, and `row()`
 * a row of the table.
 */
export async function compare({ name, peer, version, scenarios, measure, row }) {
  const results = join(root, `bench/results/${name}.json`);
  const { values: options } = parseArgs({ options: benchmarkOptions(name) });
  const tablesOf = (report) => tables(report, { peer, scenarios, row });
  if (options.tables) {
    const report = JSON.parse(readFileSync(results, "utf8"));
    document(name, report, tablesOf(report));
    return;
  }
  installAndBuild();
  const peerVersion = version();
  const runtimes = installRuntimes(["node20", "node26"]);
  const allowed = processors();
  const on = { server: allowed.at(-1), load: allowed.at(-2) ?? allowed.at(-1) };
  const cases = chosen(scenarios, options.only).flatMap((scenario) =>
    chosen(programs(name, peer, runtimes), options.servers).map((server) => ({
      scenario,
      server,
      samples: [],
    })),
  );
  const [rounds, milliseconds] = [Number(options.rounds), Number(options.milliseconds)];
  for (let round = 0; round < rounds; round++) {
    for (const { scenario, server, samples } of cases) {
      const sample = await measure({ scenario, server, on, milliseconds });
      samples.push(sample);
      console.error(
        `round ${round + 1} of ${rounds}, ${scenario.name}, ${server.name}: ${sample.rate} a second`,
      );
    }
  }
  const report = {
    ...description(),
    versions: {
      [peer]: peerVersion,
      ...Object.fromEntries(runtimes.map((each) => [each.name, firstLine(each.program, ["--version"])])),
    },
    rounds,
    milliseconds,
    results: cases.map(({ scenario, server, samples }) => ({
      scenario: scenario.name,
      server: server.name,
      samples,
    })),
  };
  const output = options.write ? results : options.output;
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify(report, null, 2)}\n`);
  if (options.write) document(name, report, tablesOf(report));
  for (const { title, rows } of tablesOf(report)) console.log(`\n${title}\n${columns(rows)}`);
}

function programs(folder, peer, runtimes) {
  const script = (name) => join(root, "bench", folder, `${name}.mjs`);
  return [
    { name: peer, command: [process.execPath, script(peer)] },
    ...runtimes.flatMap(({ name, program, args }) => [
      { name: `${name}:pipe`, command: [program, ...args, script("pipe")] },
      ...["uring", "readiness"].map((engine) => ({
        name: `${name}:${engine}`,
        command: [program, ...args, script("berkeley")],
        environment: { BERKELEY_ENGINE: engine },
      })),
    ]),
  ];
}

function tables({ results }, { peer, scenarios, row }) {
  return scenarios.flatMap(({ name, title }) => {
    const of = results.filter(({ scenario }) => scenario === name);
    const beside = of.find(({ server }) => server === peer);
    return of.length === 0 ? [] : [{ title, rows: of.map((result) => row(result, beside)) }];
  });
}

function document(name, { date, machine, system, versions, rounds, milliseconds }, tablesOfReport) {
  const said = Object.entries(versions).map(([program, version]) => `${program} ${version}`);
  writeBetween(`npm run bench:${name} -- --write`, [
    `${date.slice(0, 10)}; ${machine}; ${system}; ${said.join(", ")}. ${rounds} rounds of ${milliseconds} ms.\n`,
    ...tablesOfReport.map(({ title, rows }) => `#### ${title}\n\n${markdown(rows)}\n`),
  ]);
}
