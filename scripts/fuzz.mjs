// Compares the async API with node:net in random programs, for a number of minutes, or until they
// differ:
//
//   npm run fuzz -- --minutes 60
//   npm run fuzz -- --seed 5 --path 2:1:1     one that has failed, as its report says
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { installAndBuildTests, root } from "./install-and-build.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.trunc(Math.random() * 2 ** 31)) },
    path: { type: "string" },
  },
});
installAndBuildTests();
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-force-exit", "build/src/net/fuzz.test.js"],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      FUZZ_MINUTES: values.minutes,
      FUZZ_RUNS: "1000000000",
      FUZZ_SEED: values.seed,
      ...(values.path === undefined ? {} : { FUZZ_PATH: values.path }),
    },
  },
);
process.exitCode = status ?? 1;
