// Several worker threads on one port.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { haveWorkers, workersEnd } from "../../../test/engine/workers-end.ts";
import { noReusePort } from "../../../test/winsock-exceptions.ts";
import type { EngineName } from "../../engine/engine.ts";
import { connect } from "../connection/connect.ts";

const program = new URL("./worker-server.child.js", import.meta.url);

async function started(engine: EngineName, port: number, name: number) {
  const worker = new Worker(program, { workerData: { engine, port, name } });
  const [listens] = await once(worker, "message");
  return { worker, port: Number(listens) };
}

/** The worker that serves a connection. */
async function served(engine: EngineName, port: number): Promise<number> {
  const client = await connect({ host: "127.0.0.1", port, engine });
  const name = Number(Buffer.from((await client.read()) ?? []));
  await client.write("echo");
  assert.equal(Buffer.from((await client.read()) ?? []).toString(), "echo");
  await client.close();
  return name;
}

asyncApiTest(
  "workers: several share a port; terminating one only harms its own connections",
  async (engine, fixture) => {
    if (!haveWorkers(engine, fixture)) return;
    const first = await started(engine, 0, 0);
    const others = await Promise.all([1, 2].map((name) => started(engine, first.port, name)));
    const { port } = first;
    const counts = [0, 0, 0];
    const count = (name: number) => {
      counts[name] = (counts[name] ?? 0) + 1;
    };
    for (let made = 0; made < 300; made += 10)
      for (const name of await Promise.all(Array.from({ length: 10 }, () => served(engine, port))))
        count(name);
    assert.ok(
      counts.every((served) => served > 0),
      counts.join(),
    );

    const mine = await connect({ host: "127.0.0.1", port, engine });
    const whose = Number(Buffer.from((await mine.read()) ?? []));
    const all = [first, ...others];
    const terminated = all[whose];
    assert.ok(terminated);
    const under = Array.from({ length: 50 }, () => served(engine, port).catch(() => -1));
    await terminated.worker.terminate();
    await Promise.all(under);
    const end = await mine.read().catch((error: Error) => error.name);
    assert.ok(end === null || end === "ConnectionResetByPeer");
    mine.reset();
    await mine.closed;

    for (let made = 0; made < 100; made++) assert.notEqual(await served(engine, port), whose);
    for (const { worker } of all.filter((each) => each !== terminated)) {
      worker.postMessage("close");
      const [accepted] = await once(worker, "message");
      assert.ok(accepted > 0);
      await worker.terminate();
    }
    await assert.rejects(connect({ host: "127.0.0.1", port, engine }), { name: "ConnectionRefused" });
  },
  { ...noReusePort, ...workersEnd },
);
