// npm run check:long runs every suite in full, which takes up to twelve hours, and writes how it
// ended to docs/check-long.md. `npm run check` runs a smaller share. One suite alone, which writes
// nothing:
//
//   npm run check:long -- --only fuzz
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./install-and-build.mjs";

const SEED = String(Math.trunc(Math.random() * 2 ** 31));
const mutants = ["--sample", "200", "--seed", SEED, "--least", "85", "--minutes", "100"];
/** Each with the minutes after which it is ended, and has failed. */
const suites = [
  { name: "check", minutes: 120, args: ["run", "check"] },
  { name: "fuzz", minutes: 75, args: ["run", "fuzz", "--", "--minutes", "60", "--seed", SEED] },
  {
    name: "random calls",
    minutes: 60,
    args: ["test", "--", "posix/random-calls"],
    env: { RANDOM_CALLS: "10000000", RANDOM_SEED: SEED },
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
    minutes: 120,
    args: ["run", "mutate", "--", folder, ...mutants],
  })),
];

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const rows = [];
for (const { name, minutes: most, args, env } of suites.filter((suite) => suite.name.includes(values.only))) {
  console.log(`# ${name}: npm ${args.join(" ")}`);
  const began = performance.now();
  // timeout(1) ends the whole process group.
  const { status, stdout } = spawnSync("timeout", ["--kill-after=30", `${most}m`, "npm", ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 30,
    env: { ...process.env, ...env },
  });
  process.stdout.write(stdout ?? "");
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  rows.push(`| ${name} | ${resultOf(status, most)} | ${detail(stdout ?? "")} | ${minutes} |`);
  if (status !== 0) process.exitCode = 1;
  // A part of it is no result to be kept; what has run before an interruption is.
  if (values.only === "") record();
}
console.log(rows.join("\n"));

/** Of timeout(1): 124 after the time, 137 where it had to kill. */
function resultOf(status, most) {
  if (status === 0) return "passed";
  return status === 124 || status === 137 ? `ended after ${most} minutes` : "failed";
}

/** The score of mutations, or how many programs were compared and where they differ. */
function detail(output) {
  const [, score] = /: ([\d.]+ %), seed/.exec(output) ?? [];
  const [, programs] = /^# (\d+ programs)$/m.exec(output) ?? [];
  const [, path] = /seed: \d+, path: "([\d:]+)"/.exec(output) ?? [];
  return [score ?? programs, path === undefined ? undefined : `path ${path}`]
    .filter((part) => part !== undefined)
    .join(", ");
}

function record() {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" });
  const left = suites.slice(rows.length).map(({ name }) => name);
  const text = `# The long check

\`npm run check:long\` wrote this: every suite in full, at ${stdout.trim()}, seed ${SEED}, Node ${process.versions.node}.

| suite | result | score, or programs | minutes |
| --- | --- | --- | --- |
${rows.join("\n")}
${left.length === 0 ? "" : `\nNot run: ${left.join(", ")}.\n`}`;
  writeFileSync(join(root, "docs/check-long.md"), text);
}
