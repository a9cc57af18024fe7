// npm run packetdrill -- [--kernel] FILE…
//
// Runs packetdrill scripts against the simulated host, or against this machine's kernel.
import { parseArgs } from "node:util";
import { runFile, UNSUPPORTED } from "./run-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kernel: { type: "boolean", default: false } },
});

if (positionals.length === 0) {
  console.error("usage: npm run packetdrill -- [--kernel] FILE…");
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
  const { status, text } = await runFile(path, values.kernel ? "kernel" : "simulated");
  console.log(text);
  worst = Math.max(worst, status);
}
// A thread whose call still blocks would keep the process alive.
process.exit(worst);
