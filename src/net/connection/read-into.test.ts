import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import {
  asyncApiTest,
  endpointFor,
  transports,
  withEnds,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { sendInPieces, sha, text } from "../../../test/engine/send-in-pieces.ts";
import { withoutResets } from "../../../test/platform.ts";

const tcp = { host: "127.0.0.1" };

for (const transport of transports) {
  asyncApiTest(
    `read({ into }) over ${transport}: every byte, by every kind of read in turn`,
    async (engine, fixture) => {
      await withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        const data = randomBytes(3_000_000);
        const sent = sendInPieces(client, data);
        const received: Buffer[] = [];
        const lent = server.lend();
        for (let ended = false; !ended; ) {
          const kind = randomInt(4);
          if (kind === 0) {
            const piece = await server.read();
            if (piece === null) ended = true;
            else received.push(Buffer.from(piece));
          } else if (kind === 1) {
            const { value, done } = await lent.next();
            if (done === true) ended = true;
            else received.push(Buffer.from(value));
          } else {
            const into = new Uint8Array(randomInt(1, 1 + 10 ** randomInt(1, 6)));
            const count = await server.read({ into });
            if (count === null) ended = true;
            else received.push(Buffer.from(into.subarray(0, count)));
            assert.ok(count !== 0);
          }
          if (randomInt(20) === 0) await someTurns();
        }
        const all = Buffer.concat(received);
        assert.equal(all.length, data.length);
        assert.equal(sha(all), sha(data));
        await sent;
        assert.equal(await server.read({ into: new Uint8Array(1) }), null);
      });
    },
    withoutTransport[transport],
  );
}

asyncApiTest("read({ into }): a piece is divided among the reads that wait", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const first = new Uint8Array(4);
    const second = Buffer.alloc(8).subarray(2, 5);
    const reads = [server.read({ into: first }), server.read({ into: second }), server.read()];
    await client.write("0123456789");
    const [one, two, rest] = await Promise.all(reads);
    assert.deepEqual([one, two], [4, 3]);
    assert.equal(text(first) + text(second), "0123456");
    assert.equal(Buffer.from(second.buffer, second.byteOffset + 3, 1)[0], 0);
    assert.ok(rest instanceof Uint8Array);
    assert.equal(text(rest), "789");
  });
});

asyncApiTest(
  "read({ into }): the rest of a piece that does not fit is read next, and then the end",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      await client.end("0123456789");
      const into = new Uint8Array(3);
      assert.equal(await server.read({ into }), 3);
      assert.equal(text(into), "012");
      assert.equal(text(await server.read()), "3456789");
      assert.equal(await server.read({ into }), null);
    });
  },
);

asyncApiTest("read({ into }): memory that cannot be read into, and options", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const refused = (into: unknown, error: object) =>
      // @ts-expect-error: what TypeScript refuses
      assert.rejects(server.read({ into }), error);
    await refused(null, { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    await refused("text", { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    await refused(new ArrayBuffer(8), { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    await refused(new Uint16Array(8), { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    await refused(new DataView(new ArrayBuffer(8)), { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    await refused(new Uint8Array(new SharedArrayBuffer(8)), { name: "TypeError" });
    await refused(new Uint8Array(0), { name: "RangeError", code: "ERR_OUT_OF_RANGE" });
    const gone = new Uint8Array(8);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    await refused(gone, { name: "TypeError" });
    const resizable: unknown = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]);
    assert.ok(resizable instanceof ArrayBuffer);
    if ("resizable" in resizable) await refused(new Uint8Array(resizable), { name: "TypeError" });
    await assert.rejects(server.read({ into: new Uint8Array(8), timeout: -1 }), RangeError);
    await client.write("all of it");
    for await (const bytes of server.lend()) {
      await refused(bytes, { name: "TypeError" });
      assert.equal(text(bytes), "all of it");
      break;
    }
    const piece = server.read({ into: undefined as unknown as Uint8Array });
    await client.write("own");
    const bytes: unknown = await piece;
    assert.ok(bytes instanceof Uint8Array);
  });
});

asyncApiTest("read({ into }): memory that is detached while the read waits", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const into = new Uint8Array(16);
    const waiting = assert.rejects(server.read({ into }), { name: "TypeError", message: /detached/ });
    const next = server.read();
    structuredClone(into.buffer, { transfer: [into.buffer] });
    await client.write("not lost");
    await waiting;
    assert.equal(text(await next), "not lost");
  });
});

asyncApiTest("read({ into }): runs none of the caller's code", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const called: PropertyKey[] = [];
    const lie = (name: PropertyKey) => ({
      get() {
        called.push(name);
        return name === "length" || name === "byteLength" ? 1 << 30 : undefined;
      },
    });
    class Liar extends Uint8Array {}
    for (const name of ["length", "byteLength", "byteOffset", "buffer", "set", "subarray", "constructor"])
      Object.defineProperty(Liar.prototype, name, lie(name));
    Object.defineProperty(Liar, Symbol.species, lie(Symbol.species));
    const memory = new ArrayBuffer(12);
    const into = new Liar(memory, 4, 4);
    called.length = 0;
    await client.write("0123456789");
    assert.equal(await server.read({ into }), 4);
    assert.equal(await server.read({ into }), 4);
    const last = server.read({ into });
    assert.equal(await last, 2);
    assert.deepEqual(called, []);
    assert.equal(text(new Uint8Array(memory)), "\0\0\0\0" + "8967" + "\0\0\0\0");
  });
});

asyncApiTest("read({ into }): a signal and a time limit lose nothing", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const into = new Uint8Array(16);
    const reason = new Error("enough");
    const controller = new AbortController();
    const aborted = assert.rejects(server.read({ into, signal: controller.signal }), reason);
    controller.abort(reason);
    await aborted;
    await assert.rejects(server.read({ into, signal: controller.signal }), reason);
    await assert.rejects(server.read({ into, timeout: 1 }), { name: "TimeoutError" });
    await client.write("here");
    assert.equal(await server.read({ into }), 4);
    assert.equal(text(into.subarray(0, 4)), "here");
  });
});

asyncApiTest(
  "read({ into }): the data before a reset, and then the reset",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      const into = new Uint8Array(2);
      await client.write("012");
      assert.equal(await server.read({ into }), 2);
      const waiting = server.read({ into });
      assert.equal(await waiting, 1);
      const reset = assert.rejects(server.read({ into }), { name: "ConnectionResetByPeer" });
      await someTurns();
      client.reset();
      await reset;
      await assert.rejects(server.read({ into }), { name: "ConnectionResetByPeer" });
    });
    await withEnds(engine, tcp, async ({ server }) => {
      const waiting = assert.rejects(server.read({ into: new Uint8Array(2) }), { name: "SocketClosed" });
      server.reset();
      await waiting;
      await eventually(() => server.fd === -1 || undefined);
    });
  },
  withoutResets,
);
