import assert from "node:assert/strict";
import { asyncApiTest, endpointFor, transports, withoutTransport } from "../../../test/engine/async-api.ts";
import { eventually } from "../../../test/engine/engine-test.ts";
import { SOCK } from "../../posix/constants.ts";
import { tryRecv } from "../../posix/recv.ts";
import { send } from "../../posix/send.ts";
import { listen } from "../listener/listen.ts";
import { connect } from "./connect.ts";
import type { HandledConnection } from "./handled-connection.ts";
import type { ConnectionHandlers } from "./handlers.ts";

for (const transport of transports) {
  asyncApiTest(
    `connect with handlers over ${transport}: all of them, in order, with the connection's state`,
    async (engine, fixture) => {
      const server = await listen(
        { ...endpointFor(fixture, transport), engine },
        { data: (connection, bytes) => connection.write(bytes), end: (connection) => connection.end("!") },
      );
      const told: unknown[] = [];
      const handlers: ConnectionHandlers<{ bytes: number }> = {
        open(connection) {
          told.push("open");
          connection.end("hello");
          return { bytes: 0 };
        },
        data(connection, bytes) {
          connection.state.bytes += bytes.length;
        },
        end(connection) {
          told.push("end", connection.state.bytes);
        },
        close: (connection, error) => told.push("close", connection.closed, error),
      };
      const client: HandledConnection<{ bytes: number }> = await connect(
        { address: server.address, engine },
        handlers,
      );
      assert.deepEqual(told, ["open"]);
      await eventually(() => told.includes("close") || undefined);
      assert.deepEqual(told, ["open", "end", 6, "close", true, null]);
      assert.equal(client.closed, true);
      await server.close({ drain: Number.POSITIVE_INFINITY });
    },
    withoutTransport[transport],
  );
}

asyncApiTest("connect with handlers: nothing is received while open() has it paused", async (engine) => {
  const server = await listen({ host: "127.0.0.1", engine }, { open: (peer) => peer.end("hello") });
  let received = "";
  const client = await connect(
    { address: server.address, engine },
    {
      open: (connection) => void connection.pause(),
      data(_, bytes) {
        received += Buffer.from(bytes);
      },
    },
  );
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(received, "");
  client.resume();
  await eventually(() => client.closed || undefined);
  assert.equal(received, "hello");
  await server.close({ drain: Number.POSITIVE_INFINITY });
});

asyncApiTest("connect with handlers: what open() throws rejects it, or goes to error()", async (engine) => {
  const server = await listen({ host: "127.0.0.1", engine }, {});
  const thrown = new Error("thrown");
  const open = () => {
    throw thrown;
  };
  await assert.rejects(connect({ address: server.address, engine }, { open }), thrown);
  const errors: unknown[] = [];
  const error = (_: HandledConnection, reason: unknown) => errors.push(reason);
  const client = await connect({ address: server.address, engine }, { open, error });
  assert.equal(client.closed, true);
  assert.deepEqual(errors, [thrown]);
  await server.close({ drain: Number.POSITIVE_INFINITY });
});

asyncApiTest(
  "connect with handlers: handlers of another type are a TypeError before any call",
  async (engine) => {
    // @ts-expect-error a handler is a function
    await assert.rejects(connect({ port: 1, engine }, { data: 1 }), {
      name: "TypeError",
      message: /the handler data must be a function/,
    });
  },
);

asyncApiTest("connect with handlers: takes over a socket that is connected", async (engine, fixture) => {
  const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
  let closed = false;
  const handlers: ConnectionHandlers = {
    data: (connection, bytes) => connection.write(bytes),
    close() {
      closed = true;
    },
  };
  await connect({ socket: left, engine }, handlers);
  send(right, Buffer.from("echo"));
  const bytes = new Uint8Array(10);
  const received = await eventually(() => {
    const result = tryRecv(right, bytes);
    return result.ok ? result.value : undefined;
  });
  assert.equal(Buffer.from(bytes.subarray(0, received)).toString(), "echo");
  right[Symbol.dispose]();
  await eventually(() => closed || undefined);
});
