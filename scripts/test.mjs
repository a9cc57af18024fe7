// Runs every test of src/, or those whose path contains one of the arguments: npm test -- posix/listen
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { installAndBuild, root } from "./install-and-build.mjs";

installAndBuild();
const wanted = process.argv.slice(2);
// From src/ and not from dist/, where the output of a deleted test may still lie.
const files = readdirSync(join(root, "src"), { recursive: true })
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .map((path) => join(root, "dist", path.replace(/\.ts$/, ".js")))
  .sort();
if (files.length === 0) {
  console.error(`no test matches ${wanted.join(" or ")}`);
  process.exit(1);
}
// A test that waits for what does not come fails; the longest takes some ten seconds.
const args = ["--test", "--test-timeout=300000", ...files];
const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
if (error) throw error;
process.exit(status ?? 1);
