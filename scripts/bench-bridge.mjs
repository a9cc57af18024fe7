// Sends data between this machine's kernel and a simulated host, in both directions at once,
// through a TUN device and a link with 1 % loss and reordering, and compares hashes. As root:
//
//   npm run bench:bridge              1 GiB each way
//   npm run bench:bridge -- --mib 64
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { installAndBuildTests, root } from "./install-and-build.mjs";

const { values } = parseArgs({ options: { mib: { type: "string", default: "1024" } } });
installAndBuildTests();
const args = ["--net", process.execPath, "build/src/simulated/bridge/bulk.child.js"];
const { status, error } = spawnSync("unshare", args, {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, BRIDGE_MIB: values.mib },
});
if (error) throw error;
process.exitCode = status ?? 1;
