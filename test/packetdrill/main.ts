// npm run packetdrill -- [--kernel | --linux RELEASE] FILE…
//
// Runs packetdrill scripts against the simulated host, or against this machine's kernel.
import { parseArgs } from "node:util";
import { LINUX_RELEASES } from "../../src/simulated/host/linux-release.ts";
import { runFile, UNSUPPORTED } from "./run-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kernel: { type: "boolean", default: false }, linux: { type: "string" } },
});

// Public scripts were written for kernels of several years.
const releases = LINUX_RELEASES.filter((release) => values.linux === undefined || release === values.linux);

if (positionals.length === 0 || releases.length === 0) {
  console.error(`usage: npm run packetdrill -- [--kernel | --linux ${LINUX_RELEASES.join("|")}] FILE…`);
  process.exit(2);
}

if (values.kernel) {
  const { tunUnavailable } = await import("./kernel/tun.ts");
  const missing = tunUnavailable();
  if (missing !== undefined) {
    console.error(`scripts cannot run on this machine's kernel: ${missing}`);
    process.exit(UNSUPPORTED);
  }
}

let worst = 0;
for (const path of positionals) {
  const { status, text } = await runFile(path, values.kernel ? "kernel" : "simulated", releases);
  console.log(text);
  worst = Math.max(worst, status);
}
// A thread whose call still blocks would keep the process alive.
process.exit(worst);
