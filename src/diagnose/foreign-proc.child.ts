// Runs as the first process of a PID namespace with the /proc of its parent namespace, in which
// another process holds a socket.
import assert from "node:assert/strict";
import { readlinkSync, writeFileSync } from "node:fs";
import { runBerkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { ownPid, readProcess } from "./process.ts";
import { RunningProcess } from "./running-process.ts";

const [endpoint = "", number = ""] = process.argv.slice(2);
const holderNumber = Number(number);
const ends: (() => Promise<void>)[] = [];
const context = { after: (end: () => Promise<void>) => ends.push(end) };
const start = (port = 0) =>
  Holding.start(context, {
    sockets: [{ address: { family: "ipv4", address: "127.83.0.4", port }, backlog: 1 }],
  });
try {
  assert.equal(process.pid, 1);
  assert.notEqual(readlinkSync("/proc/self"), "1");
  assert.equal(ownPid(), Number(readlinkSync("/proc/self")), "our pid in /proc");

  const innocent = await startAs(holderNumber);
  const { status, stdout } = runBerkeley(["free", endpoint, "--yes", "--grace", "0"]);
  assert.match(stdout, new RegExp(`^\\S+ \\(pid ${holderNumber}, user `), "it is named");
  assert.match(
    stdout,
    new RegExp(`\\(pid ${holderNumber}\\) was left alone: /proc shows another PID namespace`),
  );
  assert.equal(status, 1);
  assert.deepEqual([innocent.child.exitCode, innocent.child.signalCode], [null, null]);

  // For a process in our own namespace, NSpid gives its number here, and the pidfd proves it is the
  // one.
  const ours = await start();
  assert.ok(ours.address.family === "ipv4");
  const freed = runBerkeley(["free", `${ours.address.address}:${ours.address.port}`, "--yes"]);
  assert.match(freed.stdout, /has stopped\.\nIt is free\.\n$/);
  assert.equal(freed.status, 0);
  const other = readProcess(holderNumber);
  assert.ok(other !== undefined);
  assert.equal(RunningProcess.open(other), "unproven");
} finally {
  for (const end of ends) await end();
}

/** Starts a process with this pid. */
async function startAs(pid: number): Promise<Holding> {
  for (let left = 20; left > 0; left--) {
    writeFileSync("/proc/sys/kernel/ns_last_pid", `${pid - 1}`);
    const started = await start();
    if (started.pid === pid) return started;
    await started.stop();
  }
  assert.fail(`no process gets the number ${pid}`);
}
