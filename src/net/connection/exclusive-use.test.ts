// Taking over a connection's input or output while something else uses it fails or settles, but
// never reorders or loses data, nor waits forever.
import assert from "node:assert/strict";
import { noDetach } from "../../../test/detach.ts";
import {
  asyncApiTest,
  type Ends,
  endpointFor,
  readText,
  withEnds,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { exceptionHere } from "../../../test/platform.ts";
import { close } from "../../posix/close.ts";
import { MSG, SOCK } from "../../posix/constants.ts";
import { trySend } from "../../posix/send.ts";
import { join } from "./join.ts";

const tcp = { host: "127.0.0.1" };

/** Sends until the system's buffer is full. */
function fill({ client }: Ends): void {
  while (trySend(client.socket, Buffer.alloc(4096, "."), MSG.DONTWAIT).ok);
}

asyncApiTest(
  "pipe(), join(), toDuplex() and detach() of a connection whose sendDescriptors() waits",
  (engine, fixture) =>
    withEnds(engine, endpointFor(fixture, "unix"), async (ends) => {
      await withEnds(engine, tcp, async (other) => {
        const [left] = fixture.pair(SOCK.STREAM);
        fill(ends);
        const sent = ends.client.sendDescriptors([left], "descriptors");
        await someTurns();
        const refused = { code: "ERR_INVALID_STATE" };
        await assert.rejects(other.server.pipe(ends.client), refused);
        await assert.rejects(join(other.server, ends.client), refused);
        assert.throws(() => ends.client.toDuplex(), refused);
        if (exceptionHere(noDetach) === undefined) await assert.rejects(ends.client.detach(), refused);
        let text = "";
        while (!text.endsWith("descriptors")) {
          const received = await ends.server.receiveDescriptors();
          for (const descriptor of received?.descriptors ?? []) close(descriptor);
          text = `${Buffer.from(received?.data ?? []).subarray(-11)}`;
        }
        await sent;
        await other.client.end("piped");
        await other.server.pipe(ends.client);
        assert.equal(`${Buffer.from((await ends.server.receiveDescriptors())?.data ?? [])}`, "piped");
      });
    }),
  withoutTransport.unix,
);

asyncApiTest("pipe() to a connection that belongs to a Duplex is a TypeError", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    await withEnds(engine, tcp, async (other) => {
      const duplex = client.toDuplex();
      await assert.rejects(other.server.pipe(client), TypeError);
      await assert.rejects(join(other.server, client), TypeError);
      duplex.end("the duplex's");
      assert.equal(await readText(server), "the duplex's");
    });
  });
});

asyncApiTest("cancel() of `readable` ends other waiting reads of every kind", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    const waiting = [server.read(), server.peek(), server.read({ into: new Uint8Array(4) })];
    const iterating = server[Symbol.asyncIterator]().next();
    await someTurns();
    await server.readable.cancel();
    assert.deepEqual(await Promise.all(waiting), [null, null, null]);
    assert.equal((await iterating).done, true);
    await client.write("dropped");
    assert.equal(await server.read(), null);
  });
});

asyncApiTest("cancel() of `readable` fails while a pipe() or a Duplex reads", async (engine) => {
  await withEnds(engine, tcp, async ({ client, server }) => {
    await withEnds(engine, tcp, async (other) => {
      const piped = server.pipe(other.client);
      await assert.rejects(server.readable.cancel(), { code: "ERR_INVALID_STATE" });
      await client.end("piped");
      assert.equal(await piped, 5);
      assert.equal(await readText(other.server), "piped");
    });
  });
  await withEnds(engine, tcp, async ({ client, server }) => {
    const { readable } = server;
    const duplex = server.toDuplex();
    await assert.rejects(readable.cancel(), TypeError);
    await client.end("the duplex's");
    let text = "";
    duplex.on("data", (bytes) => {
      text += bytes;
    });
    await eventually(() => duplex.readableEnded || undefined);
    assert.equal(text, "the duplex's");
  });
});

asyncApiTest(
  "cancel() of `readable` fails while receiveDescriptors() waits",
  (engine, fixture) =>
    withEnds(engine, endpointFor(fixture, "unix"), async ({ client, server }) => {
      const waiting = server.receiveDescriptors();
      await assert.rejects(server.readable.cancel(), { code: "ERR_INVALID_STATE" });
      await client.end("all of it");
      assert.equal(`${Buffer.from((await waiting)?.data ?? [])}`, "all of it");
    }),
  withoutTransport.unix,
);
