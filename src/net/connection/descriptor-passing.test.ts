import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { noDetach } from "../../../test/detach.ts";
import { asyncApiTest, endpointFor, withEnds, withoutTransport } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { openDescriptors } from "../../../test/open-descriptors.ts";
import { exceptionHere } from "../../../test/platform.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { SOCK } from "../../posix/constants.ts";
import { Descriptor } from "../../posix/owned-descriptor.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { recv } from "../../posix/recv.ts";
import { send } from "../../posix/send.ts";
import { setNonblocking } from "../../posix/setNonblocking.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import type { ReceivedDescriptors } from "./descriptor-passing.ts";

const unix = (fixture: Fixture) => endpointFor(fixture, "unix");
const text = (received: ReceivedDescriptors | null) => Buffer.from(received?.data ?? []).toString();

/** Closes the received descriptors, and returns their number. */
function closeAll(received: ReceivedDescriptors | null): number {
  for (const descriptor of received?.descriptors ?? []) close(descriptor);
  return received?.descriptors.length ?? 0;
}

asyncApiTest(
  "sockets arrive as Sockets and files as Descriptors, with their bytes",
  (engine, fixture) =>
    withEnds(engine, unix(fixture), async ({ client, server }) => {
      const path = join(fixture.folder(), "file");
      writeFileSync(path, "contents");
      const file = openSync(path, "r");
      const [left, right] = fixture.pair(SOCK.STREAM);
      const waiting = server.receiveDescriptors();
      assert.throws(() => server.toDuplex(), { code: "ERR_INVALID_STATE" });
      if (exceptionHere(noDetach) === undefined)
        await assert.rejects(server.detach(), { code: "ERR_INVALID_STATE" });
      await assert.rejects(server.pipe(client), { code: "ERR_INVALID_STATE" });
      await client.sendDescriptors([left, file], "two");
      closeSync(file);
      const received = await waiting;
      assert.equal(text(received), "two");
      const [passed, opened] = received?.descriptors ?? [];
      assert.ok(passed instanceof Socket && opened instanceof Descriptor && !(opened instanceof Socket));
      send(passed, Buffer.from("!"));
      assert.equal(recv(right, new Uint8Array(1)), 1);
      // Deno's node:fs reads only descriptors that it opened.
      assert.equal(readFileSync(`/dev/fd/${opened.fd}`, "utf8"), "contents");
      assert.equal(closeAll(received), 2);
      assert.ok(!left.closed);
    }),
  withoutTransport.unix,
);

asyncApiTest(
  "they are not sent in the middle of a file",
  (engine, fixture) =>
    withEnds(engine, unix(fixture), async ({ client, server }) => {
      const path = join(fixture.folder(), "file");
      writeFileSync(path, Buffer.alloc(4 << 20));
      const [left] = fixture.pair(SOCK.STREAM);
      const sent = client.sendFile(path);
      await assert.rejects(client.sendDescriptors([left], "amid"), { code: "ERR_INVALID_STATE" });
      for (let bytes = 0; bytes < 4 << 20; ) bytes += (await server.read())?.length ?? 0;
      assert.equal(await sent, 4 << 20);
    }),
  withoutTransport.unix,
);

asyncApiTest(
  "they follow everything written before; bytes without descriptors, and the end, arrive too",
  (engine, fixture) =>
    withEnds(engine, unix(fixture), async ({ client, server }) => {
      const [left] = fixture.pair(SOCK.STREAM);
      const large = Buffer.alloc(1 << 20, "x");
      const written = client.write(large);
      const sent = client.sendDescriptors([left, left], "marked");
      await assert.rejects(client.write("overtakes"), { code: "ERR_INVALID_STATE" });
      await assert.rejects(client.sendDescriptors([left], "overtakes"), { code: "ERR_INVALID_STATE" });
      await assert.rejects(client.end(), { code: "ERR_INVALID_STATE" });
      await assert.rejects(client.sendFile(process.execPath), { code: "ERR_INVALID_STATE" });
      let before = 0;
      let received: ReceivedDescriptors | null;
      do {
        received = await server.receiveDescriptors({ timeout: 60_000 });
        assert.ok(received !== null);
        if (received.descriptors.length === 0) before += received.data.length;
      } while (received.descriptors.length === 0);
      await Promise.all([written, sent]);
      // A receive stops where descriptors begin, but bytes before them may come with them.
      assert.equal(before + received.data.length, large.length + "marked".length);
      assert.ok(text(received).endsWith("marked"));
      assert.equal(closeAll(received), 2);
      await client.end("last");
      assert.equal(text(await server.receiveDescriptors()), "last");
      assert.equal(await server.receiveDescriptors(), null);
      await server.end();
      assert.equal(await client.read(), null);
      assert.deepEqual([await client.closed, await server.closed], [null, null]);
    }),
  withoutTransport.unix,
);

asyncApiTest(
  "more bytes than the system accepts at once: the rest follows, and the call waits for it",
  (engine, fixture) =>
    withEnds(engine, unix(fixture), async ({ client, server }) => {
      const [left] = fixture.pair(SOCK.STREAM);
      setsockopt(client.socket, SO.SNDBUF, 4608);
      const bytes = Buffer.alloc(300_000, "y");
      const sent = client.sendDescriptors([left], bytes).then(() => client.end());
      let count = 0;
      let passed = 0;
      for (
        let next = await server.receiveDescriptors();
        next !== null;
        next = await server.receiveDescriptors()
      ) {
        count += next.data.length;
        passed += closeAll(next);
      }
      await sent;
      assert.deepEqual([count, passed], [bytes.length, 1]);
    }),
  withoutTransport.unix,
);

asyncApiTest(
  "no descriptor leaks if it is never received, received by read(), or arrives after an aborted wait",
  async (engine, fixture) => {
    await withEnds(engine, unix(fixture), async ({ client, server }) => {
      const [left] = fixture.pair(SOCK.STREAM);
      const stop = new AbortController();
      const given = server.receiveDescriptors({ signal: stop.signal });
      await assert.rejects(server.receiveDescriptors(), { code: "ERR_INVALID_STATE" });
      await assert.rejects(server.read(), { code: "ERR_INVALID_STATE" });
      stop.abort(new Error("enough"));
      await assert.rejects(given, { message: "enough" });
      await someTurns();
      const before = openDescriptors().length;
      await client.sendDescriptors([left, left, left], "unread");
      await someTurns();
      assert.equal(openDescriptors().length, before, "nobody has received them");
      assert.equal(closeAll(await server.receiveDescriptors()), 3);
      await client.sendDescriptors([left], "read");
      assert.equal(Buffer.from((await server.read()) ?? []).toString(), "read");
      await someTurns();
      assert.equal(openDescriptors().length, before, "read() does not take them");
      await assert.rejects(server.receiveDescriptors(), { code: "ERR_INVALID_STATE" });
      await client.sendDescriptors([left, left], "never received");
    });
  },
  withoutTransport.unix,
);

asyncApiTest(
  "they wait for the peer without blocking, also where another process has made the file blocking",
  (engine, fixture) =>
    withEnds(engine, unix(fixture), async ({ client, server }) => {
      const [left] = fixture.pair(SOCK.STREAM);
      // O_NONBLOCK belongs to the open file, which a child that inherited the socket may change.
      for (const { socket } of [client, server]) setNonblocking(socket.fd, false);
      const stop = new AbortController();
      const waiting = server.receiveDescriptors({ signal: stop.signal });
      await someTurns();
      stop.abort(new Error("enough"));
      await assert.rejects(waiting, { message: "enough" });
      const bytes = Buffer.alloc(1 << 20, "x");
      const sent = client.sendDescriptors([left], bytes);
      let count = 0;
      while (count < bytes.length) {
        const received = await server.receiveDescriptors();
        closeAll(received);
        count += received?.data.length ?? 0;
      }
      await sent;
      assert.equal(count, bytes.length);
    }),
  withoutTransport.unix,
);

asyncApiTest(
  "a wait ends with the connection, and its descriptor is closed",
  (engine, fixture) =>
    withEnds(engine, unix(fixture), async ({ client, server }) => {
      const waiting = server.receiveDescriptors();
      await someTurns();
      server.reset();
      await assert.rejects(waiting, { name: "SocketClosed" });
      assert.equal(await client.read(), null);
      await assert.rejects(server.receiveDescriptors(), { name: "SocketClosed" });
      await assert.rejects(server.sendDescriptors([0], "x"), { name: "SocketClosed" });
    }),
  withoutTransport.unix,
);

asyncApiTest(
  "wrong arguments, a closed socket, too many, and a connection that passes none",
  async (engine, fixture) => {
    await withEnds(engine, unix(fixture), async ({ client, server }) => {
      const [left] = fixture.pair(SOCK.STREAM);
      // @ts-expect-error the descriptors are an array
      await assert.rejects(client.sendDescriptors(left, "x"), { code: "ERR_INVALID_ARG_TYPE" });
      await assert.rejects(client.sendDescriptors([left], ""), { code: "ERR_OUT_OF_RANGE" });
      const many = Array.from({ length: 254 }, () => left);
      await assert.rejects(client.sendDescriptors(many, "x"), { syscall: "sendmsg" });
      const closed = fixture.tcp();
      close(closed);
      await assert.rejects(client.sendDescriptors([closed], "x"), { name: "SocketClosed" });
      await client.sendDescriptors([], "none");
      const received = await server.receiveDescriptors();
      assert.deepEqual([text(received), closeAll(received)], ["none", 0]);
      await client.end();
      await assert.rejects(client.sendDescriptors([left], "x"), { code: "ERR_STREAM_WRITE_AFTER_END" });
    });
    await withEnds(engine, { host: "127.0.0.1" }, async ({ client }) => {
      await assert.rejects(client.sendDescriptors([0], "x"), { code: "ERR_INVALID_ARG_VALUE" });
      await assert.rejects(client.receiveDescriptors(), { code: "ERR_INVALID_ARG_VALUE" });
    });
  },
  withoutTransport.unix,
);
