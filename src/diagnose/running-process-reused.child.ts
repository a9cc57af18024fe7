// Runs as the first process of a PID namespace, in which a second process reuses a pid.
import assert from "node:assert/strict";
import { loopback } from "../../test/fixture.ts";
import { Holding } from "../../test/holding.ts";
import { startAs } from "../../test/pid-namespace.ts";
import { readProcess } from "./process.ts";
import { RunningProcess } from "./running-process.ts";

const ends: (() => Promise<void>)[] = [];
const context = { after: (end: () => Promise<void>) => ends.push(end) };
const start = () => Holding.start(context, { sockets: [{ address: loopback, backlog: 1 }] });
try {
  const first = await start();
  const holder = readProcess(first.pid);
  assert.ok(holder !== undefined);
  const opened = RunningProcess.open(holder);
  assert.ok(opened instanceof RunningProcess);
  using running = opened;
  await first.stop();
  const second = await startAs(first.pid, start);
  // One was opened while the first process lived, one read before it ended; neither matches the
  // second.
  assert.equal(running.signal("SIGKILL"), "ended");
  assert.equal(running.ended, true);
  assert.equal(RunningProcess.open(holder), "ended");
  const other = readProcess(second.pid);
  assert.ok(other !== undefined);
  const living = RunningProcess.open(other);
  assert.ok(living instanceof RunningProcess);
  assert.equal(living.ended, false);
  living[Symbol.dispose]();
} finally {
  for (const end of ends) await end();
}
