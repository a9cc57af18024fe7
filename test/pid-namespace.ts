import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * As the first process in its own PID and network namespaces, with a matching /proc; everything in
 * it ends with it.
 */
const UNSHARE = [
  "--pid",
  "--fork",
  "--mount-proc",
  "--net",
  "sh",
  "-c",
  'ip link set lo up && exec "$@"',
  "sh",
];

/** A prefix printed by a module that cannot run here, before the reason. */
const SKIPPED = "skipped: ";

/**
 * Runs a module where it can choose process numbers; skips, with the reason, if the process may not
 * create such a namespace.
 */
export function inPidNamespace(context: { skip(reason: string): unknown }, module: URL): void {
  const probe = spawnSync("unshare", [...UNSHARE, "test", "-w", LAST_PID], { encoding: "utf8" });
  if (probe.status !== 0) {
    const why = probe.error?.message ?? (probe.stderr.trim() || `${LAST_PID} cannot be written`);
    context.skip(`cannot create a PID namespace: ${why}`);
    return;
  }
  const words = [...UNSHARE, process.execPath, fileURLToPath(module)];
  const run = spawnSync("unshare", words, { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  if (run.stdout.startsWith(SKIPPED)) context.skip(run.stdout.slice(SKIPPED.length));
}

/** For such a module: reports that it cannot run here. */
export function skipped(reason: string): void {
  process.stdout.write(`${SKIPPED}${reason}`);
}

/**
 * The number given to the latest process or thread: the next one gets the one after (alloc_pid() in
 * kernel/pid.c).
 */
const LAST_PID = "/proc/sys/kernel/ns_last_pid";

/** Starts a process with the number of one that has ended. For modules in their own namespace. */
export async function startAs<Started extends { readonly pid: number; stop(): Promise<void> }>(
  pid: number,
  start: () => Promise<Started>,
): Promise<Started> {
  assert.equal(readlinkSync("/proc/self"), "1", "in the host's own namespace, other programs start too");
  // A thread that some process starts just then takes the number.
  for (let left = 20; left > 0; left--) {
    writeFileSync(LAST_PID, `${pid - 1}`);
    const started = await start();
    if (started.pid === pid) return started;
    await started.stop();
  }
  assert.fail(`no process gets the number ${pid}`);
}
