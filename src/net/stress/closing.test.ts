// Every way to end a connection in every state: every wait ends, and nothing stays open.
import assert from "node:assert/strict";
import { asyncApiTest, type Ends, withEnds } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "../listener/listen.ts";

/** More than the system takes for a peer that does not read. */
const MUCH = Buffer.alloc(16 << 20);

/** Brings a connection to a state; returns what is pending, which must end with the connection. */
type Bring = (connection: Connection, peer: Connection) => Promise<readonly Promise<unknown>[]>;

const states: Readonly<Record<string, Bring>> = {
  "that was just opened": async () => [],
  "that is read from": async (connection) => [connection.read()],
  "that several read from": async (connection) => [
    connection.read(),
    connection.read({ timeout: 2 ** 31 - 1 }),
    connection.read({ signal: new AbortController().signal }),
  ],
  "with unread data": async (connection, peer) => {
    const [first] = await Promise.all([connection.read(), peer.write("some")]);
    assert.ok(first);
    await peer.write("more");
    await someTurns();
    return [];
  },
  "that cannot send everything": async (connection) => [connection.write(MUCH)],
  "that cannot send everything, and will end": async (connection) => [
    connection.write(MUCH),
    connection.end("end"),
  ],
  "that is read from and cannot send everything": async (connection) => [
    connection.read(),
    connection.write(MUCH),
  ],
  "that has ended": async (connection) => {
    await connection.end("end");
    return [connection.read()];
  },
  "whose peer has ended": async (connection, peer) => {
    await peer.end();
    assert.equal(await connection.read(), null);
    return [connection.write(MUCH)];
  },
  "whose peer has reset it, unnoticed": async (_, peer) => {
    peer.reset();
    await peer.closed;
    return [];
  },
  "whose peer has reset it, while reading and writing": async (connection, peer) => {
    const waiting = [connection.read(), connection.write(MUCH)];
    peer.reset();
    return waiting;
  },
  "in a loop": async (connection, peer) => {
    const loop = (async () => {
      for await (const bytes of connection) await connection.write(bytes);
    })();
    await peer.write("turn");
    await peer.read();
    return [loop];
  },
  "that belongs to a Duplex": async (connection) => {
    const duplex = connection.toDuplex();
    duplex.on("error", () => {});
    const written = new Promise((resolve) => duplex.write(MUCH, resolve));
    duplex.resume();
    return [written, new Promise((resolve) => duplex.once("close", resolve))];
  },
  "that belongs to two web streams": async (connection) => [
    connection.readable.getReader().read(),
    connection.writable.getWriter().write(MUCH),
  ],
};

async function readUp(connection: Connection): Promise<void> {
  try {
    while ((await connection.read()) !== null);
  } catch {
    // It was closed, or it failed.
  }
}

type End = (ends: Ends) => unknown;

const ways: Readonly<Record<string, End>> = {
  "close()": ({ server }) => server.close(),
  "close() with a timeout": ({ server }) => server.close({ timeout: 0 }).catch(() => {}),
  "reset()": ({ server }) => server.reset(),
  "close(), then reset()": ({ server }) => {
    const closed = server.close();
    server.reset();
    return closed;
  },
  "the end of its scope": ({ server }) => server[Symbol.asyncDispose](),
  "close() of its listener": ({ listener }) => listener.close({ drain: 0 }),
  "the reset of its peer, then reset()": ({ client, server }) => {
    client.reset();
    server.reset();
  },
};

for (const [way, end] of Object.entries(ways)) {
  asyncApiTest(`closing: by ${way}, in every state`, async (engine) => {
    for (const [state, bring] of Object.entries(states)) {
      await withEnds(engine, { host: "127.0.0.1" }, async (ends) => {
        const { server, client } = ends;
        const waiting = await bring(server, client);
        let ended = 0;
        for (const each of waiting) each.catch(() => {}).finally(() => ended++);
        const closing = Promise.resolve(end(ends)).catch(() => {});
        // A close() waits for a peer that does not read, as long as that takes.
        setImmediate(() => client.reset());
        await Promise.all([closing, server.closed]);
        await eventually(() => (ended === waiting.length ? true : undefined));
        assert.equal(server.socket.fd, -1, state);
        assert.equal(server.pendingBytes, 0, state);
        await assert.rejects(server.write("more"), Error, state);
        // Data that arrived unread can be read, followed by the end or the error.
        await readUp(server);
        await assert.rejects(Promise.all([server.read(), server.write("more")]), Error, state);
      });
    }
  });
}

/** The same for a connection with handlers. */
const handledStates: Readonly<Record<string, (connection: HandledConnection) => void>> = {
  "that was just opened": () => {},
  "that is paused": (connection) => connection.pause(),
  "that cannot send everything": (connection) => connection.write(MUCH),
  "that cannot send everything, and will end": (connection) => connection.end(MUCH),
  "that has ended": (connection) => connection.end("end"),
  "that is closing": (connection) => {
    connection.write(MUCH);
    connection.close();
  },
};

const handledWays: Readonly<Record<string, (connection: HandledConnection) => void>> = {
  "close()": (connection) => connection.close(),
  "reset()": (connection) => connection.reset(),
  "close(), then reset()": (connection) => {
    connection.close();
    connection.reset();
  },
  nothing: () => {},
};

for (const [way, end] of Object.entries(handledWays)) {
  for (const when of ["in open()", "in data()", "between handlers"]) {
    asyncApiTest(`closing: by ${way} ${when}, in every state of a server's connection`, async (engine) => {
      for (const [state, bring] of Object.entries(handledStates)) {
        const told: string[] = [];
        const both = (connection: HandledConnection) => {
          bring(connection);
          end(connection);
          told.push("ended");
        };
        const server = await listen(
          { host: "127.0.0.1", engine },
          {
            open(connection) {
              if (when === "in open()") both(connection);
              if (when === "between handlers") setImmediate(both, connection);
            },
            data(connection) {
              if (when === "in data()" && told.length === 0) both(connection);
            },
            close: () => told.push("close"),
          },
        );
        // It may be reset while it connects.
        const client = await connect({ address: server.address, engine }).catch(() => undefined);
        await client?.write("x").catch(() => {});
        await eventually(() => (told.includes("ended") ? true : undefined));
        client?.reset();
        await client?.closed;
        // A paused connection does not notice its peer's end.
        await server.close({ drain: way === "nothing" ? 0 : Number.POSITIVE_INFINITY });
        assert.deepEqual(told, ["ended", "close"], state);
      }
    });
  }
}

asyncApiTest("closing: a pending connect(), and a waiting accept()", async (engine) => {
  const listener = await listen({ host: "127.0.0.1", engine, backlog: 0 });
  const first = await connect({ address: listener.address, engine });
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = Array.from({ length: 8 }, () =>
    assert.rejects(connect({ address: listener.address, engine, signal }), /enough/),
  );
  await someTurns();
  controller.abort(new Error("enough"));
  await Promise.all(waiting);
  const accepted = await listener.accept();
  const accepting = Array.from({ length: 8 }, () =>
    assert.rejects(listener.accept(), { name: "SocketClosed" }),
  );
  await someTurns();
  await listener.close();
  await Promise.all(accepting);
  first.reset();
  accepted.reset();
  await Promise.all([first.closed, accepted.closed]);
});

asyncApiTest("closing: a listener in every state of its own", async (engine) => {
  const peers: Connection[] = [];
  const come = async (address: Parameters<typeof connect>[0]["address"]) => {
    if (address !== undefined) peers.push(await connect({ address, engine }));
  };
  for (const paused of [false, true]) {
    for (const waits of [0, 3]) {
      for (const withHandlers of [false, true]) {
        const options = { host: "127.0.0.1", engine };
        const listener = withHandlers ? await listen(options, {}) : await listen(options);
        if (paused) listener.pause();
        for (let count = 0; count < waits; count++) await come(listener.address);
        await Promise.all([listener.close({ drain: 0 }), listener.close({ drain: 0 })]);
        listener.pause().resume().ref().unref();
        assert.equal(listener.connections, 0);
        assert.equal(listener.queue, undefined);
        await assert.rejects(come(listener.address), { name: "ConnectionRefused" });
      }
    }
  }
  for (const peer of peers) peer.reset();
  await Promise.all(peers.map((peer) => peer.closed));
});
