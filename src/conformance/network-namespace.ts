import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Fixture } from "./fixture.ts";

/**
 * Runs a module in a network namespace of its own, which ends with it; skips, with the reason, where the process may not
 * make one.
 */
export function inNetworkNamespace(fixture: Fixture, module: URL): void {
  const probe = spawnSync("unshare", ["--net", "true"], { encoding: "utf8" });
  if (probe.status !== 0) {
    fixture.skip(`a network namespace cannot be made: ${probe.error?.message ?? probe.stderr.trim()}`);
    return;
  }
  const run = spawnSync("unshare", ["--net", process.execPath, fileURLToPath(module)], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
}
