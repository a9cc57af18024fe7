// Runs our scripts on a simulated host and on this machine's kernel, which vouches for them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { root } from "../root.ts";
import { tunUnavailable } from "./kernel/tun.ts";
import { runFile } from "./run-file.ts";

const folder = join(root, "test/packetdrill/scripts");
const scripts = readdirSync(folder).filter((name) => name.endsWith(".pkt"));
const main = fileURLToPath(new URL(import.meta.url.replace(/scripts\.test\.(\w+)$/, "main.$1")));

for (const script of scripts) {
  test(`${script} on a simulated host`, async () => {
    const { status, text } = await runFile(join(folder, script), "simulated");
    assert.equal(status, 0, text);
  });
}

/**
 * How often a script may fail on the kernel for its timing alone: real time passes there, and this
 * machine may have more to do than to keep to it.
 */
const ATTEMPTS = 4;
const LATE = /began too late|at the wrong time|still blocks/;

describe("on the kernel", { skip: tunUnavailable() ?? false }, () => {
  const outcomes = new Map<string, string>();

  before(() => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const again = scripts.filter((name) => attempt === 0 || LATE.test(outcomes.get(name) ?? ""));
      if (again.length > 0) for (const [name, text] of runOnKernel(again)) outcomes.set(name, text);
    }
  });

  for (const script of scripts) {
    test(script, (t) => {
      const text = outcomes.get(script) ?? "it was not run";
      if (text.startsWith("SKIP ")) t.skip(text);
      else assert.match(text, /^ok /);
    });
  }
});

/** The command's output for each script. */
function runOnKernel(names: readonly string[]): Map<string, string> {
  const args = [...process.execArgv, main, "--kernel", ...names.map((name) => join(folder, name))];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 280_000 });
  const parts = stdout.split(/^(?=(?:ok|FAIL|SKIP) )/m);
  return new Map(
    parts.map((part): [string, string] => [/([^/]+\.pkt)/.exec(part)?.[1] ?? "", part.trimEnd()]),
  );
}
