// Runs test/simulated/store-and-retry.ts with many seeds, each twice, and compares their traces:
//
//   npm run seeds -- --count 10000
//   npm run seeds -- --first 42 --count 1     one that has failed
//   npm run seeds -- --planted-bug            acknowledges before it writes: must fail
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { installAndBuildTests, root } from "./install-and-build.mjs";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    first: { type: "string", default: "1" },
    "planted-bug": { type: "boolean", default: false },
  },
});
installAndBuildTests();
const { status } = spawnSync(process.execPath, ["build/test/simulated/store-and-retry.test.js"], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    SEEDS: values.count,
    FIRST_SEED: values.first,
    PLANTED_BUG: values["planted-bug"] ? "1" : "0",
  },
});
process.exitCode = status ?? 1;
