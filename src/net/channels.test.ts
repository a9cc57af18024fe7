import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { asyncApiTest } from "../../test/engine/async-api.ts";
import { engineTest, eventually } from "../../test/engine/engine-test.ts";
import { failingEngines } from "../../test/engine/failing-engines.ts";
import { resetsHidden } from "../../test/winsock-exceptions.ts";
import { engine as engineNamed } from "../engine/choice.ts";
import { host } from "../system/host.ts";
import {
  type AcceptMessage,
  type CloseMessage,
  type ConnectMessage,
  channels,
  type ListenMessage,
  type RetryMessage,
} from "./channels.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";
import { openListeningSockets } from "./listener/listening-sockets.ts";
import { Server } from "./listener/server.ts";
import { checkListenOptions } from "./options/listen-options.ts";
import { udp } from "./udp/udp.ts";

const loopback = { host: "127.0.0.1" } as const;

/** The messages on all channels while a function runs. */
class Heard {
  readonly names: string[] = [];
  readonly listen: ListenMessage[] = [];
  readonly accept: AcceptMessage[] = [];
  readonly retry: RetryMessage[] = [];
  readonly close: CloseMessage[] = [];
  readonly connect: ConnectMessage[] = [];
  readonly engine: unknown[] = [];

  static async during(run: (heard: Heard) => Promise<void>): Promise<void> {
    const heard = new Heard();
    const names = ["listen", "accept", "retry", "close", "connect", "engine"] as const;
    const note = (_: unknown, name: string | symbol) => heard.names.push(String(name));
    const subscribers = [
      subscribed(channels.listen, (message) => heard.listen.push(message)),
      subscribed(channels.accept, (message) => heard.accept.push(message)),
      subscribed(channels.retry, (message) => heard.retry.push(message)),
      subscribed(channels.close, (message) => heard.close.push(message)),
      subscribed(channels.connect, (message) => heard.connect.push(message)),
      subscribed(channels.engine, (message) => heard.engine.push(message)),
    ];
    for (const name of names) subscribe(`berkeley:${name}`, note);
    try {
      await run(heard);
    } finally {
      for (const name of names) unsubscribe(`berkeley:${name}`, note);
      for (const unsubscribeIt of subscribers) unsubscribeIt();
    }
    for (const name of names) assert.equal(channels[name].hasSubscribers, false);
  }
}

interface Subscribable<Message> {
  subscribe(subscriber: (message: Message) => void): void;
  unsubscribe(subscriber: (message: Message) => void): void;
}

function subscribed<Message>(to: Subscribable<Message>, subscriber: (message: Message) => void): () => void {
  to.subscribe(subscriber);
  return () => to.unsubscribe(subscriber);
}

asyncApiTest("channels: messages for a Listener, its connection, and the ends of both", (engine) =>
  Heard.during(async (heard) => {
    const listener = await listen({ ...loopback, engine });
    const client = await connect({ address: listener.address, engine });
    const server = await listener.accept();
    await Promise.all([client.end(), server.end()]);
    assert.deepEqual([await client.read(), await server.read()], [null, null]);
    assert.deepEqual([await client.closed, await server.closed], [null, null]);
    await listener.close();
    assert.ok(heard.listen[0]?.listener === listener);
    assert.ok(heard.accept[0]?.listener === listener && heard.accept[0].connection === server);
    assert.ok(heard.connect[0]?.connection === client && heard.connect[0].error === null);
    assert.ok(heard.connect[0].options.engine === engine);
    const closed = heard.close.map(({ connection, listener, error }) => [connection ?? listener, error]);
    for (const each of [client, server, listener])
      assert.equal(closed.filter(([what, error]) => what === each && error === null).length, 1);
    assert.equal(closed.length, 3);
    const { name } = engineNamed(engine);
    assert.deepEqual(heard.engine.slice(0, 2), Array(2).fill({ name, reason: "the program requested it" }));
    assert.deepEqual(count(heard.names), { engine: 3, listen: 1, accept: 1, connect: 1, close: 3 });
  }),
);

asyncApiTest(
  "channels: a Server's connection is published before its handlers run, and its error at the end",
  (engine) =>
    Heard.during(async (heard) => {
      const thrown = new Error("thrown by the handler");
      const seen: string[] = [];
      const server = await listen(
        { ...loopback, engine },
        {
          open: (connection) => {
            seen.push(`open after ${heard.accept.length} accepted`);
            assert.ok(heard.accept[0]?.connection === connection);
          },
          data() {
            throw thrown;
          },
          error: () => {},
          close: () => seen.push(`close after ${heard.close.length} closed`),
        },
      );
      const client = await connect({ address: server.address, engine });
      await client.write("x");
      const failure = await client.read().catch((error: unknown) => error);
      assert.ok(failure instanceof Error);
      await client.closed;
      const both = await eventually(() => (heard.close.length === 2 ? heard.close : undefined));
      assert.equal(both.find(({ connection }) => connection !== client)?.error, thrown);
      assert.equal(both.find(({ connection }) => connection === client)?.error, failure);
      assert.match(seen.join(", "), /^open after 1 accepted, close after [12] closed$/);
      await server.close();
    }),
  resetsHidden,
);

asyncApiTest("channels: a failed connect() and an aborted one are published with the error", (engine) =>
  Heard.during(async (heard) => {
    const listener = await listen({ ...loopback, engine });
    const { port } = listener;
    await listener.close();
    const failure = await connect({ ...loopback, port, engine }).catch((error: unknown) => error);
    assert.ok(failure instanceof Error);
    const signal = AbortSignal.abort(new Error("given up"));
    await assert.rejects(connect({ ...loopback, port, engine, signal }), { message: "given up" });
    assert.deepEqual(
      heard.connect.map(({ connection, error }) => [connection, error]),
      [
        [null, failure],
        [null, signal.reason],
      ],
    );
    // Malformed options are a bug in the program, not a failed connection.
    await assert.rejects(connect({ ...loopback, port: 65_536, engine }), RangeError);
    assert.equal(heard.connect.length, 2);
  }),
);

asyncApiTest("channels: a listener closed by its signal is published with the reason", (engine) =>
  Heard.during(async (heard) => {
    const abort = new AbortController();
    const listener = await listen({ ...loopback, engine, signal: abort.signal });
    abort.abort(new Error("given up"));
    assert.deepEqual(heard.close, [{ listener, error: abort.signal.reason }]);
    await listener.close();
    assert.equal(heard.close.length, 1);
  }),
);

asyncApiTest("channels: udp() publishes its engine", (engine) =>
  Heard.during(async (heard) => {
    const socket = await udp({ ...loopback, engine });
    await socket.close();
    assert.deepEqual(heard.engine, [{ name: engine, reason: "the program requested it" }]);
  }),
);

for (const { engine, failures } of failingEngines()) {
  engineTest(
    engine,
    "channels: a failed accept(2) is published with its delay, and onRetry() is called",
    () =>
      Heard.during(async (heard) => {
        const options = checkListenOptions({
          ...loopback,
          onRetry: (error, delay) => told.push([error, delay]),
        });
        const told: unknown[] = [];
        const { EMFILE = 0, ECONNABORTED = 0 } = host.errnos;
        failures.failWith("accept", [-EMFILE, -ECONNABORTED]);
        const server = new Server(engine, await openListeningSockets(host, options), options, {});
        const client = await connect({ address: server.address });
        await eventually(() => (server.stats.accepted === 1 ? true : undefined));
        const retries = heard.retry.map(({ listener, error, delay }) => [
          listener === server,
          error.name,
          delay,
        ]);
        assert.deepEqual(retries, [
          [true, "ProcessFdQuotaExceeded", 5],
          [true, "ConnectionAborted", 0],
        ]);
        assert.deepEqual(
          heard.retry.map(({ error, delay }) => [error, delay]),
          told,
        );
        client.reset();
        await Promise.all([client.closed, server.close({ drain: 0 })]);
      }),
  );
}

const count = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names.map((each) => each.slice("berkeley:".length)))
    counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
