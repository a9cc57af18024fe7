// Runs packetdrill scripts against a simulated host, or against this machine's kernel (as root,
// each in its own network namespace):
//
//   npm run packetdrill -- test/packetdrill/scripts/*.pkt
//   npm run packetdrill -- --kernel FILE…
import { spawnSync } from "node:child_process";
import { installAndBuildTests, root } from "./install-and-build.mjs";

installAndBuildTests();
const args = [`${root}/build/test/packetdrill/main.js`, ...process.argv.slice(2)];
// npm changes to the package's folder, but file names are relative to the caller's directory.
const cwd = process.env.INIT_CWD ?? process.cwd();
const { status, error } = spawnSync(process.execPath, args, { cwd, stdio: "inherit" });
if (error) throw error;
process.exitCode = status ?? 1;
