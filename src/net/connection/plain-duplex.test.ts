import assert from "node:assert/strict";
import { once } from "node:events";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { PlainDuplex } from "./plain-duplex.ts";

const tcp = { host: "127.0.0.1" };

// The Duplex that toDuplex() returns without `berkeley/net`. The tests of connection-duplex run on
// the runtime's own.

asyncApiTest(
  "plain duplex: the state follows the ends of both sides, and close comes last",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      const duplex = new PlainDuplex(server, { allowHalfOpen: true });
      assert.equal(duplex.readyState, "open");
      duplex.end("the end");
      assert.equal(duplex.readyState, "readOnly");
      const [ended, closed] = [once(duplex, "end"), once(duplex, "close")];
      await client.end();
      duplex.resume();
      await ended;
      assert.equal(duplex.readyState, "closed");
      assert.deepEqual(await closed, [false]);
      assert.equal(`${Buffer.from((await client.read()) ?? [])}`, "the end");
    });
  },
);

asyncApiTest(
  "plain duplex: keep-alive is an option of the socket, in whole seconds",
  async (engine) => {
    await withEnds(engine, tcp, async ({ server }) => {
      const duplex = new PlainDuplex(server);
      assert.equal(duplex.setKeepAlive(true, 5999), duplex);
      assert.equal(getsockopt(duplex.socket, SO.KEEPALIVE), true);
      assert.equal(getsockopt(duplex.socket, TCP.KEEPIDLE), 5);
      duplex.setKeepAlive(true, 999);
      assert.equal(getsockopt(duplex.socket, TCP.KEEPIDLE), 5);
      duplex.setKeepAlive();
      assert.equal(getsockopt(duplex.socket, SO.KEEPALIVE), false);
      duplex.destroy();
      await once(duplex, "close");
    });
  },
  { windows: "Wine has no TCP_KEEPIDLE (getsockopt, WSAENOPROTOOPT)" },
);

asyncApiTest("plain duplex: write() takes an encoding, a callback, both, or neither", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const duplex = new PlainDuplex(server);
    await new Promise((resolve) => duplex.write("one ", resolve));
    await new Promise((resolve) => duplex.write("74776f20", "hex", resolve));
    duplex.write("dGhyZWU=", "base64");
    duplex.end();
    let received = "";
    for await (const bytes of client) received += Buffer.from(bytes);
    assert.equal(received, "one two three");
  });
});

asyncApiTest("plain duplex: destroySoon() sends what was written, and then closes", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const duplex = new PlainDuplex(server, { allowHalfOpen: true });
    const all = Buffer.alloc(3_000_000, "all of it ");
    duplex.write(all);
    duplex.destroySoon();
    const closed = once(duplex, "close");
    let received = 0;
    for await (const bytes of client) received += bytes.length;
    assert.equal(received, all.length);
    assert.deepEqual(await closed, [false]);
    assert.equal(duplex.ref().unref(), duplex);
  });
});
