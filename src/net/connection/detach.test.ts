import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket as NetSocket } from "node:net";
import { test } from "node:test";
import { noDetach } from "../../../test/detach.ts";
import {
  asyncApiTest,
  endpointFor,
  readText,
  transports,
  withEnds,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { exceptionHere } from "../../../test/platform.ts";
import { listen } from "../listener/listen.ts";
import { connect } from "./connect.ts";
import type { HandledConnection } from "./handled-connection.ts";

const tcp = { host: "127.0.0.1" };
const big = new Uint8Array(8 << 20).fill(7);

/** Reads a socket of Node's to its end. */
async function textOf(socket: NetSocket): Promise<string> {
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes;
  });
  await once(socket, "end");
  return text;
}

for (const transport of transports) {
  const exceptions = { ...noDetach, ...withoutTransport[transport] };

  asyncApiTest(
    `detach(): received but unread data comes first (${transport})`,
    async (engine, fixture) => {
      await withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        const address = server.remoteAddress;
        await client.write("one ");
        assert.equal(`${Buffer.from((await server.read()) ?? [])}`, "one ");
        // Each is received ahead, or still in the system's buffer or the engine.
        for (const piece of ["two ", "three ", "four "]) await client.write(piece);
        const socket = await server.detach();
        assert.equal("port" in address ? address.port : undefined, socket.remotePort);
        await client.end("five");
        const ended = textOf(socket);
        assert.equal(await ended, "two three four five");
        socket.destroy();
      });
    },
    exceptions,
  );

  asyncApiTest(
    `detach(): waits until written data is sent (${transport})`,
    async (engine, fixture) => {
      await withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        const written = server.write(big);
        let detached = false;
        const detaching = server.detach().then((socket) => {
          detached = true;
          return socket;
        });
        let received = 0;
        while (received < big.length) {
          if (server.pendingBytes > 0) assert.equal(detached, false);
          received += (await client.read())?.length ?? assert.fail("it has ended");
        }
        const socket = await detaching;
        await written;
        socket.end("last");
        assert.equal(received, big.length);
        assert.equal(await readText(client), "last");
        socket.destroy();
      });
    },
    exceptions,
  );

  asyncApiTest(
    `detach(): an end that was sent or received stays so (${transport})`,
    async (engine, fixture) => {
      await withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        await server.end("bye");
        const socket = await server.detach();
        assert.deepEqual([socket.writable, socket.readyState], [false, "readOnly"]);
        assert.equal(await readText(client), "bye");
        await client.write("still ");
        await client.end("here");
        assert.equal(await textOf(socket), "still here");
        if (!socket.closed) await once(socket, "close");
      });
      await withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        await client.end();
        assert.equal(await server.read(), null);
        const socket = await server.detach({ allowHalfOpen: true });
        assert.equal(await textOf(socket), "");
        assert.equal(socket.writable, true);
        socket.end("to the end");
        assert.equal(await readText(client), "to the end");
      });
    },
    exceptions,
  );
}

asyncApiTest(
  "detach(): afterwards the connection is finished, and its methods say so",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      const detaching = server.detach();
      const error = {
        name: "TypeError",
        code: "ERR_INVALID_STATE",
        message: /was detached: its net\.Socket/,
      };
      const refuses = async () => {
        await assert.rejects(server.read(), error);
        await assert.rejects(server.write("x"), error);
        await assert.rejects(server.end(), error);
        await assert.rejects(server.detach(), error);
        assert.throws(() => server.toDuplex(), error);
        await assert.rejects(server[Symbol.asyncIterator]().next(), error);
      };
      await refuses();
      const socket = await detaching;
      await refuses();
      assert.equal(server.socket.closed, true);
      assert.equal(server.pendingBytes, 0);
      assert.equal(await server.closed, null);
      await server.close({ timeout: 1000 });
      server.reset();
      socket.write("it goes on");
      assert.equal(`${Buffer.from((await client.read()) ?? [])}`, "it goes on");
      socket.destroy();
    });
  },
  noDetach,
);

asyncApiTest(
  "detach(): of a handled connection, in any handler; close() is called with null",
  async (engine) => {
    const calls: unknown[] = [];
    let give = (_: Promise<NetSocket>) => {};
    const given = new Promise<NetSocket>((resolve) => {
      give = resolve;
    });
    let handled: HandledConnection | undefined;
    const server = await listen(
      { ...tcp, engine },
      {
        data(connection, bytes) {
          calls.push(`${Buffer.from(bytes)}`);
          connection.write("first ");
          give(connection.detach());
          handled = connection;
        },
        end: () => calls.push("end"),
        close: (_, error) => calls.push(error),
      },
    );
    await using client = await connect({ address: server.address, engine });
    await client.write("hello");
    const socket = await given;
    assert.deepEqual(calls, ["hello", null]);
    assert.ok(handled !== undefined);
    const connection = handled;
    assert.equal(connection.closed, true);
    const error = { name: "TypeError", code: "ERR_INVALID_STATE" };
    assert.throws(() => connection.write("x"), error);
    assert.throws(() => connection.end(), error);
    assert.throws(() => connection.pause(), error);
    assert.throws(() => connection.resume(), error);
    connection.close();
    connection.reset();
    socket.end("second");
    assert.equal(await readText(client), "first second");
    await client.end();
    await server.close({ drain: Number.POSITIVE_INFINITY });
    assert.deepEqual(calls, ["hello", null]);
  },
  noDetach,
);

asyncApiTest(
  "detach(): its listener counts the socket until that is closed, and resets it in the end",
  async (engine) => {
    const listener = await listen({ ...tcp, engine });
    const clients = [
      await connect({ address: listener.address, engine }),
      await connect({ address: listener.address, engine }),
    ] as const;
    const sockets = [
      await (await listener.accept()).detach(),
      await (await listener.accept()).detach(),
    ] as const;
    assert.equal(listener.connections, 2);
    const closed = once(sockets[0], "close");
    sockets[0].destroy();
    await closed;
    assert.equal(listener.connections, 1);
    // Data that it cannot send is dropped, too.
    sockets[1].write(big);
    await listener.close({ drain: 50 });
    assert.equal(listener.connections, 0);
    assert.equal(sockets[1].destroyed, true);
    await clients[0].close();
    const isDeno = exceptionHere({ deno: "it hides the descriptor" }) !== undefined;
    if (isDeno) await clients[1].close();
    else await assert.rejects(readText(clients[1]), { name: "ConnectionResetByPeer" });
  },
  noDetach,
);

asyncApiTest(
  "detach(): an error leaves the connection unchanged",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      const reading = server.read();
      await assert.rejects(server.detach(), { code: "ERR_INVALID_STATE", message: /read\(\).*waiting/ });
      const reason = new Error("not now");
      await assert.rejects(server.detach({ signal: AbortSignal.abort(reason) }), reason);
      // @ts-expect-error: no boolean
      await assert.rejects(server.detach({ allowHalfOpen: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
      // @ts-expect-error: no object
      await assert.rejects(server.detach(null), { code: "ERR_INVALID_ARG_TYPE" });
      await assert.rejects(server.detach({ timeout: -1 }), { code: "ERR_OUT_OF_RANGE" });
      await client.write("hello");
      assert.equal(`${Buffer.from((await reading) ?? [])}`, "hello");
      server.toDuplex().on("error", () => {});
      await assert.rejects(server.detach(), { code: "ERR_INVALID_STATE", message: /toDuplex/ });
      client.reset();
      await client.closed;
      await assert.rejects(client.detach(), { name: "SocketClosed" });
    });
  },
  noDetach,
);

asyncApiTest(
  "detach(): a timeout, a signal, reset() and a peer's reset end it, and the connection",
  async (engine) => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      server.write(big).catch(() => {});
      await assert.rejects(server.detach({ timeout: 20 }), { name: "TimeoutError" });
      await server.closed;
      await assert.rejects(readText(client), { name: "ConnectionResetByPeer" });
    });
    await withEnds(engine, tcp, async ({ server }) => {
      const [reason, abort] = [new Error("enough"), new AbortController()];
      server.write(big).catch(() => {});
      const detaching = server.detach({ signal: abort.signal });
      abort.abort(reason);
      await assert.rejects(detaching, reason);
      await server.closed;
    });
    await withEnds(engine, tcp, async ({ client, server }) => {
      server.write(big).catch(() => {});
      const detaching = server.detach();
      server.reset();
      await assert.rejects(detaching, { name: "SocketClosed" });
      assert.equal(await server.closed, null);
      await assert.rejects(readText(client), { name: "ConnectionResetByPeer" });
    });
    await withEnds(engine, tcp, async ({ client, server }) => {
      const writing = assert.rejects(server.write(big), { name: "ConnectionResetByPeer" });
      const detaching = assert.rejects(server.detach(), { name: "ConnectionResetByPeer" });
      client.reset();
      await Promise.all([writing, detaching]);
      assert.equal((await server.closed)?.name, "ConnectionResetByPeer");
    });
  },
  noDetach,
);

for (const { name: engine } of exceptionHere({ bun: noDetach.bun ?? "" }) === undefined ? [] : enginesHere) {
  test(`detach(): if no net.Socket can take a descriptor, it says so and loses nothing (${engine})`, async () => {
    await withEnds(engine, tcp, async ({ client, server }) => {
      await client.write("hello");
      await assert.rejects(server.detach(), {
        message: /cannot make a net\.Socket from a descriptor; use toDuplex/,
      });
      assert.equal(`${Buffer.from((await server.read()) ?? [])}`, "hello");
    });
  });
}
