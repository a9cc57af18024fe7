import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  asyncApiTest,
  endpointFor,
  readText,
  transports,
  withEnds,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import { close } from "../../posix/close.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import type { WaitOptions } from "../abort.ts";
import type { Connection } from "./connection.ts";

const loopback = { host: "127.0.0.1" } as const;

for (const transport of transports) {
  asyncApiTest(
    `connection over ${transport}: bytes both ways, an end each way, and reads after it`,
    (engine, fixture) =>
      withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        await client.write("ping");
        assert.deepEqual(await server.read(), new Uint8Array(Buffer.from("ping")));
        await server.write(Buffer.from("pong"));
        assert.equal(String(Buffer.from((await client.read()) ?? [])), "pong");
        await client.end("last");
        assert.equal(await readText(server), "last");
        assert.equal(await server.read(), null);
        // Half-closed: this direction continues.
        await server.end("answer to the end");
        assert.equal(await readText(client), "answer to the end");
        // Both sides have ended, and with them the connection.
        assert.deepEqual([await client.closed, await server.closed], [null, null]);
        assert.ok(client.socket.closed && server.socket.closed);
        assert.equal(await client.read(), null);
        await assert.rejects(client.write("late"), { name: "SocketClosed", syscall: "send", code: "EBADF" });
      }),
    withoutTransport[transport],
  );

  asyncApiTest(
    `connection over ${transport}: 8 MiB each way at once, in random pieces, compared by hash`,
    (engine, fixture) =>
      withEnds(engine, endpointFor(fixture, transport), async ({ client, server }) => {
        const size = 8 << 20;
        const sent = [randomBytes(size), randomBytes(size)] as const;
        const [atServer, atClient] = await Promise.all([
          hashOf(server),
          hashOf(client),
          writeInPieces(client, sent[0]),
          writeInPieces(server, sent[1]),
        ]);
        assert.deepEqual(
          [atServer, atClient],
          sent.map((bytes) => createHash("sha256").update(bytes).digest("hex")),
        );
      }),
    withoutTransport[transport],
  );
}

async function writeInPieces(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = randomInt(1, 200_000);
    await connection.write(bytes.subarray(at, at + length));
    at += length;
  }
  await connection.end();
}

async function hashOf(connection: Connection): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of connection) hash.update(piece);
  return hash.digest("hex");
}

asyncApiTest("connection: the program owns the result of read()", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    await client.write("first");
    const first = await server.read();
    await client.write("other");
    await server.read();
    assert.equal(String(Buffer.from(first ?? [])), "first");
  }),
);

asyncApiTest("connection: several reads wait in turn; an aborted one loses nothing", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const controller = new AbortController();
    const given = server.read({ signal: controller.signal });
    const [first, second] = [server.read(), server.read()];
    controller.abort(new Error("changed my mind"));
    await assert.rejects(given, { message: "changed my mind" });
    await client.write("1");
    assert.equal(String(Buffer.from((await first) ?? [])), "1");
    await client.write("2");
    assert.equal(String(Buffer.from((await second) ?? [])), "2");
    await assert.rejects(server.read({ timeout: 1 }), {
      name: "TimeoutError",
      message: "read() timed out after 1 ms",
    });
    await assert.rejects(server.read({ signal: AbortSignal.abort(7) }), (reason) => reason === 7);
    await client.write("3");
    assert.equal(String(Buffer.from((await server.read()) ?? [])), "3");
  }),
);

asyncApiTest("connection: a peer that is not read from is slowed down, and its writes wait", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const block = Buffer.alloc(1 << 20, "x");
    let written = 0;
    // The kernel's buffers take some megabytes (tcp_rmem, tcp_wmem), and then nothing more.
    const blocked = (async () => {
      for (; ; written += block.length) await client.write(block, { timeout: 500 });
    })();
    await assert.rejects(blocked, { name: "TimeoutError" });
    assert.ok(written < 64 << 20, `${written} bytes were taken though nobody reads`);
    assert.ok(client.pendingBytes > 0 && client.pendingBytes <= block.length);
    // The wait was aborted, but the bytes are still sent.
    const last = client.write("the end").then(() => client.end());
    let received = 0;
    let tail = "";
    for await (const piece of server) {
      received += piece.length;
      tail = (tail + Buffer.from(piece).toString("latin1")).slice(-7);
    }
    await last;
    assert.deepEqual([received, tail], [written + block.length + 7, "the end"]);
  }),
);

asyncApiTest(
  "connection: reset() ends every wait on both sides with an error",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const reading = server.read();
      const ours = client.read();
      client.reset();
      await assert.rejects(ours, { name: "SocketClosed", syscall: "recv" });
      await assert.rejects(reading, { name: "ConnectionResetByPeer", code: "ECONNRESET", syscall: "recv" });
      assert.equal(await client.closed, null);
      assert.equal((await server.closed)?.name, "ConnectionResetByPeer");
      await assert.rejects(server.write("late"), { name: "ConnectionResetByPeer" });
      await assert.rejects(server.end(), { name: "ConnectionResetByPeer" });
      client.reset();
      await client.close();
    }),
  resetsHidden,
);

asyncApiTest("connection: writing to a peer that is gone fails", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    client.reset();
    await client.closed;
    const failure = await (async () => {
      try {
        while (true) await server.write(Buffer.alloc(100_000));
      } catch (error) {
        return error;
      }
    })();
    assert.ok(
      failure instanceof Error && ["ConnectionResetByPeer", "BrokenPipe"].includes(failure.name),
      `${failure}`,
    );
  }),
);

asyncApiTest("connection: close() sends written data, and may be called again", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const size = 4 << 20;
    const writing = client.write(Buffer.alloc(size));
    const closing = [client.close(), client.close()];
    assert.ok(client.socket.closed);
    await assert.rejects(client.read(), { name: "SocketClosed" });
    let received = 0;
    for await (const piece of server) received += piece.length;
    await Promise.all([writing, ...closing]);
    assert.equal(received, size);
  }),
);

asyncApiTest(
  "connection: close() with a timeout or a signal resets a connection whose peer does not read",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const writing = client.write(Buffer.alloc(64 << 20));
      await assert.rejects(client.close({ timeout: 10 }), { name: "TimeoutError" });
      await assert.rejects(writing, { name: "TimeoutError" });
      await client.closed;
      await assert.rejects(hashOf(server), { name: "ConnectionResetByPeer" });
    }),
  resetsHidden,
);

asyncApiTest(
  "connection: with an already aborted signal, nothing is sent, and close() resets",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const signal = AbortSignal.abort("before");
      const isReason = (reason: unknown) => reason === "before";
      await assert.rejects(client.write("no", { signal }), isReason);
      await assert.rejects(client.end("no", { signal }), isReason);
      await client.write("yes");
      assert.equal(String(Buffer.from((await server.read()) ?? [])), "yes");
      const writing = assert.rejects(client.write(Buffer.alloc(64 << 20)), isReason);
      await assert.rejects(client.close({ signal }), isReason);
      assert.ok(client.socket.closed);
      await Promise.all([writing, client.closed]);
      await assert.rejects(hashOf(server), { name: "ConnectionResetByPeer" });
      await client.close({ signal });
    }),
  resetsHidden,
);

for (const how of ["signal", "timeout"] as const) {
  asyncApiTest(`connection: a ${how} only ends the wait of write() and end()`, (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const size = 16 << 20;
      const abort = async (begin: (options: WaitOptions) => Promise<void>) => {
        if (how === "timeout") return assert.rejects(begin({ timeout: 1 }), { name: "TimeoutError" });
        const controller = new AbortController();
        const waiting = assert.rejects(begin({ signal: controller.signal }), (reason) => reason === "enough");
        await someTurns();
        controller.abort("enough");
        return waiting;
      };
      await abort((options) => client.write(Buffer.alloc(size), options));
      assert.ok(client.pendingBytes > 0);
      await abort((options) => client.end("the end", options));
      let received = 0;
      for await (const piece of server) received += piece.length;
      assert.equal(received, size + 7);
      await client.end();
    }),
  );
}

asyncApiTest("connection: write() waits for its own bytes and those before, not for later ones", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const sizes = [8 << 20, 1, 64 << 20] as const;
    const taken: number[] = [];
    const pending: number[] = [];
    const writing = sizes.map((size, index) =>
      client.write(Buffer.alloc(size)).then(() => {
        taken.push(index);
        pending.push(client.pendingBytes);
      }),
    );
    let received = 0;
    for (; taken.length < 2; await someTurns()) received += (await server.read())?.length ?? 0;
    assert.deepEqual(taken, [0, 1]);
    for (const [index, bytes] of pending.entries()) {
      const after = sizes.slice(index + 1).reduce((sum, size) => sum + size, 0);
      assert.ok(bytes > 0 && bytes <= after, `${bytes} bytes of ${after} that were written later`);
    }
    const end = client.end();
    for await (const piece of server) received += piece.length;
    await Promise.all([...writing, end]);
    assert.deepEqual(taken, [0, 1, 2]);
    assert.equal(received, sizes[0] + sizes[1] + sizes[2]);
  }),
);

asyncApiTest("connection: the side that ended first can receive until the other has ended", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    await server.end("server first");
    assert.equal(await readText(client), "server first");
    for (const text of ["and ", "still ", "heard"]) {
      await client.write(text);
      assert.equal(String(Buffer.from((await server.read()) ?? [])), text);
    }
    await client.end();
    assert.equal(await server.read(), null);
    assert.deepEqual([await client.closed, await server.closed], [null, null]);
  }),
);

asyncApiTest("connection: options through its socket, which close() does not accept", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    setsockopt(client.socket, TCP.NODELAY, true);
    assert.equal(getsockopt(client.socket, TCP.NODELAY), true);
    assert.equal(getsockopt(server.socket, SO.ERROR), null);
    assert.deepEqual(
      [client.remoteAddress, client.localAddress],
      [server.localAddress, server.remoteAddress],
    );
    const { socket } = client;
    // @ts-expect-error the program does not own it
    assert.throws(() => close(socket), TypeError);
    await client.close();
    assert.throws(() => getsockopt(socket, TCP.NODELAY), { name: "SocketClosed" });
    assert.deepEqual(client.remoteAddress, server.localAddress);
  }),
);

asyncApiTest("connection: end() may be called again; nothing can be written after it", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    await client.end();
    await client.end();
    await client.end(undefined, { timeout: 1000 });
    await assert.rejects(client.end("more"), /cannot write after end\(\)/);
    await assert.rejects(client.write("more"), Error);
    assert.equal(await server.read(), null);
    await server.write("still open");
    assert.equal(String(Buffer.from((await client.read()) ?? [])), "still open");
  }),
);

asyncApiTest("connection: rejects bad arguments before it does anything", (engine) =>
  withEnds(engine, loopback, async ({ client }) => {
    for (const bad of [null, 7, [1], new Uint16Array(2), new DataView(new ArrayBuffer(2))]) {
      // @ts-expect-error not bytes
      await assert.rejects(client.write(bad), TypeError);
    }
    await assert.rejects(client.write(new Uint8Array(new SharedArrayBuffer(8))), TypeError);
    // @ts-expect-error not a number
    await assert.rejects(client.read({ timeout: "1" }), TypeError);
    await assert.rejects(client.read({ timeout: -1 }), RangeError);
    await assert.rejects(client.read({ timeout: Number.NaN }), RangeError);
    // @ts-expect-error not a signal
    await assert.rejects(client.read({ signal: {} }), TypeError);
    // @ts-expect-error not options
    await assert.rejects(client.read(7), TypeError);
    assert.equal(client.pendingBytes, 0);
  }),
);

asyncApiTest(
  "connection: web streams carry bytes, the end, and a reset",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const writer = client.writable.getWriter();
      await writer.write("over the ");
      await writer.write(Buffer.from("web"));
      await writer.close();
      let text = "";
      for await (const piece of server.readable) text += Buffer.from(piece);
      assert.equal(text, "over the web");
      assert.equal(client.writable, client.writable);
      await server.writable.abort();
      await assert.rejects(client.readable.getReader().read(), { name: "ConnectionResetByPeer" });
    }),
  resetsHidden,
);

asyncApiTest("connection: cancelling a web stream, and the other side's end, close it", (engine) =>
  withEnds(engine, loopback, async ({ client }) => {
    await client.readable.cancel();
    await client.writable.close();
    assert.equal(await client.closed, null);
  }),
);

asyncApiTest("connection: leaving a loop leaves it open", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    await client.write("one");
    for await (const piece of server) {
      assert.equal(piece.length, 3);
      break;
    }
    await client.write("two");
    assert.equal(String(Buffer.from((await server.read()) ?? [])), "two");
  }),
);
