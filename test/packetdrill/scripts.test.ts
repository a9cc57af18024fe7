// Runs our scripts on a simulated host and on this machine's kernel, which vouches for them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { root } from "../root.ts";
import { tunUnavailable } from "./kernel/tun.ts";

const folder = join(root, "test/packetdrill/scripts");
const scripts = readdirSync(folder).filter((name) => name.endsWith(".pkt"));
const main = fileURLToPath(new URL(import.meta.url.replace(/scripts\.test\.(\w+)$/, "main.$1")));

/**
 * How often a script may fail on the kernel for its timing alone: real time passes there, and this
 * machine may have more to do than to keep to it.
 */
const ATTEMPTS = 4;
const LATE = /began too late|at the wrong time|still blocks/;

function run(options: readonly string[], script: string) {
  const args = [...process.execArgv, main, ...options, join(folder, script)];
  return spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
}

for (const script of scripts) {
  test(`${script} on a simulated host`, () => {
    const { status, stdout, stderr } = run([], script);
    assert.equal(status, 0, stdout + stderr);
  });

  test(`${script} on the kernel`, { skip: tunUnavailable() ?? false }, () => {
    for (let attempt = 1; ; attempt += 1) {
      const { status, stdout, stderr } = run(["--kernel"], script);
      if (status === 0) return;
      if (!LATE.test(stdout) || attempt === ATTEMPTS) assert.fail(stdout + stderr);
    }
  });
}
