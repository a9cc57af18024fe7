// npm run check:long runs every suite in full, one after another, for up to fourteen hours, and
// keeps how each ended, and when and at which commit, in docs/check-long.md. `npm run check` runs a
// smaller share. Some suites alone, whose rows replace their earlier ones:
//
//   npm run check:long -- --only fuzz
//   npm run check:long -- --only "mutate net" --seed 1
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./install-and-build.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seed: { type: "string", default: String(Math.trunc(Math.random() * 2 ** 31)) },
  },
});
const { seed } = values;
const mutants = ["--sample", "200", "--seed", seed, "--least", "85", "--minutes", "170"];
/** The suites, each with a limit in minutes after which it is ended and counts as failed. */
const suites = [
  { name: "check", minutes: 120, args: ["run", "check"] },
  { name: "fuzz", minutes: 75, args: ["run", "fuzz", "--", "--minutes", "60", "--seed", seed] },
  {
    name: "random calls",
    minutes: 60,
    args: ["test", "--", "posix/random-calls"],
    env: { RANDOM_CALLS: "10000000", RANDOM_SEED: seed },
  },
  {
    name: "simulated sequences",
    minutes: 60,
    args: ["run", "random-calls", "--", "--count", "1000000", "--first", seed],
  },
  {
    name: "hand-over",
    minutes: 20,
    args: ["test", "--", "handoff/hand-over-chain"],
    env: { RESTARTS: "50" },
  },
  { name: "soak", minutes: 60, args: ["run", "soak"] },
  { name: "soak:bytes", minutes: 20, args: ["run", "soak:bytes"] },
  ...["posix", "engine", "diagnose", "net"].map((folder) => ({
    name: `mutate ${folder}`,
    minutes: 180,
    args: ["run", "mutate", "--", folder, ...mutants],
  })),
];

const file = join(root, "docs/check-long.md");
const rows = recorded();
for (const { name, minutes: most, args, env } of suites.filter((suite) => suite.name.includes(values.only))) {
  console.log(`# ${name}: npm ${args.join(" ")}`);
  const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" });
  const began = performance.now();
  // timeout(1) ends the whole process group. A single test may take as long as its suite.
  const { status, stdout } = spawnSync("timeout", ["--kill-after=30", `${most}m`, "npm", ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 30,
    env: { ...process.env, TEST_TIMEOUT: String(most * 60_000), ...env },
  });
  process.stdout.write(stdout ?? "");
  const cells = [
    name,
    resultOf(status, most),
    detail(stdout ?? ""),
    seed,
    commit.stdout.trim(),
    new Date().toISOString().slice(0, 10),
    process.versions.node,
    ((performance.now() - began) / 60_000).toFixed(1),
  ];
  rows.set(name, `| ${cells.join(" | ")} |`);
  if (status !== 0) process.exitCode = 1;
  record();
}

/** The exit statuses of timeout(1): 124 after the time limit, 137 if it had to kill. */
function resultOf(status, most) {
  if (status === 0) return "passed";
  return status === 124 || status === 137 ? `ended after ${most} minutes` : "failed";
}

/** The score of mutations, or how many programs or sequences agree, and where they differ. */
function detail(output) {
  const [, score] = /: ([\d.]+ %), seed/.exec(output) ?? [];
  const [, programs] = /^# (\d+ programs)$/m.exec(output) ?? [];
  const sequences = [...output.matchAll(/^(\d+) sequences of \w+ agree$/gm)];
  const sum = sequences.reduce((total, [, count]) => total + Number(count), 0);
  const agreed = sum === 0 ? undefined : `${sum} sequences`;
  const [, path] = /seed: \d+, path: "([\d:]+)"/.exec(output) ?? [];
  return [score ?? programs ?? agreed, path === undefined ? undefined : `path ${path}`]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** The rows of the last run of each suite. */
function recorded() {
  const lines = readFileSync(file, "utf8").split("\n");
  const names = new Set(suites.map(({ name }) => name));
  const found = lines.map((line) => [line.split("|")[1]?.trim(), line]).filter(([name]) => names.has(name));
  return new Map(found);
}

function record() {
  const names = suites.map(({ name }) => name);
  const left = names.filter((name) => !rows.has(name));
  const text = `# The long check

The last full run of each suite, written by \`npm run check:long\`.

| suite | result | score, or programs | seed | commit | date | Node | minutes |
| --- | --- | --- | --- | --- | --- | --- | --- |
${names.flatMap((name) => rows.get(name) ?? []).join("\n")}
${left.length === 0 ? "" : `\nNot run yet:\n\n${left.map((name) => `- ${name}\n`).join("")}`}`;
  writeFileSync(file, text);
}
