// npm run packetdrill -- [--kernel] FILE…
//
// Runs packetdrill scripts against the simulated host, or against this machine's kernel.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FAILED, runFile, UNSUPPORTED } from "./run-file.ts";

/** No script takes longer; one whose call blocks for ever must end. */
const LONGEST = 120_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kernel: { type: "boolean", default: false }, here: { type: "boolean", default: false } },
});

if (positionals.length === 0) {
  console.error("usage: npm run packetdrill -- [--kernel] FILE…");
  process.exit(2);
}

if (values.kernel && !values.here) {
  process.exitCode = await runInNamespaces(positionals);
} else {
  let worst = 0;
  for (const path of positionals)
    worst = Math.max(worst, await runFile(path, values.kernel ? "kernel" : "simulated"));
  process.exitCode = worst;
  // A thread whose call still blocks would keep the process alive.
  if (values.kernel) process.exit(worst);
}

/** Every script gets a network namespace, and a process, of its own. */
async function runInNamespaces(paths: readonly string[]): Promise<number> {
  const { tunUnavailable } = await import("./kernel/tun.ts");
  const missing = tunUnavailable();
  if (missing !== undefined) {
    console.error(`scripts cannot run on this machine's kernel: ${missing}`);
    return UNSUPPORTED;
  }
  let worst = 0;
  for (const path of paths) {
    const args = ["--net", process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
    const { status, error } = spawnSync("unshare", [...args, "--kernel", "--here", path], {
      stdio: "inherit",
      timeout: LONGEST,
      killSignal: "SIGKILL",
    });
    if (error !== undefined) console.log(`FAIL ${path}: ${error.message}`);
    worst = Math.max(worst, status ?? FAILED);
  }
  return worst;
}
