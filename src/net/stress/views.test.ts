// Views lent to handlers, and programs that misuse them.
import assert from "node:assert/strict";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import type { EngineName } from "../../engine/engine.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "../listener/listen.ts";

/** Runs with a client of a server that calls this with every piece. */
async function withData(
  engine: EngineName,
  data: (connection: HandledConnection, bytes: Uint8Array) => void,
  run: (client: Connection) => Promise<void>,
): Promise<void> {
  const server = await listen({ host: "127.0.0.1", engine }, { data });
  const client = await connect({ address: server.address, engine });
  try {
    await run(client);
  } finally {
    client.reset();
    await Promise.all([client.closed, server.close({ drain: 0 })]);
  }
}

/** Sends pieces, each after the response to the last. */
async function talk(client: Connection, pieces: readonly string[]): Promise<string> {
  let answers = "";
  for (const piece of pieces) {
    await client.write(piece);
    const answer = await client.read();
    answers += Buffer.from(answer ?? []).toString();
  }
  return answers;
}

const pieces = Array.from({ length: 50 }, (_, index) => `${index},`);

asyncApiTest("views: a kept view may be read, but not written", async (engine) => {
  const kept: [HandledConnection, Uint8Array][] = [];
  const refused: unknown[] = [];
  const late = (connection: HandledConnection, bytes: Uint8Array) => {
    try {
      connection.write(bytes);
      refused.push("taken");
    } catch (error) {
      refused.push(error instanceof TypeError);
    }
  };
  await withData(
    engine,
    (connection, bytes) => {
      // In a later call, in a promise, in a tick, in a turn of their own: the handler has returned.
      for (const [earlier, view] of kept) late(earlier, view);
      kept.splice(0, kept.length, [connection, bytes]);
      queueMicrotask(() => late(connection, bytes));
      process.nextTick(late, connection, bytes.subarray(1));
      setImmediate(late, connection, bytes);
      connection.write(bytes);
    },
    async (client) => {
      assert.equal(await talk(client, pieces), pieces.join(""));
      await someTurns();
      const [last] = kept;
      assert.ok(last !== undefined);
      // The content may have been reused; but it must be readable.
      assert.equal(last[1].length, pieces.at(-1)?.length);
      assert.equal(
        last[1].reduce((sum) => sum + 1, 0),
        last[1].length,
      );
      assert.deepEqual([...new Set(refused)], [true]);
      assert.equal(refused.length, pieces.length * 4 - 1);
    },
  );
});

asyncApiTest("views: a transferred view is gone, its memory is not", async (engine) => {
  let transferred = 0;
  let refused = 0;
  await withData(
    engine,
    (connection, bytes) => {
      const text = Buffer.from(bytes).toString();
      const { buffer } = bytes;
      assert.ok(buffer instanceof ArrayBuffer);
      // Not a window on memory that all connections share.
      assert.ok(buffer.byteLength <= 65_536);
      try {
        const theirs = structuredClone(buffer, { transfer: [buffer] });
        transferred++;
        new Uint8Array(theirs).fill(0);
      } catch {
        // Node 26 does not transfer external memory.
        refused++;
      }
      if (bytes.length === 0) assert.throws(() => connection.write(bytes), TypeError);
      connection.write(text);
    },
    async (client) => {
      assert.equal(await talk(client, pieces), pieces.join(""));
    },
  );
  assert.ok(transferred === pieces.length || refused === pieces.length, `${transferred}, ${refused}`);
});

asyncApiTest("views: data transferred after it was written is still sent", async (engine) => {
  await withData(
    engine,
    (connection, bytes) => {
      const { buffer } = bytes;
      connection.write(bytes);
      connection.write(bytes.subarray(0, 1));
      try {
        if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
      } catch {
        // As above.
      }
    },
    async (client) => {
      const text = "abc".repeat(1000);
      for (let count = 0; count < 100; count++) {
        await client.write(text);
        let length = 0;
        // However many pieces it arrived in, the response to each has one byte more.
        while (length < text.length + 1) length += (await client.read())?.length ?? 0;
      }
      await client.end();
    },
  );
});

asyncApiTest(
  "views: one goes to several connections, some of which end before it is sent",
  async (engine) => {
    const all = new Set<HandledConnection>();
    const server = await listen(
      { host: "127.0.0.1", engine },
      {
        open: (connection) => {
          all.add(connection);
        },
        data(_, bytes) {
          for (const connection of all) connection.write(bytes);
          for (const connection of [...all].slice(1, 4)) connection.reset();
        },
        close: (connection) => {
          all.delete(connection);
        },
      },
    );
    const clients: Connection[] = [];
    for (let count = 0; count < 8; count++) {
      clients.push(await connect({ address: server.address, engine }));
      await eventually(() => (all.size === count + 1 ? true : undefined));
    }
    const [first] = clients;
    assert.ok(first);
    await first.write("news");
    const heard = await Promise.all(
      clients.map(async (client) => {
        const bytes = await client.read().catch(() => null);
        return Buffer.from(bytes ?? []).toString();
      }),
    );
    assert.deepEqual([heard[0], ...heard.slice(4)], Array(5).fill("news"));
    for (const client of clients) client.reset();
    await Promise.all([...clients.map((client) => client.closed), server.close({ drain: 0 })]);
  },
);

asyncApiTest(
  "views: the result of read() may be changed, transferred and written at any time",
  async (engine) => {
    await withData(
      engine,
      (connection, bytes) => connection.write(bytes),
      async (client) => {
        let text = "";
        for (const piece of pieces) {
          await client.write(piece);
          const bytes = await client.read();
          assert.ok(bytes);
          text += Buffer.from(bytes).toString();
          await someTurns();
          await client.write(bytes);
          await client.read();
          bytes.fill(0);
          const { buffer } = bytes;
          if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
          await assert.rejects(client.write(bytes), TypeError);
        }
        assert.equal(text, pieces.join(""));
        await client.end();
        assert.equal(await readText(client), "");
      },
    );
  },
);
