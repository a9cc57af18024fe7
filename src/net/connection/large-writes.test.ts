import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import { SO } from "../../options/so.ts";
import { setsockopt } from "../../posix/setsockopt.ts";

const tcp = { host: "127.0.0.1" };
const ignore = () => {};

asyncApiTest("a program that awaits large writes does not block the event loop", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    setsockopt(client.socket, SO.SNDBUF, 4 << 20);
    setsockopt(server.socket, SO.RCVBUF, 4 << 20);
    const block = new Uint8Array(16_384);
    let turned = false;
    let written = 0;
    const turn = setImmediate().then(() => {
      turned = true;
    });
    while (!turned && written < 4 << 20) {
      // If the system allows less memory than requested (tcp(7), wmem_max), it waits.
      await Promise.race([client.write(block).catch(ignore), turn]);
      written += block.length;
    }
    assert.ok(turned, `${written} bytes were written in one turn`);
  });
});

asyncApiTest("large and small writes, awaited or not, arrive in order", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const pieces = Array.from({ length: 300 }, (_, index) => randomBytes(index % 3 === 0 ? 50_000 : 700));
    const sent = (async () => {
      for (const [index, piece] of pieces.entries()) {
        const writing = client.write(piece);
        // Changed immediately; the original content is sent.
        const copy = Buffer.from(piece);
        piece.fill(0);
        pieces[index] = copy;
        if (index % 7 < 4) await writing;
      }
      await client.end();
    })();
    const hash = createHash("sha256");
    for await (const bytes of server) {
      hash.update(bytes);
      if (bytes.length > 30_000) await someTurns();
    }
    await sent;
    assert.equal(hash.digest("hex"), createHash("sha256").update(Buffer.concat(pieces)).digest("hex"));
  });
});

asyncApiTest(
  "a large write after the peer's reset fails like any write",
  async (engine) => {
    for (const length of [1, 100_000]) {
      await withEnds(engine, tcp, async ({ client, server }) => {
        server.reset();
        await server.closed;
        const failed = assert.rejects(client.write(new Uint8Array(length)), {
          name: "ConnectionResetByPeer",
        });
        await failed;
        await assert.rejects(client.write(new Uint8Array(length)), { name: "ConnectionResetByPeer" });
      });
    }
    // Closes and resets before the failure is reported.
    for (const end of ["close", "reset", "end"] as const) {
      await withEnds(engine, tcp, async ({ client, server }) => {
        server.reset();
        await server.closed;
        const failed = assert.rejects(client.write(new Uint8Array(100_000)));
        const ended = Promise.resolve(client[end]()).catch(() => {});
        await failed;
        await ended;
        client.reset();
        await client.closed;
      });
    }
  },
  resetsHidden,
);
