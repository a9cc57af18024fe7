// The order of a Socket's events and of ticks, promises and immediates, in node:net and in
// berkeley/net.
import assert from "node:assert/strict";
import { once } from "node:events";
import type nodeNet from "node:net";
import { PassThrough } from "node:stream";
import { both, closed, closedPort, eventsOf, listening, type Net } from "../../../test/both-nets.ts";
import { netTest } from "../../../test/engine/net-test.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { socket } from "../../posix/socket.ts";
import ourNet from "./index.ts";

/** Calls `accepted` in the handler of a connection, and awaits its result. */
async function inHandler<Value>(
  net: Net,
  accepted: (socket: nodeNet.Socket, client: nodeNet.Socket) => Promise<Value>,
): Promise<Value> {
  const server = net.createServer();
  const port = await listening(server);
  const client = net.connect(port, "127.0.0.1").resume();
  const value = await new Promise<Value>((resolve, reject) => {
    server.once("connection", (socket) => {
      accepted(
        socket.on("error", () => {}),
        client,
      )
        .then(resolve, reject)
        .finally(() => socket.destroy());
    });
  });
  client.destroy();
  await closed(server);
  return value;
}

both("`drain` comes after the promises of the handler that wrote", async (net) => {
  for (const size of [70_000, 100_000, 200_000]) {
    await inHandler(net, async (socket) => {
      const write = async () => socket.write(Buffer.alloc(size));
      // Node may write it all at once.
      if (await write()) return;
      assert.ok(socket.writableNeedDrain, "an `await` of `drain` would wait in vain");
      await once(socket, "drain");
    });
  }
});

// Without `allowHalfOpen` a Socket ends when its peer does, and what a Transform still has is lost.
both("a Socket ends after what a Transform has echoed, as long as it can be sent", async (net) => {
  for (const size of [200_000, 300_000, 400_000]) {
    const server = net.createServer({ highWaterMark: 65_536 }, (socket) => {
      socket.pipe(new PassThrough({ highWaterMark: 65_536 })).pipe(socket);
    });
    const client = net.connect(await listening(server), "127.0.0.1");
    let received = 0;
    client.on("data", ({ length }) => {
      received += length;
    });
    client.end(Buffer.alloc(size));
    await once(client, "close");
    assert.equal(received, size);
    await closed(server);
  }
});

both("`finish` comes after the ticks and promises of the handler that ended", async (net) => {
  for (const text of ["", "bye"]) {
    const told = await inHandler(net, async (socket) => {
      const events = eventsOf(socket, ["prefinish", "finish"]);
      const note = (what: string) => void events.push(what);
      const finished = once(socket, "finish");
      socket.end(text);
      process.nextTick(note, "tick");
      void Promise.resolve()
        .then(() => note("promise"))
        .then(() => note("second promise"));
      setImmediate(note, "immediate");
      await finished;
      await new Promise((resolve) => setImmediate(resolve));
      return events;
    });
    const ticks = ["tick", "promise", "second promise"];
    assert.deepEqual(told, [...ticks, "prefinish()", "finish()", "immediate"]);
  }
});

netTest(
  "berkeley/net: resetAndDestroy() sends what was written, and then the reset",
  async () => {
    for (const size of [1, 5000, 100_000]) {
      const server = ourNet.createServer();
      const port = await listening(server);
      const client = ourNet.connect(port, "127.0.0.1").on("error", () => {});
      client.once("connect", () => {
        client.write(Buffer.alloc(size));
        client.resetAndDestroy();
      });
      const [socket]: nodeNet.Socket[] = await once(server, "connection");
      let received = 0;
      socket?.on("data", ({ length }) => {
        received += length;
      });
      await assert.rejects(once(socket ?? server, "end"), { code: "ECONNRESET" });
      assert.equal(received, size);
      await closed(server);
    }
  },
  { windows: "its peer discards what it has received" },
);

/** Connects a separate socket, without the event loop. */
function connected(port: number) {
  const peer = socket(AF.INET, SOCK.STREAM);
  connect(peer, { family: "ipv4", address: "127.0.0.1", port });
  return peer;
}

const ends = ["finish", "end", "error", "close"] as const;

both("a Socket that ends just before its peer resets finishes first", async (net) => {
  const server = net.createServer();
  const peer = connected(await listening(server));
  const events = await new Promise<string[]>((resolve) => {
    server.once("connection", (accepted) => {
      const told = eventsOf(accepted, ends);
      accepted.once("close", () => resolve(told));
      accepted.resume().end();
      setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
      close(peer);
    });
  });
  assert.deepEqual(events, ["finish()", "error(ECONNRESET)", "close(true)"]);
  await closed(server);
});

both("a Socket whose peer had closed before it was accepted ends without an error", async (net) => {
  const server = net.createServer();
  const port = await listening(server);
  const events = await new Promise<string[]>((resolve) => {
    server.once("connection", (accepted) => {
      const told = eventsOf(accepted, ends);
      accepted.once("close", () => resolve(told));
      accepted.resume().end("bye");
    });
    close(connected(port));
  });
  assert.deepEqual(events, ["finish()", "end()", "close(false)"]);
  await closed(server);
});

both("a Socket that failed to connect connects no more when it tells so", async (net, folder) => {
  for (const to of [{ port: await closedPort(), host: "127.0.0.1" }, { path: `${folder()}/none` }]) {
    const client = net.connect(to);
    let state: unknown;
    client.once("connectionAttemptFailed", () => {
      const { connecting, readyState, pending } = client;
      state = { connecting, readyState, pending };
    });
    await once(client, "error");
    assert.deepEqual(state, { connecting: false, readyState: "open", pending: false });
  }
});

both("`close` of a connecting Socket comes after the immediates that were set before it", async (net) => {
  const server = net.createServer();
  const port = await listening(server);
  // Not in an immediate.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const client = net.connect(port, "127.0.0.1");
  const told = eventsOf(client, ["close"], () => "");
  client.destroy();
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      told.push("first");
      setImmediate(() => {
        told.push("second");
        resolve();
      });
    });
  });
  assert.deepEqual(told, ["first", "close()", "second"]);
  await closed(server);
});
