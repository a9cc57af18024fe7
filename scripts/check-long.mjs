// npm run check:long runs every suite in full, which takes some hours, and writes how it ended to
// docs/check-long.md. `npm run check` runs a smaller share. One suite alone, which writes nothing:
//
//   npm run check:long -- --only fuzz
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./install-and-build.mjs";

const SEED = String(Math.trunc(Math.random() * 2 ** 31));
const mutants = ["--sample", "200", "--seed", SEED, "--least", "85"];
const suites = [
  { name: "check", args: ["run", "check"] },
  { name: "fuzz", args: ["run", "fuzz", "--", "--minutes", "60", "--seed", SEED] },
  {
    name: "random calls",
    args: ["test", "--", "posix/random-calls"],
    env: { RANDOM_CALLS: "10000000", RANDOM_SEED: SEED },
  },
  { name: "hand-over", args: ["test", "--", "handoff/hand-over-chain"], env: { RESTARTS: "50" } },
  { name: "soak", args: ["run", "soak"] },
  { name: "soak:bytes", args: ["run", "soak:bytes"] },
  ...["posix", "engine", "diagnose", "net"].map((folder) => ({
    name: `mutate ${folder}`,
    args: ["run", "mutate", "--", folder, ...mutants],
  })),
];

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const rows = [];
for (const { name, args, env } of suites.filter((suite) => suite.name.includes(values.only))) {
  console.log(`# ${name}: npm ${args.join(" ")}`);
  const began = performance.now();
  const { status, stdout } = spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 30,
    env: { ...process.env, ...env },
  });
  process.stdout.write(stdout ?? "");
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const [, score = ""] = /: ([\d.]+ %), seed/.exec(stdout ?? "") ?? [];
  rows.push(`| ${name} | ${status === 0 ? "passed" : "failed"} | ${score} | ${minutes} |`);
  if (status !== 0) process.exitCode = 1;
}

// A part of it is no result to be kept.
if (values.only === "") {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" });
  const text = `# The long check

\`npm run check:long\` wrote this: every suite in full, at ${stdout.trim()}, seed ${SEED}, Node ${process.versions.node}.

| suite | result | score | minutes |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
  writeFileSync(join(root, "docs/check-long.md"), text);
}
console.log(rows.join("\n"));
