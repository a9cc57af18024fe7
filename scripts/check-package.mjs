// Packs the package, installs it in an empty folder, and uses it there: from an ES module and from CommonJS on every
// runtime, from a strict TypeScript program, and as a command.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installAndBuild, root, run } from "./install-and-build.mjs";
import { installRuntimes, isNode } from "./runtimes.mjs";

installAndBuild();
const folder = mkdtempSync(join(tmpdir(), "berkeley-package-"));
let failed = 0;
let passed = 0;
try {
  run("npm", ["pack", "--pack-destination", folder]);
  const [tarball] = readdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  // The types of Node and the compiler are what a TypeScript program brings along.
  run("npm", ["install", join(folder, tarball), "@types/node@20", "typescript@7"], folder);
  for (const name of readdirSync(join(root, "scripts/smoke")))
    copyFileSync(join(root, "scripts/smoke", name), join(folder, name));

  for (const runtime of installRuntimes()) {
    check(`an ES module on ${runtime.name}`, runtime.program, [...runtime.args, "program.mjs"]);
    const command = [runtime.program, ...runtime.args, "node_modules/berkeley/dist/cli/main.js"];
    check(`the command on ${runtime.name}`, process.execPath, ["command.mjs", ...command]);
    if (isNode(runtime))
      check(`CommonJS on ${runtime.name}`, runtime.program, [...runtime.args, "program.cjs"]);
  }
  const strict = [
    "--strict",
    "--noEmit",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--lib",
    "es2023,esnext.disposable",
  ];
  check("a TypeScript program", "node_modules/.bin/tsc", [...strict, "--types", "node", "types.ts"]);
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
  if (status === 0) passed += 1;
  else failed += 1;
  console.log(`${status === 0 ? "ok" : "not ok"} - ${what}`);
  if (status !== 0) console.log(error ?? signal ?? "", stdout, stderr);
}
