import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fixture } from "./fixture.ts";
import { root } from "./root.ts";

/**
 * Runs a program in CommonJS under `berkeley/register`, and expects these lines, in any order.
 */
export function runRegistered(fixture: Fixture, source: string, prints: readonly string[]): void {
  const program = join(fixture.folder(), "program.cjs");
  writeFileSync(program, source);
  const preload = join(root, "dist/node/register.cjs");
  const run = spawnSync(process.execPath, ["--require", preload, program], {
    encoding: "utf8",
    timeout: 30_000,
  });
  const lines = run.stdout.trimEnd().split("\n").sort();
  assert.deepEqual(
    { status: run.status, stderr: run.stderr, lines },
    { status: 0, stderr: "", lines: [...prints].sort() },
  );
}
