// Packs the package, checks its size, installs it in an empty folder, and uses it there: from an ES
// module and from CommonJS on every runtime, from strict TypeScript programs, from bundles, in
// Jest, jsdom and Vitest, under fake timers, and as a command.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { consumerPackages, typeChecks } from "./check-types.mjs";
import { installAndBuildTests, root, run } from "./install-and-build.mjs";
import { installRuntimes, isNode } from "./runtimes.mjs";

/** The pinned tools that check the package. */
const tools = [
  "publint@0.3.25",
  "@arethetypeswrong/cli@0.18.5",
  "esbuild@0.28.2",
  "jest@30.5.2",
  "jest-environment-jsdom@30.5.2",
  "sinon@22.1.0",
  "vitest@4.1.12",
];

/**
 * In bytes. Raise it only for a reason. It was raised to 640 KiB for src/node/, and to 960 KiB for
 * src/simulated/ and the calls of more headers.
 */
const MOST_PACKED = 960 * 1024;

installAndBuildTests();
const folder = mkdtempSync(join(tmpdir(), "berkeley-package-"));
let failed = 0;
let passed = 0;
try {
  run("npm", ["pack", "--pack-destination", folder]);
  const [tarball] = readdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  run("npm", ["install", join(folder, tarball), ...consumerPackages, ...tools], folder);
  for (const name of readdirSync(join(root, "scripts/smoke")))
    copyFileSync(join(root, "scripts/smoke", name), join(folder, name));

  const { size } = statSync(join(folder, tarball));
  report(size <= MOST_PACKED, `${size} bytes packed, of at most ${MOST_PACKED}`);
  const strays = withoutSource(join(folder, "node_modules/berkeley"));
  report(strays.length === 0, "source maps have their sources", strays.join("\n"));

  const lost = withoutModule(join(folder, "node_modules/berkeley"));
  report(lost.length === 0, "imports have their modules", lost.join("\n"));

  for (const runtime of installRuntimes()) {
    check(`an ES module on ${runtime.name}`, runtime.program, [...runtime.args, "program.mjs"]);
    const command = [runtime.program, ...runtime.args, "node_modules/berkeley/dist/cli/main.js"];
    check(`the command on ${runtime.name}`, process.execPath, ["command.mjs", ...command]);
    if (isNode(runtime))
      check(`CommonJS on ${runtime.name}`, runtime.program, [...runtime.args, "program.cjs"]);
  }
  for (const { name, args } of await typeChecks(folder)) check(name, process.execPath, args);
  check("publint", "node_modules/.bin/publint", ["--strict", "node_modules/berkeley"]);
  check("attw", "node_modules/.bin/attw", [join(folder, tarball), "--profile", "esm-only"]);

  const esbuild = ["bundled.mjs", "--bundle", "--platform=node", "--external:koffi", "--log-level=error"];
  for (const [format, extension] of [
    ["cjs", "cjs"],
    ["esm", "mjs"],
  ]) {
    const bundle = `esbuild.${extension}`;
    const how = [...esbuild, `--format=${format}`, `--outfile=${bundle}`];
    check(`esbuild bundles it as ${format}`, "node_modules/.bin/esbuild", how);
    check(`what esbuild bundled as ${format}`, process.execPath, [bundle]);
  }
  const jest = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--ci", "--runInBand"];
  for (const copy of ["first", "second"])
    copyFileSync(join(folder, "listens.jest.mjs"), join(folder, `${copy}.jest.mjs`));
  rmSync(join(folder, "listens.jest.mjs"));
  const matched = ["--testMatch", "**/*.jest.mjs", "--forceExit"];
  const inJest = "in one process of Jest: two files listen, one in jsdom, one under fake timers";
  check(inJest, process.execPath, [...jest, ...matched]);
  check("under the fake timers of sinon", process.execPath, ["sinon.mjs"]);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "fake-timers.test.mjs"];
  check("under the fake timers of Vitest", process.execPath, vitest);
  check("the command by its name", process.execPath, ["command.mjs", "node_modules/.bin/berkeley"]);
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`package: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function check(what, command, args) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  report(status === 0, what, error ?? signal ?? "", stdout, stderr);
}

function report(ok, what, ...details) {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? "ok" : "not ok"} - ${what}`);
  if (!ok) console.log(...details);
}

/** Modules that import, or require, a missing one. */
function withoutModule(published) {
  const files = readdirSync(published, { recursive: true, encoding: "utf8" });
  return files.filter(isModule).flatMap((file) => {
    const text = readFileSync(join(published, file), "utf8");
    const named = text.matchAll(
      /^(?:import|export) (?:[^;"]* from )?"(\.[^"]+)"|\b(?:import|require)\("(\.[^"]+)"\)/gm,
    );
    const modules = [...named].map(([, atOnce, onDemand]) => join(dirname(file), atOnce ?? onDemand));
    return modules.filter((module) => !files.includes(module)).map((module) => `${file} imports ${module}`);
  });
}

function isModule(file) {
  return file.startsWith("dist/") && /\.c?js$/.test(file);
}

/** Files that name a missing source map, and source maps that name a missing source. */
function withoutSource(published) {
  const files = readdirSync(published, { recursive: true, encoding: "utf8" });
  return files.flatMap((file) => {
    if (!/\.(c?js|d\.c?ts|map)$/.test(file)) return [];
    const text = readFileSync(join(published, file), "utf8");
    const named = file.endsWith(".map")
      ? JSON.parse(text).sources
      : [...text.matchAll(/^\/\/# sourceMappingURL=(\S+)/gm)].map(([, map]) => map);
    const missing = named.filter((name) => !files.includes(join(dirname(file), name)));
    return missing.map((name) => `${file} names ${name}`);
  });
}
