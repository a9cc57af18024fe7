// sendFile() combined with another file that must be read, a bad URL, an end, or a reset.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { noDetach } from "../../../test/detach.ts";
import { asyncApiTest, readText, withEnds } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { fileWith, LARGE, untilFull } from "../../../test/engine/sent-file.ts";
import { Fixture } from "../../../test/fixture.ts";
import { withoutResets } from "../../../test/platform.ts";
import { runSource } from "../../../test/program.ts";
import { close } from "../../posix/close.ts";
import { send } from "../../posix/send.ts";
import { listen } from "../listener/listen.ts";
import { connect } from "./connect.ts";
import type { ConnectionBase } from "./connection-base.ts";
import type { HandledConnection } from "./handled-connection.ts";

const loopback = { host: "127.0.0.1" } as const;
const noSockets = { deno: "it reads only descriptors of its own", windows: "it has no such sockets" };

for (const ended of [false, true]) {
  asyncApiTest(
    `two files that must be read, one after the other${ended ? ", before the end" : ""}`,
    (engine, fixture) =>
      withEnds(engine, loopback, async ({ client, server }) => {
        const files = ["one", "two"].map((text) => {
          const [left, right] = fixture.pair();
          send(left, Buffer.from(text));
          close(left);
          return right;
        });
        const sent = files.map((file) => client.sendFile(file.fd));
        const end = ended ? client.end(",after") : undefined;
        assert.deepEqual(await Promise.all(sent), [3, 3]);
        await (end ?? client.end(",after"));
        assert.equal(await readText(server), "onetwo,after");
        for (const file of files) close(file);
      }),
    noSockets,
  );
}

asyncApiTest("a URL that is not a file's: writes continue", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    await assert.rejects(client.sendFile(new URL("http://x/y")), { code: "ERR_INVALID_URL_SCHEME" });
    await client.end("after");
    assert.equal(await readText(server), "after");
  }),
);

/** A file that waits for a peer that does not read. */
async function stuck(connection: ConnectionBase, path: string): Promise<{ sent: Promise<number> }> {
  let count = 0;
  const progress = (bytes: number) => {
    count = bytes;
  };
  const sent = connection.sendFile(path, { progress });
  sent.catch(() => {});
  await untilFull(() => count);
  return { sent };
}

asyncApiTest(
  "an aborted detach() resets the connection, and keeps no socket",
  (engine, fixture) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const { sent } = await stuck(client, fileWith(fixture, new Uint8Array(LARGE)));
      await assert.rejects(client.detach({ timeout: 1 }), { name: "TimeoutError" });
      await assert.rejects(sent);
      // withEnds() detects a descriptor left open.
      await assert.rejects(readText(server), { name: "ConnectionResetByPeer" });
    }),
  { ...noDetach, ...withoutResets },
);

asyncApiTest(
  "end() settles if the connection fails meanwhile",
  (engine, fixture) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const { sent } = await stuck(client, fileWith(fixture, new Uint8Array(LARGE)));
      const ended = client.end();
      ended.catch(() => {});
      const read = client.read();
      server.reset();
      await assert.rejects(read);
      await assert.rejects(sent);
      await assert.rejects(ended);
    }),
  withoutResets,
);

test("after reset() no handler is called, though a file waits for the socket", async (context) => {
  const fixture = new Fixture(context);
  const path = fileWith(fixture, new Uint8Array(LARGE));
  for (const { name: engine } of enginesHere) {
    const called: string[] = [];
    const served: HandledConnection[] = [];
    const server = await listen(
      { ...loopback, engine },
      {
        open: (connection) => void served.push(connection),
        data(connection) {
          called.push(connection.closed ? "data after reset()" : "data");
          for (const each of served) each.reset();
        },
        end: () => void called.push("end"),
        error() {},
      },
    );
    const peers = [
      await connect({ address: server.address, engine }),
      await connect({ address: server.address, engine }),
    ];
    await eventually(() => served.length === 2 || undefined);
    for (const connection of served) await stuck(connection, path);
    // Both have data in one turn of the engine.
    for (const peer of peers) void peer.write("x").catch(() => {});
    await eventually(() => served.every(({ fd }) => fd === -1) || undefined);
    assert.deepEqual(called, ["data"]);
    for (const peer of peers) peer.reset();
    await server.close({ drain: 0 });
  }
});

test("an error thrown by drain() is an uncaught exception, and the file is still sent", (context) => {
  const path = fileWith(new Fixture(context), "the file");
  const { stdout, stderr } = runSource(`
    import { connect, listen } from ${JSON.stringify(new URL("../../index.js", import.meta.url).href)};
    for (const engine of ${JSON.stringify(enginesHere.map(({ name }) => name))}) {
      const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
      let opened;
      const connection = new Promise((resolve) => { opened = resolve; });
      const server = await listen({ host: "127.0.0.1", engine }, {
        open: opened,
        drain() { throw new Error("drain"); },
      });
      const peer = await connect({ address: server.address, engine });
      const sender = await connection;
      const sent = sender.sendFile(${JSON.stringify(path)});
      sender.write(new Uint8Array(70_000));
      console.log(await sent, (await uncaught).message);
      peer.reset();
      await server.close({ drain: 0 });
    }
  `);
  assert.equal(stdout, enginesHere.map(() => "8 drain\n").join(""), stderr);
});

asyncApiTest(
  "toDuplex() of a connection that has failed, behind data, throws the failure",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      await server.write("ahead");
      assert.equal(`${Buffer.from((await client.peek()) ?? [])}`, "ahead");
      server.reset();
      await assert.rejects(async () => {
        for (;;) await client.write("x");
      });
      assert.throws(() => client.toDuplex(), { name: /^(ConnectionResetByPeer|BrokenPipe)$/ });
      assert.equal(`${Buffer.from((await client.read()) ?? [])}`, "ahead");
    }),
  withoutResets,
);

asyncApiTest(
  "rejects a fifo, with or without a writer, and blocks nothing",
  (engine, fixture) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const fifo = join(fixture.folder(), "fifo");
      assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
      const fifoIsRefused = () =>
        // More than node:fs has threads.
        Promise.all(
          Array.from({ length: 8 }, () =>
            assert.rejects(client.sendFile(fifo), { name: "TypeError", code: "ERR_INVALID_ARG_VALUE" }),
          ),
        );
      await fifoIsRefused();
      const writer = openSync(fifo, "r+");
      await fifoIsRefused();
      closeSync(writer);
      await client.end("after");
      assert.equal(await readText(server), "after");
    }),
  { windows: "it has no fifos" },
);

asyncApiTest(
  "a timeout ends a file that cannot be read",
  (engine, fixture) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const [silent, other] = fixture.pair();
      await assert.rejects(client.sendFile(silent.fd, { timeout: 1 }), { name: "TimeoutError" });
      // Allows the call to return.
      close(other);
      await client.end("after");
      assert.equal(await readText(server), "after");
    }),
  noSockets,
);

asyncApiTest(
  "a file that a detach() waits for ends with the reason that ended both",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "file");
    writeFileSync(path, Buffer.alloc(20_000_000));
    await withEnds(engine, loopback, async ({ client }) => {
      const sent = client.sendFile(path);
      const detaching = client.detach();
      const ended = Promise.all(
        [sent, detaching].map((promise) => assert.rejects(promise, { name: "SocketClosed" })),
      );
      await someTurns();
      client.reset();
      await ended;
    });
    await withEnds(engine, loopback, async ({ client }) => {
      const sent = client.sendFile(path);
      const detaching = client.detach({ timeout: 20 });
      await Promise.all(
        [sent, detaching].map((promise) => assert.rejects(promise, { name: "TimeoutError" })),
      );
    });
  },
  noDetach,
);

asyncApiTest(
  "rejects all pieces of a write with an expired view while a file is sent",
  async (engine, fixture) => {
    const path = fileWith(fixture, Buffer.alloc(LARGE));
    const views: Uint8Array[] = [];
    const server = await listen({ ...loopback, engine }, { data: (_, bytes) => void views.push(bytes) });
    const client = await connect({ address: server.address, engine });
    await client.write("a view");
    const stale = await eventually(() => views[0]);
    const sender = await connect({ address: server.address, engine });
    let count = 0;
    const sent = sender.sendFile(path, {
      progress(bytes) {
        count = bytes;
      },
    });
    const ended = assert.rejects(sent, { name: "SocketClosed" });
    await someTurns();
    const before = sender.pendingBytes;
    await assert.rejects(sender.write(["first", stale]), { name: "TypeError" });
    assert.equal(sender.pendingBytes, before);
    assert.ok(count <= LARGE);
    for (const each of [sender, client]) each.reset();
    await ended;
    await server.close({ drain: 0 });
  },
  { windows: "a file that is still being read cannot be removed there" },
);

asyncApiTest(
  "an end() behind a file fails with the connection, also one that is closing",
  async (engine, fixture) => {
    const path = fileWith(fixture, Buffer.alloc(LARGE));
    await withEnds(engine, loopback, async ({ client, server }) => {
      let count = 0;
      const sent = client.sendFile(path, {
        progress(bytes) {
          count = bytes;
        },
      });
      const ended = client.end();
      const closed = client.close();
      const failed = Promise.all([sent, ended].map((each) => assert.rejects(each)));
      await untilFull(() => count);
      server.reset();
      await failed;
      await closed;
    });
  },
  withoutResets,
);
