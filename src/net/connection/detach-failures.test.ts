// detach() of a connection whose peer has sent data and a reset: every byte arrives, and then the
// failure, through the socket or the connection itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket as NetSocket } from "node:net";
import { noDetach } from "../../../test/detach.ts";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { send } from "../../posix/send.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { listen } from "../listener/listen.ts";
import type { Connection } from "./connection.ts";
import type { HandledConnection } from "./handled-connection.ts";

const exceptions = { ...noDetach, darwin: "a reset drops received data" };

function reset(peer: Socket): void {
  setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
  close(peer);
}

/** The text that a socket of Node's receives. libuv may report a reset after data as an end. */
async function received(socket: NetSocket): Promise<string> {
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes;
  });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

/** The text that is read before the reset. */
async function read(connection: Connection): Promise<string> {
  let text = "";
  const reading = async () => {
    for await (const bytes of connection) text += Buffer.from(bytes);
  };
  await assert.rejects(reading, { code: "ECONNRESET" });
  return text;
}

asyncApiTest(
  "detach(): data before a reset is not lost",
  async (engine, fixture) => {
    const listener = await listen({ host: "127.0.0.1", engine });
    const peer = fixture.tcp();
    connect(peer, listener.address);
    const connection = await listener.accept();
    send(peer, Buffer.from("one "));
    assert.equal(`${Buffer.from((await connection.read()) ?? [])}`, "one ");
    // The first is received ahead; the others are in the engine or the system.
    for (const piece of ["two ", "three ", "four "]) {
      send(peer, Buffer.from(piece));
      await someTurns();
    }
    reset(peer);
    await someTurns();
    const outcome = await connection.detach().then(received, async (error) => {
      assert.equal(error.code, "ECONNRESET");
      return read(connection);
    });
    assert.equal(outcome, "two three four ");
    await listener.close();
  },
  exceptions,
);

asyncApiTest(
  "detach(): data before a reset goes to the handler that paused",
  async (engine, fixture) => {
    let text = "";
    let closed = false;
    let accepted: HandledConnection | undefined;
    const server = await listen(
      { host: "127.0.0.1", engine },
      {
        open(connection) {
          accepted = connection.pause();
        },
        data(connection, bytes) {
          assert.equal(closed, false);
          text += Buffer.from(bytes);
          connection.write(bytes);
        },
        close() {
          closed = true;
        },
      },
    );
    const peer = fixture.tcp();
    connect(peer, server.address);
    const connection = await eventually(() => accepted);
    // Receiving has begun; what arrives from now on stays in the engine or the system.
    connection.resume();
    await someTurns();
    connection.pause();
    send(peer, Buffer.from("one two three"));
    await someTurns();
    reset(peer);
    await someTurns();
    const outcome = await connection.detach().then(received, (error) => {
      assert.equal(error.code, "ECONNRESET");
      return text;
    });
    assert.equal(outcome, "one two three");
    await server.close({ drain: 0 });
  },
  exceptions,
);

asyncApiTest(
  "detach(): an unref'd connection gives an unref'd socket",
  async (engine) => {
    for (const how of ["before", "during"] as const)
      await withEnds(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
        if (how === "before") server.unref();
        const detaching = server.detach();
        if (how === "during") server.unref();
        const socket = await detaching;
        assert.equal(refers(socket), false);
        const other = await client.unref().ref().detach();
        assert.equal(refers(other), true);
        socket.destroy();
        other.destroy();
        await Promise.all([once(socket, "close"), once(other, "close")]);
      });
  },
  { ...noDetach, deno: "Deno hides the handle of a net.Socket" },
);

function refers(socket: NetSocket): unknown {
  const handle: unknown = Reflect.get(socket, "_handle");
  assert.ok(typeof handle === "object" && handle !== null && "hasRef" in handle);
  return typeof handle.hasRef === "function" && handle.hasRef.call(handle);
}
