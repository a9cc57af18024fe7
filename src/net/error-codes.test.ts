// The errors of the asynchronous API have codes and messages in Node's style.
import assert from "node:assert/strict";
import { asyncApiTest, withEnds } from "../../test/engine/async-api.ts";
import { SocketError } from "../errors/socket-error.ts";
import { getsockname } from "../posix/getsockname.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";

const loopback = { host: "127.0.0.1" } as const;

asyncApiTest("connect: the error says so if every address of a name refuses", async (engine, fixture) => {
  // Bound, not listening, and on both families: connections are refused.
  const bound = fixture.boundTcp();
  const address = getsockname(bound);
  assert.ok(address.family === "ipv4");
  await assert.rejects(connect({ port: address.port, host: "localhost", engine }), (error: unknown) => {
    assert.ok(error instanceof AggregateError && "code" in error && "port" in error);
    assert.equal(error.errors.length, 2);
    for (const each of error.errors) assert.ok(each instanceof SocketError);
    assert.equal(error.code, error.errors[0].code);
    assert.equal(error.port, address.port);
    assert.match(
      error.message,
      new RegExp(`^connect E\\w+ localhost:${address.port} \\(tried ::1, 127\\.0\\.0\\.1`),
    );
    return true;
  });
});

asyncApiTest("write(): names what is neither text nor bytes, and text that it does not accept", (engine) =>
  withEnds(engine, loopback, async ({ client }) => {
    for (const bad of [5, null, undefined, {}, [["x"]], ["x", 5]]) {
      // @ts-expect-error
      await assert.rejects(client.write(bad), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: /^data must be a string or a Uint8Array, not /,
      });
    }
  }),
);

asyncApiTest("write() after end() has the code of Node's streams", (engine) =>
  withEnds(engine, loopback, async ({ client }) => {
    await client.end();
    const afterEnd = { name: "Error", code: "ERR_STREAM_WRITE_AFTER_END" };
    await assert.rejects(client.write("late"), afterEnd);
    await assert.rejects(client.end("late"), afterEnd);
  }),
);

asyncApiTest("toDuplex(): the connection's own calls then fail with a code", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const waiting = server.read();
    assert.throws(() => server.toDuplex(), { code: "ERR_INVALID_STATE" });
    await client.write("x");
    await waiting;
    client.toDuplex();
    await assert.rejects(client.read(), { name: "TypeError", code: "ERR_INVALID_STATE" });
    await assert.rejects(client.write("x"), { name: "TypeError", code: "ERR_INVALID_STATE" });
  }),
);

asyncApiTest("a handler that writes after end() gets the same code", async (engine) => {
  let code: unknown;
  const server = await listen(
    { ...loopback, engine },
    {
      open(connection) {
        void connection.end();
        try {
          connection.write("late");
        } catch (error) {
          code = error instanceof Error && "code" in error ? error.code : error;
        }
      },
    },
  );
  const client = await connect({ address: server.address, engine });
  assert.equal(await client.read(), null);
  await client.close();
  await server.close({ drain: 0 });
  assert.equal(code, "ERR_STREAM_WRITE_AFTER_END");
});

asyncApiTest("bad options: the errors have Node's codes", async (engine) => {
  const bad: readonly [options: object, code: string][] = [
    [{ port: "80" }, "ERR_INVALID_ARG_TYPE"],
    [{ host: 5 }, "ERR_INVALID_ARG_TYPE"],
    [{ port: 65_536 }, "ERR_OUT_OF_RANGE"],
    [{ host: "" }, "ERR_INVALID_ARG_VALUE"],
    [{ path: "/nowhere", port: 1 }, "ERR_INVALID_ARG_VALUE"],
  ];
  for (const [options, code] of bad) await assert.rejects(listen({ ...options, engine } as never), { code });
});
