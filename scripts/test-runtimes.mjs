// Runs every test on each version of Node that the package supports, but the one that npm test runs on.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./install-and-build.mjs";
import { installRuntimes, isNode } from "./runtimes.mjs";

const failed = [];
for (const runtime of installRuntimes().filter(isNode)) {
  if (runtime.version === process.versions.node.split(".")[0]) continue;
  console.log(`\n# ${runtime.name}`);
  const args = [join(root, "scripts/test.mjs"), ...process.argv.slice(2)];
  if (spawnSync(runtime.program, args, { cwd: root, stdio: "inherit" }).status !== 0)
    failed.push(runtime.name);
}
console.log(failed.length === 0 ? "every version of Node passed" : `failed on ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
