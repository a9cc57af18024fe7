import assert from "node:assert/strict";
import { test } from "node:test";
import { conformance } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { Holding } from "../../test/holding.ts";
import { inPidNamespace } from "../../test/pid-namespace.ts";
import { readProcess } from "./process.ts";
import { RunningProcess } from "./running-process.ts";

conformance("RunningProcess", [
  {
    clause: "a signal ends the process, and its end is seen",
    source: "pidfd_open(2); pidfd_send_signal(2)",
    async run(fixture) {
      const holding = await Holding.start(fixture, { sockets: [{ address: loopback, backlog: 1 }] });
      const holder = readProcess(holding.pid);
      assert.ok(holder !== undefined);
      const opened = RunningProcess.open(holder);
      assert.ok(opened instanceof RunningProcess);
      using running = opened;
      assert.equal(running.ended, false);
      assert.equal(await running.hasEndedWithin(1), false);
      assert.equal(running.signal("SIGTERM"), "sent");
      assert.equal(await running.hasEndedWithin(60_000), true);
      await holding.stop();
      assert.equal(running.signal("SIGKILL"), "ended");
    },
  },
  {
    clause: "a process that got the number of one that has ended is not signalled, nor opened in its place",
    source: "pidfd_open(2), NOTES; alloc_pid() in kernel/pid.c",
    except: { windows: "it gives out no numbers that are asked for" },
    run: (fixture) => inPidNamespace(fixture, new URL("running-process-reused.child.js", import.meta.url)),
  },
  {
    clause: "another process that has the number by now is not taken for it",
    source: "pidfd_open(2), NOTES",
    run() {
      const self = readProcess(process.pid);
      assert.ok(self !== undefined);
      assert.equal(RunningProcess.open({ ...self, startTicks: (self.startTicks ?? 0) - 1 }), "ended");
    },
  },
]);

test("a process that has ended cannot be opened", () => {
  const self = readProcess(process.pid);
  assert.ok(self !== undefined);
  // Above the largest possible pid (PID_MAX_LIMIT in include/linux/threads.h).
  assert.equal(RunningProcess.open({ ...self, pid: 2 ** 22 + 1 }), "ended");
});
