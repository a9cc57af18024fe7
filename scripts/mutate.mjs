// Mutation testing: changes one thing in a compiled module of FOLDER, and runs the tests of the
// folder that execute the changed code, which should fail:
//
//   npm run mutate -- posix --sample 200 --seed 1
//   npm run mutate -- engine/uring --sample 50
//   npm run mutate -- net --sample 200 --seed 1 --results .cache/net.jsonl    resumes a run
//
// Each mutant runs in its own namespaces (scripts/mutate/sandbox.mjs), on copies of the builds: the
// tree may be edited meanwhile. Prints the survivors and the score. The exit status is 0 even if
// some survive, unless --least says what percentage must be killed.
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuildTests, root, run } from "./install-and-build.mjs";
import { Baseline } from "./mutate/baseline.mjs";
import { equivalentTo } from "./mutate/equivalents.mjs";
import { mutationsOf } from "./mutate/mutations.mjs";
import { Neighbours } from "./mutate/neighbours.mjs";
import { Sandbox } from "./mutate/sandbox.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "50" },
    seed: { type: "string", default: String(Math.trunc(Math.random() * 2 ** 31)) },
    /** How many mutants are tested in parallel. */
    jobs: { type: "string", default: "2" },
    /**
     * How many seconds of processor time the tests of one mutant may take together, unmutated: on a
     * busy machine they take longer.
     */
    budget: { type: "string", default: "40" },
    /**
     * Only those of the sample with these numbers, as "3,17"; a survivor is printed with its
     * number.
     */
    only: { type: "string" },
    /** Only the tests whose paths contain one of these words, as "posix/bind,posix/listen". */
    tests: { type: "string", default: "" },
    /** Further folders whose tests run: "net" for the engine, which net/ runs on. */
    with: { type: "string", multiple: true, default: [] },
    least: { type: "string" },
    /**
     * A file for the results, one per line. Mutants whose results it already has count, and are not
     * tested again unless `--only` names them. Use it for one folder, sample, seed and build.
     */
    results: { type: "string" },
    /** Stops early after this many minutes, and reports what has run by then. */
    minutes: { type: "string", default: "600" },
    verbose: { type: "boolean", default: false },
  },
});
if (positionals.length === 0) {
  console.error("usage: npm run mutate -- FOLDER… [--sample N] [--seed S]");
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
// A mutation belongs to a module, and the coverage of a test says which modules it executes.
installAndBuildTests(["--modules"]);
const deadline = performance.now() + Number(values.minutes) * 60_000;
const sandbox = new Sandbox();
const random = randomFrom(Number(values.seed));
const maps = compiledWithMaps();

const results = [];
for (const folder of positionals) await mutate(folder.replace(/^(src|dist)\//, "").replace(/\/$/, ""));

async function mutate(folder) {
  const mutants = mutantsIn(folder);
  const sample = shuffled(mutants)
    .slice(0, Number(values.sample))
    .map((mutant, index) => ({ ...mutant, index }))
    .filter(({ index }) => values.only === undefined || values.only.split(",").includes(String(index)));
  console.log(`${folder}: ${sample.length} of ${mutants.length} mutations, seed ${values.seed}`);
  // All tests of the top folder test files of a sub-folder: engine/'s suites test engine/uring.
  const top = folder.split("/")[0];
  const neighbours = new Neighbours(
    ["dist", "build"],
    [top, ...values.with],
    new Baseline(sandbox, top),
    values.tests.split(","),
  );
  const earlier = earlierResults();
  const again = values.only !== undefined;
  const queue = sample.filter(({ index }) => again || !earlier.has(index));
  const tested = [];
  const began = performance.now();
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (performance.now() > deadline) return;
      const result = await test(next, neighbours);
      tested.push(result);
      if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(result)}\n`);
      if (result.outcome !== "killed" || values.verbose) console.log(describe(result));
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  for (const result of tested) earlier.set(result.index, result);
  const all = [...earlier.values()];
  report(folder, all, (performance.now() - began) / 60_000);
  results.push(...all);
}

/** The last result of each mutant in the file. */
function earlierResults() {
  if (values.results === undefined || !existsSync(values.results)) return new Map();
  const lines = readFileSync(values.results, "utf8").split("\n");
  return new Map(
    lines
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .map((each) => [each.index, each]),
  );
}

async function test(mutant, neighbours) {
  const equivalent = equivalentTo(mutant);
  if (equivalent !== undefined) return { ...mutant, outcome: "equivalent", why: equivalent };
  const tests = await neighbours.testsOf(mutant, Number(values.budget));
  if (tests.length === 0) return { ...mutant, outcome: "survived", why: "no test beside it reaches it" };
  const file = join(sandbox.folder, `${mutant.index}.js`);
  const source = readFileSync(join(sandbox.folder, mutant.module), "utf8");
  writeFileSync(file, source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end));
  const { failed } = await sandbox.run(tests, { mutant: { file, module: mutant.module } });
  if (failed === undefined)
    return { ...mutant, outcome: "survived", why: `${tests.length} test files passed` };
  neighbours.killed(mutant, failed.test);
  const why = `${relative("build", failed.test)}: ${failed.how}`;
  return { ...mutant, outcome: "killed", how: failed.how, why: `${why}\n${failed.printed}`.trim() };
}

/** The mutations of a folder's modules, each with its line in the source. */
function mutantsIn(folder) {
  const start = join(sandbox.folder, "dist", folder);
  const paths = folder.endsWith(".ts")
    ? [join("dist", folder.replace(/\.ts$/, ".js"))]
    : readdirSync(start, { recursive: true })
        .filter((path) => path.endsWith(".js"))
        .map((path) => join("dist", folder, path))
        .sort();
  return paths.flatMap((module) => {
    const text = readFileSync(join(sandbox.folder, module), "utf8");
    const map = new SourceMap(
      JSON.parse(readFileSync(join(maps, `${relative("dist", module)}.map`), "utf8")),
    );
    const source = join("src", relative("dist", module)).replace(/\.js$/, ".ts");
    const lines = text.split("\n");
    return mutationsOf(text).map((mutation) => {
      const before = text.slice(0, mutation.start).split("\n");
      const column = before.at(-1).length;
      const { originalLine } = map.findEntry(before.length - 1, column);
      return {
        ...mutation,
        module,
        source,
        line: (originalLine ?? 0) + 1,
        original: text.slice(mutation.start, mutation.end),
        code: lines[before.length - 1].trim(),
      };
    });
  });
}

/** A second build of the package with the source maps that dist/ is published without. */
function compiledWithMaps() {
  const folder = join(sandbox.folder, "maps");
  run(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    ...["-p", join(root, "tsconfig.build.json"), "--outDir", folder],
    ...["--sourceMap", "--declaration", "false", "--stripInternal", "false"],
    ...["--incremental", "false", "--tsBuildInfoFile", "null"],
  ]);
  return folder;
}

function describe({ index, outcome, source, line, operator, original, text, code, why }) {
  const short = (part) => part.replace(/\s+/g, " ").slice(0, 60);
  const change = original === "" ? `insert${text}` : `${short(original)} → ${short(text)}`;
  return (
    `${outcome} #${index}: ${source}:${line} (${operator}) ${change}\n` +
    `    ${code.slice(0, 120)}\n    ${why}`
  );
}

function report(what, tested, minutes) {
  const count = (outcome) => tested.filter((each) => each.outcome === outcome).length;
  const [killed, survived, equivalent] = [count("killed"), count("survived"), count("equivalent")];
  const score = Math.round((1000 * killed) / Math.max(1, killed + survived)) / 10;
  const timeouts = tested.filter(({ how }) => how === "timeout").length;
  console.log(
    `${what}: ${killed} killed (${timeouts} of them by the time limit), ${survived} survived, ` +
      `${equivalent} equivalent: ${score} %, seed ${values.seed}, ${minutes.toFixed(1)} minutes`,
  );
}

if (values.least !== undefined) {
  const killed = results.filter(({ outcome }) => outcome === "killed").length;
  const survived = results.filter(({ outcome }) => outcome === "survived").length;
  if (killed * 100 < Number(values.least) * (killed + survived)) process.exitCode = 1;
}

/** mulberry32: the same numbers for the same seed, everywhere. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(values) {
  const result = [...values];
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}
