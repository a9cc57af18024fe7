import assert from "node:assert/strict";
import { asyncApiTest, endpointFor, transports, withoutTransport } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { connect } from "../connection/connect.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "./listen.ts";

/** More than the buffers of two sockets hold. */
const BIG = new Uint8Array(32 << 20);

asyncApiTest(
  "server: a congested connection receives nothing, and neither does a paused one that drains",
  async (engine) => {
    const opened: HandledConnection[] = [];
    let received = 0;
    let drains = 0;
    await using server = await listen(
      { host: "127.0.0.1", engine },
      {
        open: (connection) => void opened.push(connection),
        data(_, bytes) {
          received += bytes.length;
        },
        drain() {
          drains += 1;
        },
      },
    );
    await using client = await connect({ address: server.address, engine });
    const connection = await eventually(() => opened[0]);
    assert.equal(connection.write(BIG), false);
    await client.write("held");
    await someTurns();
    assert.equal(received, 0, "congested");
    connection.pause().resume();
    await someTurns();
    assert.equal(received, 0, "resumed while congested");
    connection.pause();
    for (let length = 0; length < BIG.length; ) length += (await client.read())?.length ?? BIG.length;
    await eventually(() => drains === 1 || undefined);
    await someTurns();
    assert.equal(received, 0, "drained while paused");
    connection.resume();
    await eventually(() => received === 4 || undefined);
  },
);

asyncApiTest("server: a connection congested by open() receives once it has drained", async (engine) => {
  const told: string[] = [];
  await using server = await listen(
    { host: "127.0.0.1", engine },
    {
      open(connection) {
        connection.write(BIG);
        told.push("open");
      },
      data: () => void told.push("data"),
      drain: () => void told.push("drain"),
    },
  );
  await using client = await connect({ address: server.address, engine });
  await client.write("held");
  await eventually(() => told.length > 0 || undefined);
  await someTurns();
  assert.deepEqual(told, ["open"]);
  for (let length = 0; length < BIG.length; ) length += (await client.read())?.length ?? BIG.length;
  await eventually(() => told.length === 3 || undefined);
  assert.deepEqual(told, ["open", "drain", "data"]);
});

for (const transport of transports) {
  asyncApiTest(
    `a program that writes until write() is false stops over ${transport} once sending has failed`,
    async (engine, fixture) => {
      const endpoint = endpointFor(fixture, transport);
      const bytes = Buffer.alloc(65_536);
      const endless: unknown[] = [];
      /** If write() returned true without sending, this loop would never end. */
      const writeOn = (connection: HandledConnection) => {
        for (let times = 0; connection.write(bytes); times++) {
          if (times < 10_000) continue;
          endless.push(times);
          connection.reset();
        }
      };
      const events: string[] = [];
      const server = await listen(
        { ...endpoint, engine },
        {
          open: writeOn,
          drain: writeOn,
          data: (connection, data) => {
            events.push(`${Buffer.from(data)}`);
            writeOn(connection);
          },
          end: writeOn,
          error: () => void events.push("error"),
        },
      );
      const client = await connect({ address: server.address, engine });
      await client.write("last words");
      await client.close();
      await eventually(() => server.connections === 0 || undefined);
      await server.close();
      assert.deepEqual(endless, []);
      // TCP's reset drops what was received.
      if (transport === "unix") assert.equal(events[0], "last words");
    },
    withoutTransport[transport],
  );
}
