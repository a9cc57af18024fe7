import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Fixture } from "./fixture.ts";

/**
 * Runs a module in its own network namespace, which ends with it; skips, with the reason, if the
 * process may not create one. A module that configures a network calls ip(), and says so: it is
 * skipped without ip(8).
 */
export function inNetworkNamespace(fixture: Fixture, module: URL, options: { ip?: boolean } = {}): void {
  const probe = spawnSync("unshare", ["--net", ...(options.ip ? ["ip", "link"] : ["true"])], {
    encoding: "utf8",
  });
  if (probe.status !== 0) {
    fixture.skip(`cannot create a network namespace: ${probe.error?.message ?? probe.stderr.trim()}`);
    return;
  }
  const run = spawnSync("unshare", ["--net", process.execPath, fileURLToPath(module)], { encoding: "utf8" });
  if (run.status === SKIPPED) fixture.skip(run.stderr.trim());
  else assert.equal(run.status, 0, run.stderr);
}

/** As in the test suites of GNU: the exit status of a test that cannot run here. */
const SKIPPED = 77;

/** Ends a module that runs in its own network namespace; its row is skipped, with the reason. */
export function skipModule(reason: string): never {
  console.error(reason);
  process.exit(SKIPPED);
}

/** Runs ip(8): `ip("link set lo up")`. For modules that run in their own network namespace. */
export function ip(command: string): void {
  const { status, stderr, error } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
  assert.equal(status, 0, `ip ${command}: ${error?.message ?? stderr}`);
}
