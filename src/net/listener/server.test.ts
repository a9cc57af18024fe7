import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  asyncApiTest,
  endpointFor,
  readText,
  transports,
  waitInQueue,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { eventually } from "../../../test/engine/engine-test.ts";
import { runProgram } from "../../../test/program.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import type { EngineName } from "../../engine/engine.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import type { ListenOptions } from "../options/listen-options.ts";
import { listen } from "./listen.ts";
import type { Server } from "./server.ts";

const loopback = { host: "127.0.0.1" } as const;

/** Runs with a server and a client of it, and closes both at the end. */
async function serving<State>(
  engine: EngineName,
  handlers: ConnectionHandlers<State>,
  run: (client: Connection, server: Server) => Promise<void>,
  endpoint: ListenOptions = loopback,
): Promise<void> {
  const server = await listen({ ...endpoint, engine }, handlers);
  try {
    const client = await connect({ address: server.address, engine });
    try {
      await run(client, server);
    } finally {
      client.reset();
      await client.closed;
    }
  } finally {
    await server.close({ drain: 0 });
  }
}

for (const transport of transports) {
  asyncApiTest(
    `server over ${transport}: the handlers, in order, with the connection's state`,
    async (engine, fixture) => {
      const told: unknown[] = [];
      const handlers: ConnectionHandlers<{ bytes: number }> = {
        open(connection) {
          told.push("open");
          connection.write("hello ");
          return { bytes: 0 };
        },
        data(connection, bytes) {
          connection.state.bytes += bytes.length;
          connection.write(bytes);
        },
        end(connection) {
          told.push("end", connection.state.bytes, connection.closed);
          connection.end("!");
        },
        close(connection, error) {
          told.push("close", connection.closed, error);
        },
      };
      const endpoint = endpointFor(fixture, transport);
      await serving(
        engine,
        handlers,
        async (client, server) => {
          await client.end("world");
          assert.equal(await readText(client), "hello world!");
          await server.close({ drain: Number.POSITIVE_INFINITY });
          assert.deepEqual(told, ["open", "end", 5, false, "close", true, null]);
          assert.equal(server.stats.accepted, 1);
        },
        endpoint,
      );
    },
    withoutTransport[transport],
  );

  asyncApiTest(
    `server over ${transport}: an echo of 16 MiB to a slow reader buffers a bounded part of it`,
    async (engine, fixture) => {
      let most = 0;
      let held: HandledConnection | undefined;
      const handlers: ConnectionHandlers = {
        open(connection) {
          held = connection;
        },
        data(connection, bytes) {
          connection.write(bytes);
          most = Math.max(most, connection.pendingBytes);
        },
      };
      await serving(
        engine,
        handlers,
        async (client) => {
          const bytes = randomBytes(16 << 20);
          const sent = client.end(bytes);
          // Reads nothing until the server can take no more.
          await eventually(() => ((held?.pendingBytes ?? 0) > 65_536 ? true : undefined));
          const hash = createHash("sha256");
          for await (const piece of client) hash.update(piece);
          await sent;
          assert.equal(hash.digest("hex"), createHash("sha256").update(bytes).digest("hex"));
          assert.ok(most < 1 << 20, `${most} bytes were buffered`);
        },
        endpointFor(fixture, transport),
      );
    },
    withoutTransport[transport],
  );
}

asyncApiTest("server: write() says when to wait, drain() when to continue", async (engine) => {
  const block = Buffer.alloc(1 << 18, "x");
  let drains = 0;
  let wrote = 0;
  const fill = (connection: HandledConnection<unknown>) => {
    while (wrote < 8 << 20) {
      wrote += block.length;
      if (!connection.write(block)) return;
    }
    connection.end();
  };
  const handlers: ConnectionHandlers = {
    open: (connection) => fill(connection),
    drain(connection) {
      assert.equal(connection.pendingBytes, 0);
      drains += 1;
      fill(connection);
    },
  };
  await serving(engine, handlers, async (client) => {
    let received = 0;
    for await (const piece of client) received += piece.length;
    assert.equal(received, 8 << 20);
    assert.ok(drains > 0);
  });
});

asyncApiTest("server: pause() and resume() of a connection", async (engine) => {
  const { promise, resolve } = withResolvers<HandledConnection>();
  let received = "";
  const handlers: ConnectionHandlers = {
    open: (connection) => resolve(connection.pause()),
    data(connection, bytes) {
      received += Buffer.from(bytes);
      connection.write(bytes);
    },
  };
  await serving(engine, handlers, async (client) => {
    const connection = await promise;
    await client.write("held");
    await assert.rejects(client.read({ timeout: 50 }), { name: "TimeoutError" });
    assert.equal(received, "");
    connection.resume();
    assert.equal(String(Buffer.from((await client.read()) ?? [])), "held");
  });
});

asyncApiTest("server: pause() keeps connections in the queue; resume() takes them all", async (engine) => {
  const handlers: ConnectionHandlers = { open: (connection) => connection.end("served") };
  await serving(engine, handlers, async (client, server) => {
    assert.equal(await readText(client), "served");
    server.pause();
    const clients = await Promise.all([1, 2, 3].map(() => connect({ address: server.address, engine })));
    const reading = Promise.all(clients.map(readText));
    await eventually(() => (waitInQueue(server, 4 - server.stats.accepted) ? true : undefined));
    server.resume();
    assert.deepEqual(await reading, ["served", "served", "served"]);
    assert.equal(server.stats.accepted, 4);
    await Promise.all(clients.map((each) => each.close()));
  });
});

for (const [which, handlers] of Object.entries<ConnectionHandlers>({
  data: { data: fail },
  end: { end: fail },
  drain: {
    data: (connection) => {
      while (connection.write(Buffer.alloc(1 << 18)));
    },
    drain: fail,
  },
})) {
  asyncApiTest(
    `server: an error thrown by ${which}() goes to error(), and resets only that connection`,
    async (engine) => {
      const told: unknown[] = [];
      const all: ConnectionHandlers = {
        ...handlers,
        error: (_, error) => told.push("error", error),
        close: (_, error) => told.push("close", error),
      };
      await serving(engine, all, async (client, server) => {
        await client.end("x").catch(() => {});
        const ended = await readText(client).catch((error: Error) => error.name);
        assert.ok(ended === "ConnectionResetByPeer", `${ended.slice(0, 30)}`);
        await server.close({ drain: Number.POSITIVE_INFINITY });
        assert.deepEqual(told, ["error", thrown, "close", thrown]);
      });
    },
    resetsHidden,
  );
}

asyncApiTest(
  "server: an error thrown by open() goes to error(), and resets that connection",
  async (engine) => {
    const told: unknown[] = [];
    const server = await listen(
      { ...loopback, engine },
      {
        open: fail,
        error: (_, error) => told.push("error", error),
        close: (_, error) => told.push("close", error),
      },
    );
    // The reset may arrive before connect() has completed.
    const client = await connect({ address: server.address, engine }).catch((error: Error) => error);
    const failure = client instanceof Error ? client : await client.read().catch((error: Error) => error);
    assert.ok(failure instanceof Error && failure.name === "ConnectionResetByPeer");
    await server.close({ drain: Number.POSITIVE_INFINITY });
    assert.deepEqual(told, ["error", thrown, "close", thrown]);
  },
  resetsHidden,
);

const thrown = new Error("a mistake");
function fail(): never {
  throw thrown;
}

asyncApiTest(
  "server: a failed connection goes to error() and close(), and without error() is not an exception",
  async (engine) => {
    for (const withError of [true, false]) {
      const told: unknown[] = [];
      const handlers: ConnectionHandlers = {
        open: (connection) => connection.write("open"),
        close: (_, error) => told.push("close", error instanceof Error ? error.name : error),
        ...(withError
          ? { error: (_, error) => told.push("error", error instanceof Error ? error.name : error) }
          : {}),
      };
      await serving(engine, handlers, async (client, server) => {
        await client.read();
        client.reset();
        await eventually(() => (server.connections === 0 ? true : undefined));
        const name = "ConnectionResetByPeer";
        assert.deepEqual(told, withError ? ["error", name, "close", name] : ["close", name]);
      });
    }
  },
  resetsHidden,
);

asyncApiTest(
  "server: without error(), a handler's error is an uncaught exception, and the server continues",
  async (engine) => {
    const program = new URL("./server-uncaught.child.js", import.meta.url);
    assert.equal(
      runProgram(program, { args: [engine] }),
      "uncaught: a mistake\nuncaught: in close()\nserved\n",
    );
  },
);

asyncApiTest(
  "server: without end(), a connection whose peer ends is closed after written data is sent",
  async (engine) => {
    const handlers: ConnectionHandlers = { data: (connection, bytes) => connection.write(bytes) };
    await serving(engine, handlers, async (client, server) => {
      await client.end(Buffer.alloc(1_000_000, "y"));
      assert.equal((await readText(client)).length, 1_000_000);
      await eventually(() => (server.connections === 0 ? true : undefined));
    });
  },
);

asyncApiTest("server: calls on a closed connection do nothing", async (engine) => {
  const { promise, resolve } = withResolvers<HandledConnection>();
  await serving(engine, { close: (connection) => resolve(connection) }, async (client) => {
    await client.close();
    const connection = await promise;
    assert.equal(connection.write("late"), false);
    assert.equal(connection.pause().resume().closed, true);
    connection.end("late");
    connection.close();
    connection.reset();
    assert.equal(connection.socket.fd, -1);
    connection.ref().unref();
  });
});

asyncApiTest("server: rejects a view that is written after its handler has returned", async (engine) => {
  const { promise, resolve } = withResolvers<[HandledConnection, Uint8Array]>();
  await serving(engine, { data: (connection, bytes) => resolve([connection, bytes]) }, async (client) => {
    await client.write("kept");
    const [connection, bytes] = await promise;
    assert.throws(() => connection.write(bytes), TypeError);
  });
});

asyncApiTest(
  "server: close({ drain }) waits for connections, then resets them; without drain they stay open",
  async (engine) => {
    const handlers: ConnectionHandlers = { data: (connection, bytes) => connection.write(bytes) };
    await serving(engine, handlers, async (client, server) => {
      await client.write("1");
      await client.read();
      await server.close();
      assert.ok(server.closed);
      await assert.rejects(connect({ address: server.address, engine }), { name: "ConnectionRefused" });
      await client.write("2");
      assert.equal(String(Buffer.from((await client.read()) ?? [])), "2");
      assert.equal(server.connections, 1);
      await server.close({ drain: 5 });
      assert.equal(server.connections, 0);
      await assert.rejects(client.read(), { name: "ConnectionResetByPeer" });
      await server.close({ drain: Number.POSITIVE_INFINITY });
      // @ts-expect-error not a number
      await assert.rejects(server.close({ drain: "1" }), TypeError);
    });
  },
  resetsHidden,
);

for (const slow of ["that reads on", "that does not"]) {
  asyncApiTest(
    `server: close({ drain }) with a reader ${slow}, for data that close() still sends`,
    async (engine) => {
      const size = 16 << 20;
      const told: unknown[] = [];
      const handlers: ConnectionHandlers = {
        open(connection) {
          connection.write(Buffer.alloc(size));
          connection.close();
        },
        close: (_, error) => told.push("close", error),
      };
      await serving(engine, handlers, async (client, server) => {
        await eventually(() => (server.connections === 1 ? true : undefined));
        const drain = slow === "that reads on" ? 2 ** 31 - 1 : 20;
        let drained = false;
        const closing = server.close({ drain }).then(() => {
          drained = true;
        });
        if (slow === "that does not") await closing;
        let received = 0;
        const reading = (async () => {
          for await (const piece of client) {
            if (received === 0) assert.equal(drained, slow === "that does not");
            received += piece.length;
          }
        })();
        if (slow === "that reads on") {
          await reading;
          assert.equal(received, size);
          await closing;
        } else await assert.rejects(reading, { name: "ConnectionResetByPeer" });
        assert.equal(server.connections, 0);
        assert.deepEqual(told, ["close", null]);
      });
    },
    resetsHidden,
  );
}

for (const first of ["server", "client"]) {
  asyncApiTest(`server: half-closed, when the ${first} ends first`, async (engine) => {
    const told: string[] = [];
    let held: HandledConnection | undefined;
    const handlers: ConnectionHandlers = {
      open(connection) {
        held = connection;
        if (first === "server") connection.end("hello");
      },
      data: (_, bytes) => told.push(Buffer.from(bytes).toString()),
      end: () => told.push("end"),
      close: (_, error) => told.push(`close ${error}`),
    };
    await serving(engine, handlers, async (client, server) => {
      if (first === "server") {
        assert.equal(await readText(client), "hello");
        await client.write("late");
        await eventually(() => (told.length > 0 ? true : undefined));
        await client.end();
      } else {
        await client.end("late");
        await eventually(() => (told.includes("end") ? true : undefined));
        assert.equal(held?.closed, false);
        held?.write("hel");
        assert.equal(String(Buffer.from((await client.read()) ?? [])), "hel");
        held?.end("lo");
        assert.equal(await readText(client), "lo");
      }
      await server.close({ drain: Number.POSITIVE_INFINITY });
      assert.deepEqual(told, ["late", "end", "close null"]);
      assert.equal(await client.closed, null);
    });
  });
}

asyncApiTest("server: rejects bad handlers", async (engine) => {
  // @ts-expect-error not a function
  await assert.rejects(listen({ ...loopback, engine }, { data: 7 }), TypeError);
  // @ts-expect-error not an object
  await assert.rejects(listen({ ...loopback, engine }, 7), TypeError);
});

asyncApiTest(
  "server: a socket that stops listening is an uncaught exception",
  async (engine) => {
    const program = new URL("./server-shut-down.child.js", import.meta.url);
    assert.equal(runProgram(program, { args: [engine] }), "SocketNotListening true\n");
  },
  { windows: "Windows cannot shut a listener down, which keeps listening (shutdown, WSAENOTCONN)" },
);

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}
