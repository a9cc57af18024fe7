import assert from "node:assert/strict";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { withoutResets } from "../../../test/platform.ts";

const loopback = { host: "127.0.0.1" } as const;
const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

asyncApiTest(
  "peek() returns what the next read() will return, any number of times, and then the end",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const waiting = server.peek();
      await client.write("hello");
      assert.equal(text(await waiting), "hello");
      const shown = await server.peek();
      assert.equal(text(shown), "hello");
      // It is a copy.
      shown?.fill(0);
      assert.equal(text(await server.read()), "hello");
      await client.end();
      assert.equal(await server.peek(), null);
      assert.equal(await server.peek(), null);
      assert.equal(await server.read(), null);
    }),
);

asyncApiTest("waiting peeks and reads are served in the order of the calls", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const [first, second, third, fourth] = [server.peek(), server.peek(), server.read(), server.peek()];
    await client.write("one");
    assert.deepEqual(
      [await first, await second, await third].map((each) => text(each)),
      ["one", "one", "one"],
    );
    await client.write("two");
    assert.equal(text(await fourth), "two");
    assert.equal(text(await server.read()), "two");
  }),
);

asyncApiTest("an aborted peek() consumes nothing; a peek() receives one piece, and no more", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const stop = new AbortController();
    const given = server.peek({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(given, { message: "enough" });
    await assert.rejects(server.peek({ signal: stop.signal }), { message: "enough" });
    const late = { name: "TimeoutError", message: "peek() timed out after 1 ms" };
    await assert.rejects(server.peek({ timeout: 1 }), late);
    await client.write("first");
    assert.equal(text(await server.peek({ timeout: 5000 })), "first");
    await client.write("second");
    await someTurns();
    assert.equal(text(await server.peek()), "first");
    assert.equal(text(await server.read()), "first");
    assert.equal(text(await server.read()), "second");
  }),
);

asyncApiTest(
  "peek() fails like read(), after the received data",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const waiting = server.peek();
      client.reset();
      await assert.rejects(waiting, { name: "ConnectionResetByPeer" });
      await assert.rejects(server.peek(), { name: "ConnectionResetByPeer" });
      await assert.rejects(client.peek(), { name: "SocketClosed" });
      await assert.rejects(server.peek({ timeout: -1 }), RangeError);
    }),
  withoutResets,
);
