// Runs every test of src/, or those whose path contains one of the arguments: npm test --
// posix/listen
import { spawnSync } from "node:child_process";
import { installAndBuildTests, root } from "./install-and-build.mjs";
import { testFiles } from "./test-files.mjs";

installAndBuildTests();
const wanted = process.argv.slice(2);
const files = testFiles(wanted);
if (files.length === 0) {
  console.error(`no test matches ${wanted.join(" or ")}`);
  process.exit(1);
}
// A test that waits in vain fails; the longest takes some ten seconds. check:long has longer ones.
const args = ["--test", `--test-timeout=${process.env.TEST_TIMEOUT ?? 300_000}`, ...files];
const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
if (error) throw error;
process.exit(status ?? 1);
