import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import {
  carriers,
  datagramEndpoint,
  nobodyThere,
  withoutCarrier,
} from "../../../test/engine/datagram-endpoints.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { runProgram } from "../../../test/program.ts";
import { answersHidden, noUnixDatagrams } from "../../../test/winsock-exceptions.ts";
import type { Address } from "../../address/address.ts";
import { isInEngine } from "../../posix/ownership.ts";
import { host } from "../../system/host.ts";
import type { DatagramSocketHandlers, HandledDatagramSocket } from "./handled-datagram-socket.ts";
import { udp } from "./udp.ts";

const loopback = { host: "127.0.0.1" } as const;

for (const carrier of carriers) {
  asyncApiTest(
    `handled datagrams over ${carrier}: an echo of the handler's view`,
    async (engine, fixture) => {
      const closings: unknown[] = [];
      const handlers: DatagramSocketHandlers = {
        message(socket, bytes, from, truncated) {
          assert.equal(truncated, false);
          socket.send(bytes.subarray(1), from);
          socket.send(bytes, { ...from });
        },
        close: (socket, error) => closings.push(socket.closed, error),
      };
      const server = await udp({ ...datagramEndpoint(fixture, carrier), engine }, handlers);
      const clients = [
        await udp({ ...datagramEndpoint(fixture, carrier), engine }),
        await udp({ ...datagramEndpoint(fixture, carrier), engine }),
      ];
      for (let number = 0; number < 20; number++) {
        for (const [index, client] of clients.entries()) {
          await client.send(`x${index}-${number}`, server.address);
          for (const expected of [`${index}-${number}`, `x${index}-${number}`]) {
            const { data, address } = await client.receive();
            assert.equal(Buffer.from(data).toString(), expected);
            assert.deepEqual(address, server.address);
          }
        }
      }
      await Promise.all([server, ...clients].map((socket) => socket.close()));
      assert.deepEqual(closings, [true, null]);
      assert.equal(server.send("late", server.address), false);
    },
    withoutCarrier[carrier],
  );
}

asyncApiTest("handled datagrams: rejects a view once its handler has returned", async (engine) => {
  let kept: Uint8Array | undefined;
  const handlers: DatagramSocketHandlers = {
    message(_socket, bytes) {
      kept = bytes;
    },
  };
  const server = await udp({ ...loopback, engine }, handlers);
  const client = await udp({ remote: server.address, engine });
  await client.send("kept");
  const view = await eventually(() => kept);
  assert.throws(() => server.send(view, client.address), TypeError);
  assert.equal(server.pendingBytes, 0);
  await Promise.all([server.close(), client.close()]);
});

asyncApiTest(
  "handled datagrams: failures are reported, and the socket continues",
  async (engine) => {
    const told: unknown[] = [];
    const texts: string[] = [];
    const handlers: DatagramSocketHandlers = {
      message(_socket, bytes) {
        texts.push(Buffer.from(bytes).toString());
        if (texts.length === 1) throw "thrown";
      },
      error: (_socket, error) => told.push(error instanceof Error ? error.name : error),
    };
    const server = await udp({ ...loopback, engine }, handlers);
    const client = await udp({ remote: server.address, engine });
    await client.send("first");
    await client.send("second");
    await eventually(() => (texts.length === 2 ? true : undefined));
    server.send(new Uint8Array(65_508), client.address);
    server.send("", client.address);
    await client.receive();
    assert.deepEqual(
      [texts, told],
      [
        ["first", "second"],
        ["thrown", "MessageTooBig"],
      ],
    );
    const { address } = client;
    await client.close();
    await server.connect(address);
    server.send("to nobody");
    await eventually(() => (told.length === 3 ? true : undefined));
    assert.equal(told[2], nobodyThere);
    const later = await udp({ ...loopback, port: "port" in address ? address.port : 0, engine });
    await later.send("third", server.address);
    await eventually(() => (texts.length === 3 ? true : undefined));
    await Promise.all([server.close(), later.close()]);
  },
  answersHidden,
);

asyncApiTest(
  "handled datagrams over unix: a full peer pauses receiving, and drain() reports the end of that",
  async (engine, fixture) => {
    const waitingAtDrain: number[] = [];
    let most = 0;
    const handlers: DatagramSocketHandlers = {
      message(socket, bytes, from) {
        for (let copy = 0; copy < 4; copy++) socket.send(bytes, from);
        most = Math.max(most, socket.pendingBytes);
      },
      drain: ({ pendingBytes }) => waitingAtDrain.push(pendingBytes),
    };
    const server = await udp({ ...datagramEndpoint(fixture, "unix"), engine }, handlers);
    const client = await udp({ ...datagramEndpoint(fixture, "unix"), engine });
    await client.connect(server.address);
    const sent = Promise.all(Array.from({ length: 200 }, () => client.send(new Uint8Array(8192))));
    await eventually(() => (most > 65_536 ? true : undefined));
    for (let count = 0; count < 800; count++) assert.equal((await client.receive()).data.length, 8192);
    await sent;
    await eventually(() => (waitingAtDrain.length > 0 && server.pendingBytes === 0 ? true : undefined));
    assert.deepEqual(new Set(waitingAtDrain), new Set([0]));
    assert.ok(most < 1 << 20, `${most} bytes were buffered`);
    await Promise.all([server.close(), client.close()]);
  },
  noUnixDatagrams,
);

asyncApiTest("handled datagrams: pause() and resume(), also from a handler", async (engine) => {
  const froms: Address[] = [];
  const handlers: DatagramSocketHandlers = {
    message(socket, _bytes, from) {
      froms.push(from);
      socket.pause();
    },
  };
  const server = await udp({ ...loopback, engine }, handlers);
  const client = await udp({ remote: server.address, engine });
  await Promise.all([client.send("1"), client.send("2")]);
  await eventually(() => (froms.length === 1 ? true : undefined));
  await someTurns();
  assert.equal(froms.length, 1);
  server.resume();
  await eventually(() => (froms.length === 2 ? true : undefined));
  assert.deepEqual(froms, [client.address, client.address]);
  await Promise.all([server.close(), client.close()]);
});

for (const event of ["error", "drain"] as const) {
  asyncApiTest(
    `handled datagrams: close() in ${event}() of the last datagram closes it once`,
    async (engine) => {
      let closings = 0;
      const server = await udp(
        { ...loopback, engine },
        { [event]: (socket: HandledDatagramSocket) => void socket.close(), close: () => closings++ },
      );
      const { fd } = server.socket;
      if (event === "error") server.send(new Uint8Array(65_508), server.address);
      else while (server.send(new Uint8Array(1024), server.address));
      await eventually(() => (closings > 0 ? true : undefined));
      await someTurns();
      assert.equal(closings, 1);
      assert.ok(!isInEngine(host, fd), "the number may be another socket's now");
    },
  );
}

asyncApiTest("handled datagrams: a signal closes it, and close() gets the reason", async (engine) => {
  const controller = new AbortController();
  const closing = new Promise<unknown>((close) => {
    const handlers = { close: (_socket: HandledDatagramSocket, error: unknown) => close(error) };
    udp({ ...loopback, signal: controller.signal, engine }, handlers).then(() => controller.abort("enough"));
  });
  assert.equal(await closing, "enough");
});

asyncApiTest(
  "handled datagrams: without error(), a handler's error is an uncaught exception",
  async (engine) => {
    const program = new URL("datagram-uncaught.child.js", import.meta.url);
    assert.equal(runProgram(program, { args: [engine] }), "uncaught: thrown\nreceived 2\n");
  },
);
