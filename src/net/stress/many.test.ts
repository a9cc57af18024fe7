// Many connections, at once and one after the other: afterwards the server is as it was before. For
// a million: npm run soak.

import assert from "node:assert/strict";
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import type { EngineName } from "../../engine/engine.ts";
import { host } from "../../system/host.ts";
import { connect } from "../connection/connect.ts";
import type { ServerState } from "./echo-server.child.ts";

const modulePath = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const started: ChildProcess[] = [];
const start = (name: string, ...args: readonly (string | number)[]) => {
  const child = fork(modulePath(name), args.map(String), { execArgv: [] });
  started.push(child);
  return child;
};

/** Runs with an echo server in its own process. */
async function withServer(
  engine: EngineName,
  kind: string,
  run: (port: number, stateWith: (connections: number) => Promise<ServerState>) => Promise<void>,
): Promise<void> {
  const server = start("./echo-server.child.js", engine, kind);
  try {
    const [port] = await once(server, "message");
    await run(port, async (connections) => {
      server.send(connections);
      const [state] = await once(server, "message");
      return state;
    });
  } finally {
    const closed = once(server, "close");
    // Ends peers too, which would otherwise run forever if the test fails.
    for (const child of started.splice(0)) child.kill("SIGKILL");
    await closed;
  }
}

async function ended(peers: ChildProcess): Promise<void> {
  const [status] = peers.exitCode === null ? await once(peers, "exit") : [peers.exitCode];
  assert.equal(status, 0);
}

// Fewer if each takes a millisecond.
const [WARM_UP, MANY] = host.name === "windows" ? [1000, 2000] : [4000, 20_000];
const MEBIBYTE = 2 ** 20;
const tooManyForWine = {
  wine: "Wine's server would have 40 000 descriptors for them, more than a process may have",
};
/**
 * Limits for the objects of an idle connection, and for what remains when ten thousand are gone:
 * the largest runtime reaches two thirds of the first and an eighth of the second.
 */
const [EACH, KEPT] = [3000, 4 * MEBIBYTE];

for (const kind of ["handlers", "for await"]) {
  asyncApiTest(`many: ${MANY} short connections leave nothing behind (${kind})`, (engine) =>
    withServer(engine, kind, async (port, stateWith) => {
      await ended(start("./many-peers.child.js", "short", port, WARM_UP));
      const before = await stateWith(0);
      await ended(start("./many-peers.child.js", "short", port, MANY));
      const after = await stateWith(0);
      assert.equal(after.descriptors, before.descriptors);
      // This detects a hundred bytes for each; V8 decides about resident memory, within limits.
      assert.ok(after.heap - before.heap < 2 * MEBIBYTE, `${after.heap - before.heap} bytes of objects`);
      assert.ok(
        after.resident - before.resident < 32 * MEBIBYTE,
        `${after.resident - before.resident} bytes`,
      );
    }),
  );

  asyncApiTest(
    `many: 10 000 idle connections cost little, and are served when they send (${kind})`,
    (engine, fixture) => {
      const limit = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).stdout.trim();
      if (limit !== "unlimited" && Number(limit) < 10_500) {
        fixture.skip(`a process may have only ${limit} descriptors`);
        return Promise.resolve();
      }
      return withServer(engine, kind, async (port, stateWith) => {
        await ended(start("./many-peers.child.js", "short", port, WARM_UP));
        const before = await stateWith(0);
        const all = [1, 2].map(() => start("./many-peers.child.js", "idle", port, 5000));
        await Promise.all(all.map((peers) => once(peers, "message")));
        const idle = await stateWith(10_000);
        assert.equal(idle.descriptors, before.descriptors + 10_000);
        const each = (idle.heap - before.heap) / 10_000;
        assert.ok(each < EACH, `${each} bytes each`);
        const client = await connect({ host: "127.0.0.1", port, engine });
        await client.write("x");
        assert.equal((await client.read())?.length, 1);
        client.reset();
        await client.closed;
        for (const peers of all) peers.send("again");
        await Promise.all(all.map(ended));
        const after = await stateWith(0);
        assert.equal(after.descriptors, before.descriptors);
        // The buffers from which ten thousand responses were sent at once are kept for reuse.
        assert.ok(after.heap - before.heap < KEPT, `${after.heap - before.heap} bytes of objects`);
      });
    },
    tooManyForWine,
  );
}
