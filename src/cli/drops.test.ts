import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { Listening } from "../../test/command.ts";

/** How many connections the kernel has dropped at the listener, as ss(8) shows it: `d` of skmem. */
function dropsOf(port: number): number | undefined {
  const { stdout } = spawnSync("ss", ["-tlnm", `sport = :${port}`], { encoding: "utf8" });
  const drops = /,d(\d+)\)/.exec(stdout ?? "")?.[1];
  return drops === undefined ? undefined : Number(drops);
}

for (const count of [8, 200]) {
  test(`listen --backlog 1, ${count} clients: what was dropped is the kernel's own count of this listener`, async (context) => {
    const listening = await Listening.start(context, ["--backlog", "1"]);
    assert.deepEqual([listening.at.granted, listening.at.capacity], [1, 2]);
    if (dropsOf(listening.port) === undefined) return context.skip("ss is not there");
    // While stopped, it accepts nothing: two clients fit, and the rest overflow the queue.
    listening.child.kill("SIGSTOP");
    const clients: Socket[] = Array.from({ length: count }, () =>
      connect(listening.port, "127.0.0.1").on("error", () => {}),
    );
    context.after(() => clients.forEach((client) => void client.destroy()));
    for (let drops = 0; drops < count - 2; drops = dropsOf(listening.port) ?? 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    listening.child.kill("SIGCONT");
    const drop = await listening.event("drop", ({ total }) => total >= count - 2);
    assert.equal(drop.limit, 1);
    for (const client of clients) client.destroy();
    const summary = await listening.stop();
    const told = listening.events.flatMap((event) => (event.event === "drop" ? [event] : []));
    assert.equal(
      told.reduce((sum, { dropped }) => sum + dropped, 0),
      summary.dropped,
    );
    assert.ok((summary.dropped ?? 0) >= count - 2);
    assert.equal(summary.deepestQueue, 2);
  });
}
