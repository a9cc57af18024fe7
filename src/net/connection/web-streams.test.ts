import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { withoutResets } from "../../../test/platform.ts";

const tcp = { host: "127.0.0.1" };

asyncApiTest('readable: a "byob" reader gets bytes in its own buffers', async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const data = randomBytes(1_000_000);
    const sent = client.end(data);
    const reader = server.readable.getReader({ mode: "byob" });
    const hash = createHash("sha256");
    let buffer = new ArrayBuffer(40_000);
    let count = 0;
    while (true) {
      const { value, done } = await reader.read(new Uint8Array(buffer, 0, randomInt(1, 40_000)));
      if (done) break;
      hash.update(value);
      count += value.length;
      assert.ok(value.buffer instanceof ArrayBuffer);
      buffer = value.buffer;
      if (randomInt(8) === 0) await someTurns();
    }
    assert.equal(count, data.length);
    assert.equal(hash.digest("hex"), createHash("sha256").update(data).digest("hex"));
    await sent;
  });
});

asyncApiTest("readable: pieces for a reader without buffers, and a loop", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    await client.write("one");
    const reader = server.readable.getReader();
    assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "one");
    reader.releaseLock();
    const sent = client.end("two");
    let rest = "";
    for await (const bytes of server.readable) rest += Buffer.from(bytes).toString();
    assert.equal(rest, "two");
    await sent;
  });
});

asyncApiTest("readable: nothing is read ahead of a reader, and the two modes take turns", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    await client.write("0123456789");
    const byob = server.readable.getReader({ mode: "byob" });
    const { value } = await byob.read(new Uint8Array(4));
    assert.equal(Buffer.from(value ?? []).toString(), "0123");
    byob.releaseLock();
    assert.equal(Buffer.from((await server.read()) ?? []).toString(), "456789");
    await client.end("last");
    const reader = server.readable.getReader();
    assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "last");
    assert.deepEqual(await reader.read(), { value: undefined, done: true });
  });
});

asyncApiTest(
  "readable: a reset fails a waiting read, and cancel() ends it",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      const reader = server.readable.getReader({ mode: "byob" });
      const failed = assert.rejects(reader.read(new Uint8Array(4)), { name: "ConnectionResetByPeer" });
      await someTurns();
      client.reset();
      await failed;
    });
    await withEnds(engine, tcp, async ({ client, server }) => {
      const reader = server.readable.getReader({ mode: "byob" });
      const waiting = reader.read(new Uint8Array(4));
      await someTurns();
      await reader.cancel();
      assert.equal((await waiting).done, true);
      await client.write("dropped");
      await client.end();
      await server.end();
      assert.equal(await client.read(), null);
    });
  },
  withoutResets,
);
