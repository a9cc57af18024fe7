// The AsyncLocalStorage contexts of a Socket's events, in node:net and in berkeley/net.
import assert from "node:assert/strict";
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { both, closed, listening, type Net } from "../../../test/both-nets.ts";

both("a connection sees neither the context of listen() nor that of another connection", async (net) => {
  const storage = new AsyncLocalStorage<string>();
  const told: (string | undefined)[] = [];
  const server = net.createServer((socket) => {
    told.push(storage.getStore());
    socket.on("data", (data) => {
      told.push(storage.getStore());
      storage.enterWith(`of ${data}`);
    });
  });
  const port = await storage.run("listen", () => listening(server));
  for (const name of ["first", "second"]) {
    const client = net.connect(port, "127.0.0.1").resume();
    client.end(name);
    await once(client, "close");
  }
  assert.deepEqual(told, ["listen", undefined, "listen", undefined]);
  await closed(server);
});

both("a server's `close` has the context of close(), or of the last connection's end", async (net) => {
  const storage = new AsyncLocalStorage<string>();
  for (const isConnected of [false, true]) {
    const told: (string | undefined)[] = [];
    const server = net.createServer();
    server.on("close", () => told.push(storage.getStore()));
    const port = await storage.run("listen", () => listening(server));
    const [client, socket] = await connected(net, server, port);
    const ended = Promise.all([once(client, "close"), once(socket, "close")]);
    client.resume().end();
    socket.resume();
    if (!isConnected) await ended;
    const close = once(server, "close");
    storage.run("close", () => server.close(() => told.push(storage.getStore())));
    if (isConnected) storage.run("destroy", () => socket.destroy());
    await Promise.all([close, ended]);
    const expected = isConnected ? "destroy" : "close";
    assert.deepEqual(told, [expected, expected]);
  }
});

both("callbacks of write() and end(), and `finish`, have the context of their call", async (net) => {
  const storage = new AsyncLocalStorage<string>();
  const server = net.createServer();
  const port = await storage.run("listen", () => listening(server));
  // The second is more than the system takes before the peer reads.
  for (const size of [1, 20_000_000]) {
    const told: string[] = [];
    const note = (what: string) => told.push(`${what} in ${storage.getStore()}`);
    const [client, socket] = await storage.run("connect", () => connected(net, server, port));
    client.once("finish", () => note("finished"));
    const written = new Promise<void>((resolve) => {
      const done = () => {
        note("written");
        resolve();
      };
      storage.run("write", () => client.write(Buffer.alloc(size), done));
    });
    socket.resume();
    await written;
    storage.run("end", () => client.resume().end("bye", () => note("ended")));
    await once(client, "close");
    assert.deepEqual(told.sort(), ["ended in end", "finished in end", "written in write"]);
  }
  await closed(server);
});

both("async hooks are told that every resource is destroyed", async (net) => {
  const types = new Set(["TCPWRAP", "TCPSERVERWRAP", "TCPCONNECTWRAP", "WRITEWRAP", "SHUTDOWNWRAP"]);
  const alive = new Map<number, string>();
  const hook = createHook({
    init: (id, type) => types.has(type) && alive.set(id, type),
    destroy: (id) => alive.delete(id),
  });
  hook.enable();
  try {
    const server = net.createServer();
    const port = await listening(server);
    // More than the system takes, so that the write and the end after it wait.
    const [client, socket] = await connected(net, server, port);
    client.end(Buffer.alloc(20_000_000));
    socket.resume().end();
    await Promise.all([once(client.resume(), "close"), once(socket, "close")]);
    await closed(server);
    await assert.rejects(once(net.connect(port, "127.0.0.1"), "close"), { code: "ECONNREFUSED" });
    await once(net.connect(port, "127.0.0.1").destroy(), "close");
    // The hooks are called in a later turn of the event loop.
    for (let turns = 0; alive.size > 0 && turns < 100; turns++) await immediate();
    assert.deepEqual([...alive.values()], []);
  } finally {
    hook.disable();
  }
});

/** Connects, and returns both Sockets. */
async function connected(net: Net, server: Server, port: number): Promise<[Socket, Socket]> {
  const accepted = once(server, "connection");
  const client = net.connect(port, "127.0.0.1");
  const [[socket]] = await Promise.all([accepted, once(client, "connect")]);
  return [client, socket];
}
