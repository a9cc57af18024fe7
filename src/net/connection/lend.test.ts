import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { collectGarbageUntil } from "../../../test/collect-garbage.ts";
import {
  asyncApiTest,
  endpointFor,
  transports,
  withEnds,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { sendInPieces, sha, text } from "../../../test/engine/send-in-pieces.ts";
import { withoutResets } from "../../../test/platform.ts";
import type { EngineName } from "../../engine/engine.ts";
import type { Connection } from "./connection.ts";

const tcp = { host: "127.0.0.1" };

/** The size of an engine's receive buffers: a view of a buffer of another size is a copy. */
const bufferSize = (engine: EngineName) => (engine === "uring" ? 16_384 : 65_536);

const isCopy = (engine: EngineName, bytes: Uint8Array) => bytes.buffer.byteLength !== bufferSize(engine);

/** Large enough for every engine to lend its own memory. */
const LONG = 8192;

/** Sends random bytes in pieces, and then the end; returns their hash. */
async function sendRandom(connection: Connection, total: number): Promise<string> {
  const data = randomBytes(total);
  await sendInPieces(connection, data);
  return sha(data);
}

async function hashOf(connection: Connection, isSlow: boolean): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of connection) {
    hash.update(piece);
    if (isSlow) await someTurns();
  }
  return hash.digest("hex");
}

for (const transport of transports) {
  for (const isSlow of [false, true]) {
    asyncApiTest(
      `lend() over ${transport}: ${isSlow ? "a slow" : "a fast"} peer gets back every byte`,
      async (engine, fixture) => {
        await withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
          const sent = sendRandom(client, 3_000_000);
          const received = hashOf(client, isSlow);
          for await (const bytes of server.lend()) {
            // In two pieces, the second of which waits for the first.
            const middle = randomInt(bytes.length + 1);
            void server.write(bytes.subarray(0, middle));
            await server.write(bytes.subarray(middle));
          }
          await server.end();
          assert.equal(await received, await sent);
        });
      },
      withoutTransport[transport],
    );
  }
}

asyncApiTest("lend(): a view stays unchanged until the loop continues", async (engine) => {
  await withEnds(engine, tcp, async (one) => {
    await withEnds(engine, tcp, async (other) => {
      const data = randomBytes(LONG);
      await one.client.write(data);
      const sent = sendRandom(other.client, 2_000_000);
      let views = 0;
      for await (const bytes of one.server.lend()) {
        views++;
        const before = Buffer.from(bytes);
        const hash = createHash("sha256");
        for await (const piece of other.server) hash.update(piece);
        if (views === 1) assert.equal(hash.digest("hex"), await sent);
        assert.ok(before.equals(bytes));
        if (views === 1) await one.client.end();
      }
      assert.ok(views >= 1);
    });
  });
});

asyncApiTest("lend(): a view of an earlier iteration cannot be written", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const earlier: Uint8Array[] = [];
    const refused = async (bytes: Uint8Array) => {
      await assert.rejects(server.write(bytes), { name: "TypeError", message: /reused/ });
      await assert.rejects(server.write(bytes.subarray(1)), { name: "TypeError", message: /reused/ });
      await assert.rejects(server.end(bytes), { name: "TypeError" });
    };
    let rounds = 0;
    await client.write("short");
    for await (const bytes of server.lend()) {
      for (const view of earlier) await refused(view);
      earlier.push(bytes);
      rounds++;
      if (rounds === 4) break;
      await client.write(randomBytes(rounds === 2 ? 5 : LONG));
    }
    for (const view of earlier) await refused(view);
    assert.equal(rounds, 4);
  });
});

asyncApiTest("lend(): leaving a loop in any way returns the memory", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const ways = [
      async () => {
        for await (const bytes of server.lend()) return bytes;
        return assert.fail("the peer has ended");
      },
      async () => {
        let kept: Uint8Array | undefined;
        const thrown = new Error("thrown");
        const loop = async () => {
          for await (const bytes of server.lend()) {
            kept = bytes;
            throw thrown;
          }
        };
        await assert.rejects(loop(), thrown);
        assert.ok(kept !== undefined);
        return kept;
      },
      async () => {
        const lent = server.lend();
        const { value } = await lent.next();
        assert.ok(value instanceof Uint8Array);
        const reason = new Error("thrown into it");
        assert.ok(lent.throw !== undefined);
        await assert.rejects(lent.throw(reason), reason);
        assert.deepEqual(await lent.next(), { value: undefined, done: true });
        return value;
      },
    ];
    const data = randomBytes(LONG);
    let copies = 0;
    // More than an engine has buffers.
    for (let times = 0; times < 1200; times++) {
      const way = ways[times % ways.length];
      assert.ok(way !== undefined);
      let received = 0;
      void client.write(data);
      while (received < data.length) {
        const bytes = await way();
        received += bytes.length;
        if (bytes.length > LONG / 2 && isCopy(engine, bytes)) copies++;
      }
    }
    assert.equal(copies, 0);
  });
});

asyncApiTest("lend(): more chunks at once than an engine lends are copies", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const held: { readonly lent: AsyncIterator<Uint8Array>; readonly bytes: Uint8Array; copy: Buffer }[] = [];
    const data = randomBytes(LONG);
    for (let times = 0; times < 600; times++) {
      void client.write(data);
      const lent = server.lend();
      const { value } = await lent.next();
      assert.ok(value !== undefined);
      held.push({ lent, bytes: value, copy: Buffer.from(value) });
    }
    assert.ok(held.some(({ bytes }) => isCopy(engine, bytes)));
    // Other connections are served meanwhile.
    await withEnds(engine, tcp, async (other) => {
      const sent = sendRandom(other.client, 1_000_000);
      assert.equal(await hashOf(other.server, false), await sent);
    });
    for (const { lent, bytes, copy } of held) {
      assert.ok(copy.equals(bytes));
      await lent.return?.();
      await assert.rejects(server.write(bytes), TypeError);
    }
    void client.write(Buffer.concat([data, data, data]));
    // The first may have been received before.
    for await (const bytes of server.lend()) if (!isCopy(engine, bytes)) break;
  });
});

asyncApiTest("lend(): a chunk, or a part of one, is valid without its iterator", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const data = randomBytes(LONG);
    const parts: { readonly part: Uint8Array; readonly copy: Buffer }[] = [];
    for (let times = 0; times < 8; times++) {
      void client.write(data);
      const { value } = await server.lend().next();
      assert.ok(value instanceof Uint8Array);
      const part = times % 2 === 0 ? value : value.subarray(1);
      parts.push({ part, copy: Buffer.from(part) });
    }
    let times = 0;
    await collectGarbageUntil(() => ++times > 20);
    for (const { part, copy } of parts) {
      assert.ok(copy.equals(part));
      // Fails if the memory may have been reused.
      await client.write(part.subarray(0, 0));
    }
  });
});

asyncApiTest("lend(): an abandoned chunk is returned once it is garbage-collected", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const data = randomBytes(LONG);
    const next = async () => {
      void client.write(data);
      const lent = server.lend();
      const { value } = await lent.next();
      assert.ok(value instanceof Uint8Array);
      return { lent, value };
    };
    // The most that an engine lends.
    const held: object[] = [];
    for (let times = 0; times < 600; times++) held.push(await next());
    let { lent, value } = await next();
    assert.ok(value.length < LONG / 2 || isCopy(engine, value));
    held.length = 0;
    for (let times = 0; isCopy(engine, value) && times < 100; times++) {
      let turns = 0;
      await collectGarbageUntil(() => ++turns > 5);
      await lent.return?.();
      ({ lent, value } = await next());
    }
    assert.ok(!isCopy(engine, value));
  });
});

asyncApiTest(
  "lend(): a chunk outlives its connection, and a failure comes after it",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      const data = randomBytes(LONG);
      await client.write(data);
      await client.write("ahead");
      const lent = server.lend();
      const { value } = await lent.next();
      assert.ok(value instanceof Uint8Array);
      const before = Buffer.from(value);
      await someTurns();
      client.reset();
      await client.closed;
      await someTurns();
      assert.ok(before.equals(value));
      let rest = value.length;
      const failed = (async () => {
        for await (const bytes of lent) rest += bytes.length;
      })();
      await assert.rejects(failed, { name: "ConnectionResetByPeer" });
      assert.ok(rest <= LONG + "ahead".length);
    });
    await withEnds(engine, tcp, async ({ client, server }) => {
      await client.write(randomBytes(LONG));
      for await (const bytes of server.lend()) {
        const before = Buffer.from(bytes);
        server.reset();
        await server.closed;
        assert.ok(before.equals(bytes));
        await assert.rejects(server.write(bytes), { name: "SocketClosed" });
        break;
      }
    });
  },
  withoutResets,
);

asyncApiTest("lend(): memory that a program transfers is the program's", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const received: string[] = [];
    const pieces = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(LONG, "-"));
    const sent = (async () => {
      for (const piece of pieces) await client.write(piece);
      await client.end();
    })();
    for await (const bytes of server.lend()) {
      received.push(text(bytes));
      try {
        const { buffer } = bytes;
        if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
      } catch {
        // Node 26 refuses to transfer external memory.
      }
      if (bytes.length === 0) await assert.rejects(server.write(bytes), TypeError);
    }
    await sent;
    assert.equal(received.join(""), pieces.join(""));
  });
});

asyncApiTest("lend(): two next() at once, and other reads between", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const lent = server.lend();
    const waiting = [lent.next(), server.read(), lent.next()] as const;
    for (const [index, word] of ["one", "two", "three"].entries()) {
      await client.write(word);
      await waiting[index];
    }
    const [first, second, third] = await Promise.all(waiting);
    assert.equal(text(second), "two");
    assert.equal(text(third.value ?? null), "three");
    assert.ok(first.value instanceof Uint8Array);
    await assert.rejects(server.write(first.value), TypeError);
    assert.ok(third.value instanceof Uint8Array);
    const next = lent.next();
    // As soon as the loop asks, before anything arrives.
    await assert.rejects(server.write(third.value), TypeError);
    await client.end("four");
    const rest: string[] = [text((await next).value ?? null)];
    for await (const bytes of lent) rest.push(text(bytes));
    assert.deepEqual(rest, ["four"]);
  });
});

asyncApiTest("lend(): data received ahead goes to a pipe, or a Duplex", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    await client.write("one");
    for await (const bytes of server.lend()) {
      assert.equal(text(bytes), "one");
      await client.write("two");
      await someTurns();
      break;
    }
    const piped = server.pipe(server);
    await client.end("three");
    let back = "";
    for await (const bytes of client) back += text(bytes);
    assert.equal(back, "twothree");
    assert.equal(await piped, 8);
  });
});
