// Everything that a peer sent before its end, its reset or our failed write arrives, in order,
// followed by the end or the failure.
import assert from "node:assert/strict";
import { asyncApiTest, endpointFor, transports, withoutTransport } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { largeBuffer } from "../../../test/engine/large-buffers.ts";
import type { Fixture } from "../../../test/fixture.ts";
import type { EngineName } from "../../engine/engine.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import { AF, MSG, SHUT, SOCK } from "../../posix/constants.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { tryRecv } from "../../posix/recv.ts";
import { trySend } from "../../posix/send.ts";
import { sendmsg } from "../../posix/sendmsg.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { shutdown } from "../../posix/shutdown.ts";
import { host } from "../../system/host.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "../listener/listen.ts";
import type { Listener } from "../listener/listener.ts";
import type { Server } from "../listener/server.ts";
import type { ListenOptions } from "../options/listen-options.ts";

type Transport = (typeof transports)[number];

const MOST = 4 << 20;
const winsock = { windows: "Winsock drops data received before a reset", wine: "as Winsock" };

function peerOf(fixture: Fixture, transport: Transport, listening: Server | Listener): Socket {
  const peer = fixture.socket(transport === "tcp" ? AF.INET : AF.UNIX, SOCK.STREAM);
  setsockopt(peer, SO.SNDBUF, MOST);
  connect(peer, listening.address);
  return peer;
}

/** Sends as much as the two sockets hold, as bytes that count up; returns how many. */
function sendWhatFits(peer: Socket, most: number): number {
  const bytes = Buffer.alloc(most, "0123456789abcdefg");
  let sent = 0;
  while (sent < most) {
    const result = trySend(peer, bytes.subarray(sent), MSG.DONTWAIT);
    if (!result.ok) break;
    sent += result.value;
  }
  return sent;
}

const resetByClosing = (peer: Socket) => {
  setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
  close(peer);
};

/** Connections there hold all that a peer sends before a reset, which drops the rest. */
function endpointThatHolds(fixture: Fixture, transport: Transport): ListenOptions | undefined {
  const buffer = largeBuffer(fixture, "receive", MOST);
  return buffer && { ...endpointFor(fixture, transport), options: [buffer] };
}

/** Everything that a connection receives. */
class Told {
  bytes = 0;
  readonly events: string[] = [];
  connection: HandledConnection | undefined;
  closed = false;
}

async function serve(
  engine: EngineName,
  endpoint: ListenOptions,
  told: Told,
  pausing: boolean,
): Promise<Server> {
  return await listen(
    { ...endpoint, engine },
    {
      open(connection) {
        told.connection = connection;
        if (pausing) connection.pause();
      },
      data(_, bytes) {
        told.bytes += bytes.length;
      },
      end(connection) {
        told.events.push("end");
        connection.end();
      },
      error(_, error) {
        told.events.push(error instanceof Error ? error.name : String(error));
      },
      close() {
        told.closed = true;
      },
    },
  );
}

const ends: Readonly<Record<string, (peer: Socket) => void>> = {
  "a half-close": (peer) => shutdown(peer, SHUT.WR),
  "a close": (peer) => close(peer),
  "a reset": resetByClosing,
};

for (const transport of transports) {
  for (const [kind, end] of Object.entries(ends)) {
    for (const size of [10, 33 * 16_384, 34 * 16_384, 600_000, 1_500_000]) {
      for (const pausing of [true, false]) {
        const how = pausing ? "paused" : "while the loop was busy";
        asyncApiTest(
          `last bytes: ${size} and ${kind}, ${how} (${transport})`,
          async (engine, fixture) => {
            const told = new Told();
            const endpoint = endpointThatHolds(fixture, transport);
            if (endpoint === undefined) return;
            const server = await serve(engine, endpoint, told, pausing);
            const peer = peerOf(fixture, transport, server);
            await eventually(() => (told.connection === undefined ? undefined : true));
            await someTurns();
            // All in one turn of the loop.
            const sent = sendWhatFits(peer, size);
            end(peer);
            if (pausing) await someTurns();
            told.connection?.resume();
            await eventually(() => (told.closed ? true : undefined));
            assert.equal(told.bytes, sent);
            const reset = kind === "a reset" && transport === "tcp";
            assert.deepEqual(told.events, [reset ? "ConnectionResetByPeer" : "end"]);
            await server.close({ drain: 0 });
          },
          { ...withoutTransport[transport], ...winsock },
        );
      }
    }
  }
}

asyncApiTest(
  "last bytes: messages with descriptors, and a half-close",
  async (engine, fixture) => {
    const told = new Told();
    const server = await serve(engine, endpointFor(fixture, "unix"), told, true);
    const peer = peerOf(fixture, "unix", server);
    await eventually(() => (told.connection === undefined ? undefined : true));
    for (let count = 0; count < 80; count++)
      sendmsg(peer, { data: [Buffer.from("x")], control: [{ type: "SCM_RIGHTS", descriptors: [peer] }] });
    shutdown(peer, SHUT.WR);
    told.connection?.resume();
    await eventually(() => (told.closed ? true : undefined));
    assert.deepEqual([told.bytes, told.events], [80, ["end"]]);
    await server.close({ drain: 0 });
  },
  withoutTransport.unix,
);

asyncApiTest("last bytes: a peer that keeps sending single bytes after our end", async (engine, fixture) => {
  const told = new Told();
  const server = await serve(engine, endpointFor(fixture, "tcp"), told, false);
  const peer = peerOf(fixture, "tcp", server);
  await eventually(() => (told.connection === undefined ? undefined : true));
  told.connection?.end();
  let sent = sendWhatFits(peer, 1_000_000);
  for (let count = 0; count < 100; count++) {
    sent += sendWhatFits(peer, 10);
    await eventually(() => (told.bytes === sent ? true : undefined));
  }
  shutdown(peer, SHUT.WR);
  await eventually(() => (told.closed ? true : undefined));
  assert.deepEqual(told.events, ["end"]);
  await server.close({ drain: 0 });
});

// Our first write is answered by a reset, the second fails.
const ANSWER = 300_000;

/** Makes a connection with an unread response from a peer that is gone write until that fails. */
const goneAfterAnswer = (peer: Socket, size = ANSWER): number => {
  const sent = sendWhatFits(peer, size);
  close(peer);
  return sent;
};

/** Winsock and macOS discard data received before a reset. */
const keepsReceived = { ...winsock, darwin: "a reset drops received data" };

for (const transport of transports) {
  for (const reader of [
    "read()",
    "for await",
    "slow for await",
    "toDuplex()",
    "paused toDuplex()",
    "paused, buffering toDuplex()",
  ]) {
    asyncApiTest(
      `last bytes: a response before a failed write, by ${reader} (${transport})`,
      async (engine, fixture) => {
        const endpoint = endpointThatHolds(fixture, transport);
        if (endpoint === undefined) return;
        const listener = await listen({ ...endpoint, engine });
        const peer = peerOf(fixture, transport, listener);
        const connection = await listener.accept();
        // A small response is entirely in the Duplex before the first write fails.
        const sent = goneAfterAnswer(peer, reader.includes("buffering") ? 2000 : ANSWER);
        let received = 0;
        if (reader.endsWith("toDuplex()")) {
          const duplex = connection.toDuplex();
          const events: unknown[] = [];
          duplex.on("error", (error) => events.push(error.name));
          if (reader.startsWith("paused")) duplex.pause();
          duplex.on("data", (bytes) => {
            received += bytes.length;
            duplex.pause();
            setImmediate(() => duplex.resume());
          });
          if (reader.startsWith("paused")) {
            for (let count = 0; count < 10; count++) {
              duplex.write("request");
              await someTurns();
            }
            assert.deepEqual([received, events, duplex.destroyed], [0, [], false]);
            duplex.resume();
          } else {
            duplex.write("request");
            await someTurns();
            duplex.write("request");
          }
          await eventually(() => (duplex.closed ? true : undefined));
          // net.Socket reports no failure once it has read the peer's end and ended its own side.
          if (reader.startsWith("paused")) assert.equal(events.length, 1);
          else assert.ok(events.length <= 1);
        } else {
          const failed = assert.rejects(async () => {
            while (true) {
              await connection.write("request");
              await someTurns();
            }
          }, nameIsGone);
          await failed;
          await assert.rejects(connection.write("more"), nameIsGone);
          if (reader === "read()") {
            while (true) {
              const piece = await connection.read();
              if (piece === null) break;
              received += piece.length;
            }
          } else {
            for await (const piece of connection) {
              received += piece.length;
              if (reader.startsWith("slow")) await someTurns();
            }
          }
          assert.equal(await connection.read(), null);
          assert.ok((await connection.closed) !== null);
        }
        assert.equal(received, sent);
        await listener.close();
      },
      { ...withoutTransport[transport], ...keepsReceived },
    );
  }

  for (const pausing of [false, true]) {
    asyncApiTest(
      `last bytes: a response before a failed write, by handlers${pausing ? ", paused" : ""} (${transport})`,
      async (engine, fixture) => {
        const told = new Told();
        const endpoint = endpointThatHolds(fixture, transport);
        if (endpoint === undefined) return;
        const server = await serve(engine, endpoint, told, true);
        const peer = peerOf(fixture, transport, server);
        await eventually(() => (told.connection === undefined ? undefined : true));
        const sent = goneAfterAnswer(peer);
        for (let count = 0; count < 10; count++) {
          told.connection?.write("request");
          if (pausing) await someTurns();
        }
        if (pausing) assert.deepEqual([told.bytes, told.events, told.closed], [0, [], false]);
        told.connection?.resume();
        await eventually(() => (told.closed ? true : undefined));
        assert.equal(told.bytes, sent);
        if (pausing) assert.deepEqual(told.events, ["end", "BrokenPipe"]);
        await server.close({ drain: 0 });
      },
      { ...withoutTransport[transport], ...keepsReceived },
    );
  }

  asyncApiTest(
    `last bytes: a peer that has responded, and goes while much waits to be sent (${transport})`,
    async (engine, fixture) => {
      const told = new Told();
      const endpoint = endpointThatHolds(fixture, transport);
      if (endpoint === undefined) return;
      const server = await serve(engine, endpoint, told, false);
      const peer = peerOf(fixture, transport, server);
      await eventually(() => (told.connection === undefined ? undefined : true));
      // More than 64 KiB wait: nothing is received until the write has failed.
      while (told.connection?.write(Buffer.alloc(1 << 20))) await someTurns();
      await someTurns();
      const sent = goneAfterAnswer(peer);
      await eventually(() => (told.closed ? true : undefined));
      assert.equal(told.bytes, sent);
      assert.ok(told.events.length > 0);
      await server.close({ drain: 0 });
    },
    { ...withoutTransport[transport], ...keepsReceived },
  );
}

asyncApiTest(
  "last bytes: a piece received ahead comes before the close that a failed write brings",
  async (engine, fixture) => {
    const listener = await listen({ ...endpointFor(fixture, "tcp"), engine });
    const peer = peerOf(fixture, "tcp", listener);
    const connection = await listener.accept();
    const events: string[] = [];
    const closed = connection.closed.then((error) => events.push(`closed: ${error?.name}`));
    // After the first read(), one piece is received ahead, even without a waiting read.
    const paused = new AbortController();
    const reading = connection.read({ signal: paused.signal });
    const sent = goneAfterAnswer(peer, 2000);
    paused.abort();
    await assert.rejects(reading, { name: "AbortError" });
    await someTurns();
    await assert.rejects(async () => {
      while (true) {
        await connection.write("request");
        await someTurns();
      }
    }, nameIsGone);
    await someTurns();
    assert.equal(events.length, 0);
    events.push(`read: ${(await connection.read())?.length}`);
    while (await connection.read().catch(() => null));
    await closed;
    assert.deepEqual(events, [`read: ${sent}`, `closed: ${(await connection.closed)?.name}`]);
    assert.ok((await connection.closed) !== null);
    await listener.close();
  },
  keepsReceived,
);

asyncApiTest(
  "last bytes: a paused connection with nothing to receive reports a failed write",
  async (engine, fixture) => {
    const told = new Told();
    const server = await serve(engine, endpointFor(fixture, "tcp"), told, true);
    const peer = peerOf(fixture, "tcp", server);
    await eventually(() => (told.connection === undefined ? undefined : true));
    close(peer);
    await eventually(() => {
      told.connection?.write("to nobody");
      return told.closed ? true : undefined;
    });
    assert.equal(told.events.length, 1);
    await server.close({ drain: 0 });
  },
);

for (const order of ["after", "before"] as const) {
  asyncApiTest(
    `last bytes: destroySoon() ${order} a failed write closes a paused Duplex with unread data`,
    async (engine, fixture) => {
      const listener = await listen({ ...endpointFor(fixture, "tcp"), engine });
      const peer = peerOf(fixture, "tcp", listener);
      const connection = await listener.accept();
      goneAfterAnswer(peer, 2000);
      // Flowing once, so that it counts as read; paused before anything arrives.
      const duplex = connection.toDuplex().resume().pause();
      duplex.on("error", () => {});
      const closed = new Promise<void>((resolve) => void duplex.once("close", resolve));
      await eventually(() => (duplex.readableLength > 0 ? true : undefined));
      if (order === "before") {
        duplex.write("request");
        duplex.destroySoon();
      } else {
        for (let count = 0; count < 10; count++) {
          duplex.write("request");
          await someTurns();
        }
        assert.equal(duplex.destroyed, false);
        duplex.destroySoon();
      }
      await closed;
      await listener.close();
    },
    keepsReceived,
  );
}

/** The posix calls in the same situation: the response, then the end. */
asyncApiTest(
  "last bytes: send() and recv() also deliver the response after a failed send",
  (_, fixture) => {
    const { client, server } = fixture.connection();
    const sent = goneAfterAnswer(client, 1000);
    while (trySend(server, Buffer.from("request")).ok);
    const result = tryRecv(server, new Uint8Array(2000));
    assert.ok(result.ok && result.value === sent);
    return Promise.resolve();
  },
  keepsReceived,
);

function nameIsGone(error: unknown): boolean {
  return error instanceof Error && (error.name === "BrokenPipe" || host.name === "windows");
}
