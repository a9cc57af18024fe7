import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Fixture } from "./fixture.ts";

/**
 * Runs a module in a network namespace of its own, which ends with it; skips, with the reason,
 * where the process may not make one. A module that lays a network calls ip(), and says so: it is
 * skipped where there is no ip(8).
 */
export function inNetworkNamespace(fixture: Fixture, module: URL, options: { ip?: boolean } = {}): void {
  const probe = spawnSync("unshare", ["--net", ...(options.ip ? ["ip", "link"] : ["true"])], {
    encoding: "utf8",
  });
  if (probe.status !== 0) {
    fixture.skip(`a network namespace cannot be made: ${probe.error?.message ?? probe.stderr.trim()}`);
    return;
  }
  const run = spawnSync("unshare", ["--net", process.execPath, fileURLToPath(module)], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
}

/** Runs ip(8): `ip("link set lo up")`. For modules that run in a network namespace of their own. */
export function ip(command: string): void {
  const { status, stderr, error } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
  assert.equal(status, 0, `ip ${command}: ${error?.message ?? stderr}`);
}
