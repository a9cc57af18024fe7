import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { noDetach } from "../../../test/detach.ts";
import {
  asyncApiTest,
  endpointFor,
  readText,
  transports,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { fileWith, LARGE, untilFull } from "../../../test/engine/sent-file.ts";
import { withoutResets } from "../../../test/platform.ts";
import type { EngineName } from "../../engine/engine.ts";
import { TCP } from "../../options/tcp.ts";
import { close } from "../../posix/close.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { send } from "../../posix/send.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { listen } from "../listener/listen.ts";
import type { ListenOptions } from "../options/listen-options.ts";
import { connect } from "./connect.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionBase } from "./connection-base.ts";
import type { HandledConnection } from "./handled-connection.ts";

const tcp: ListenOptions = { host: "127.0.0.1" };
const kinds = ["Connection", "HandledConnection"] as const;
type Kind = (typeof kinds)[number];

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Runs with a connection that sends, of either kind, and its peer. */
async function withSender(
  engine: EngineName,
  kind: Kind,
  endpoint: ListenOptions,
  run: (sender: ConnectionBase & Pick<HandledConnection, "end" | "write">, peer: Connection) => Promise<void>,
): Promise<void> {
  let sender: Connection | HandledConnection;
  let peer: Connection;
  if (kind === "Connection") {
    const listener = await listen({ ...endpoint, engine });
    peer = await connect({ address: listener.address, engine });
    sender = await listener.accept();
    await listener.close();
  } else {
    let opened: HandledConnection | undefined;
    const server = await listen(
      { ...endpoint, engine },
      {
        open(connection) {
          opened = connection;
        },
        end() {},
        error() {},
      },
    );
    peer = await connect({ address: server.address, engine });
    sender = await eventually(() => opened);
    await server.close();
  }
  const adapted = sender as ConnectionBase & Pick<HandledConnection, "end" | "write">;
  try {
    await run(adapted, peer);
  } finally {
    peer.reset();
    sender.reset();
    await peer.closed;
    await eventually(() => sender.fd === -1 || undefined);
  }
}

async function readAll(peer: Connection, isSlow = false): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of peer) {
    pieces.push(piece);
    if (isSlow && randomInt(8) === 0) await someTurns();
  }
  return Buffer.concat(pieces);
}

for (const transport of transports) {
  for (const kind of kinds) {
    for (const isSlow of [false, true]) {
      asyncApiTest(
        `sendFile() of a ${kind} over ${transport}: ${isSlow ? "a slow" : "a fast"} peer gets every byte in order`,
        async (engine, fixture) => {
          const data = randomBytes(LARGE);
          const path = fileWith(fixture, data);
          await withSender(engine, kind, endpointFor(fixture, transport), async (sender, peer) => {
            const received = readAll(peer, isSlow);
            const before = randomBytes(randomInt(1, 300_000));
            const between = randomBytes(randomInt(1, 300_000));
            const after = randomBytes(randomInt(1, 300_000));
            void sender.write(before);
            const counts: number[] = [];
            const first = sender.sendFile(path, { progress: (count) => counts.push(count) });
            void sender.write(between);
            const second = sender.sendFile(path, { offset: 1_000_001, length: 777_777 });
            void sender.write(after);
            void sender.end();
            assert.deepEqual(await Promise.all([first, second]), [data.length, 777_777]);
            assert.equal(counts.at(-1), data.length);
            assert.deepEqual(
              counts,
              [...counts].sort((one, other) => one - other),
            );
            const part = data.subarray(1_000_001, 1_777_778);
            const expected = Buffer.concat([before, data, between, part, after]);
            const all = await received;
            assert.equal(all.length, expected.length);
            assert.equal(sha(all), sha(expected));
          });
        },
        withoutTransport[transport],
      );
    }
  }
}

asyncApiTest("sendFile(): a path, a URL, a FileHandle and a descriptor", async (engine, fixture) => {
  const path = fileWith(fixture, "0123456789");
  await withSender(engine, "Connection", tcp, async (sender, peer) => {
    const handle = await open(path);
    const fd = fs.openSync(path, "r");
    const sent = [
      await sender.sendFile(path),
      await sender.sendFile(pathToFileURL(path), { offset: 8 }),
      await sender.sendFile(handle, { length: 3 }),
      await sender.sendFile(handle, { offset: 4, length: 2 }),
      await sender.sendFile(fd, { offset: 9, length: 5 }),
      await sender.sendFile(fd, { offset: 10 }),
      await sender.sendFile(fd, { offset: 2 ** 40 }),
      await sender.sendFile(fd, { length: 0 }),
    ];
    // Its position has not changed.
    const buffer = Buffer.alloc(10);
    assert.equal(fs.readSync(fd, buffer), 10);
    const rest = Promise.all([sender.sendFile(fd), sender.sendFile(handle)]);
    // Only Windows cannot duplicate them.
    if (process.platform === "win32") await rest;
    fs.closeSync(fd);
    await handle.close();
    sent.push(...(await rest));
    assert.deepEqual(sent, [10, 2, 3, 2, 1, 0, 0, 0, 10, 10]);
    await sender.end();
    assert.equal(await readText(peer), "01234567898901245901234567890123456789");
  });
});

asyncApiTest(
  "sendFile(): a file that cannot be sent at all leaves the connection unchanged",
  async (engine, fixture) => {
    const folder = fixture.folder();
    const path = join(folder, "file");
    fs.writeFileSync(path, "the file");
    await withSender(engine, "Connection", tcp, async (sender, peer) => {
      const handle = await open(path);
      await handle.close();
      void sender.write("one,");
      const failures = [
        assert.rejects(sender.sendFile(join(folder, "missing")), { code: "ENOENT" }),
        assert.rejects(sender.sendFile(folder), { code: "EISDIR" }),
        assert.rejects(sender.sendFile(handle), { name: "TypeError" }),
        assert.rejects(sender.sendFile(1_000_000), { code: "EBADF" }),
      ];
      void sender.write("two,");
      await Promise.all(failures);
      const { signal } = new AbortController();
      assert.equal(await sender.sendFile(path, { signal, timeout: 60_000 }), 8);
      await sender.end();
      assert.equal(await readText(peer), "one,two,the file");
      await assert.rejects(sender.sendFile(path), { code: "ERR_STREAM_WRITE_AFTER_END" });
    });
  },
);

asyncApiTest(
  "sendFile(): a header before a file waits for it, and the program's own cork stays",
  async (engine, fixture) => {
    const path = fileWith(fixture, "the file");
    await withSender(engine, "HandledConnection", tcp, async (sender, peer) => {
      const received = async (expected: string) => {
        let text = "";
        while (text.length < expected.length) text += Buffer.from((await peer.read()) ?? []).toString();
        assert.equal(text, expected);
        return getsockopt(peer.socket, TCP.INFO).data_segs_in;
      };
      const corked = () => getsockopt(sender.socket, TCP.CORK);
      sender.write("header,");
      const sent = sender.sendFile(path);
      assert.equal(corked(), true);
      await sent;
      assert.equal(corked(), false);
      // The readiness engine has sent the header at once.
      const segments = engine === "uring" ? 1 : 2;
      assert.equal(await received("header,the file"), segments);
      assert.equal(getsockopt(sender.socket, TCP.NODELAY), false);
      setsockopt(sender.socket, TCP.CORK, true);
      await sender.sendFile(path);
      assert.equal(corked(), true);
      setsockopt(sender.socket, TCP.CORK, false);
      assert.equal(await received("the file"), segments + 1);
      const aborted = assert.rejects(sender.sendFile(`${path}-missing`), { code: "ENOENT" });
      assert.equal(corked(), true);
      await aborted;
      assert.equal(corked(), false);
    });
  },
  { darwin: "no sendfile here", freebsd: "no sendfile here", windows: "no sendfile here" },
);

asyncApiTest("sendFile(): arguments", async (engine, fixture) => {
  const path = fileWith(fixture, "file");
  await withSender(engine, "Connection", tcp, async (sender, peer) => {
    const bad: [unknown, unknown, ErrorConstructor][] = [
      [undefined, {}, TypeError],
      [null, {}, TypeError],
      ["", {}, TypeError],
      ["a\0b", {}, TypeError],
      [{}, {}, TypeError],
      [Buffer.from(path), {}, TypeError],
      [-1, {}, RangeError],
      [1.5, {}, RangeError],
      [path, null, TypeError],
      [path, { offset: -1 }, RangeError],
      [path, { offset: "1" }, TypeError],
      [path, { offset: 2 ** 53 }, RangeError],
      [path, { length: -1 }, RangeError],
      [path, { length: 0.5 }, RangeError],
      [path, { progress: 1 }, TypeError],
      [path, { signal: 1 }, TypeError],
      [path, { timeout: -1 }, RangeError],
    ];
    for (const [file, options, error] of bad) {
      // @ts-expect-error: what TypeScript refuses
      await assert.rejects(sender.sendFile(file, options), error);
    }
    const reason = new Error("aborted before");
    await assert.rejects(sender.sendFile(path, { signal: AbortSignal.abort(reason) }), reason);
    await sender.end();
    assert.equal(await readText(peer), "");
  });
});

for (const kind of kinds) {
  asyncApiTest(
    `sendFile() of a ${kind}: it waits for a peer that does not read, and a close() waits, too`,
    async (engine, fixture) => {
      const data = randomBytes(LARGE);
      const path = fileWith(fixture, data);
      await withSender(engine, kind, tcp, async (sender, peer) => {
        let count = 0;
        const sent = sender.sendFile(path, {
          progress(bytes) {
            count = bytes;
          },
        });
        void Promise.resolve(sender.write("the end")).catch(() => {});
        await untilFull(() => count);
        assert.ok(count < data.length);
        // The part that both kinds share.
        Reflect.get(sender, "close").call(sender);
        await someTurns();
        const all = await readAll(peer);
        assert.equal(await sent, data.length);
        assert.equal(sha(all), sha(Buffer.concat([data, Buffer.from("the end")])));
      });
    },
  );

  asyncApiTest(
    `sendFile() of a ${kind}: a file that is truncated meanwhile ends early`,
    async (engine, fixture) => {
      const data = randomBytes(LARGE);
      const path = fileWith(fixture, data);
      await withSender(engine, kind, tcp, async (sender, peer) => {
        let count = 0;
        const sent = sender.sendFile(path, {
          length: data.length,
          progress(bytes) {
            count = bytes;
          },
        });
        void sender.end("|after");
        await untilFull(() => count);
        fs.truncateSync(path, 1000);
        const all = await readAll(peer);
        const total = await sent;
        assert.ok(total >= count && total < data.length);
        assert.equal(all.length, total + "|after".length);
        // Pages in flight when the file was truncated are sent as zeros.
        assert.equal(sha(all.subarray(0, 1000)), sha(data.subarray(0, 1000)));
      });
    },
  );

  for (const [what, how, name] of [
    ["aborted", "signal", /^Error$/],
    ["reset by its peer", "peer", /^(ConnectionResetByPeer|BrokenPipe)$/],
    ["reset here", "here", /^SocketClosed$/],
    ["given a progress() that throws", "progress", /^Error$/],
  ] as const) {
    asyncApiTest(
      `sendFile() of a ${kind}, ${what} in the middle: the rest is dropped, and both end`,
      async (engine, fixture) => {
        const path = fileWith(fixture, randomBytes(LARGE));
        await withSender(engine, kind, tcp, async (sender, peer) => {
          const controller = new AbortController();
          let count = 0;
          const sent = sender.sendFile(path, {
            signal: controller.signal,
            progress(bytes) {
              count = bytes;
              if (how === "progress" && bytes > 1_000_000) throw new Error("enough");
            },
          });
          const next = sender.sendFile(path);
          void Promise.resolve(sender.write("dropped")).catch(() => {});
          const failed = assert.rejects(sent, { name });
          const nextFailed = assert.rejects(next);
          await untilFull(() => count);
          if (how === "signal") controller.abort(new Error("enough"));
          else if (how === "peer") peer.reset();
          else if (how === "here") sender.reset();
          await failed;
          await nextFailed;
          await eventually(() => sender.fd === -1 || undefined);
          await assert.rejects(sender.sendFile(path));
          if (how !== "peer") await assert.rejects(readAll(peer), { name: "ConnectionResetByPeer" });
        });
      },
      how === "peer" ? {} : withoutResets,
    );
  }
}

asyncApiTest(
  "sendFile(): if aborted while it waits for its turn, the file is skipped",
  async (engine, fixture) => {
    const path = fileWith(fixture, randomBytes(LARGE));
    await withSender(engine, "Connection", tcp, async (sender, peer) => {
      const first = sender.sendFile(path, { length: LARGE - 1 });
      const controller = new AbortController();
      const second = sender.sendFile(path, { signal: controller.signal });
      const third = sender.sendFile(path, { length: 1, timeout: 1 });
      void sender.end("|after");
      const reason = new Error("not wanted");
      const failed = assert.rejects(second, reason);
      const timedOut = assert.rejects(third, { name: "TimeoutError" });
      await someTurns();
      controller.abort(reason);
      await failed;
      await timedOut;
      const all = await readAll(peer);
      assert.equal(await first, LARGE - 1);
      assert.equal(all.length, LARGE - 1 + "|after".length);
    });
  },
);

asyncApiTest(
  "sendFile(): to a peer that has ended its side, and a pipe after it",
  async (engine, fixture) => {
    const path = fileWith(fixture, "the file");
    await withSender(engine, "Connection", tcp, async (sender, peer) => {
      await peer.write("the pipe");
      await peer.end();
      const sent = sender.sendFile(path);
      const piped = sender.pipe(sender);
      assert.equal(await sent, 8);
      assert.equal(await piped, 8);
      assert.equal(await readText(peer), "the filethe pipe");
    });
  },
);

asyncApiTest(
  "sendFile(): a file that the system cannot send is read",
  async (engine, fixture) => {
    const [left, right] = fixture.pair();
    const data = randomBytes(100_000);
    await withSender(engine, "HandledConnection", tcp, async (sender, peer) => {
      const received = readAll(peer);
      const sent = sender.sendFile(right.fd);
      void sender.end("|after");
      assert.equal(send(left, data), data.length);
      close(left);
      assert.equal(await sent, data.length);
      close(right);
      assert.equal(sha(await received), sha(Buffer.concat([data, Buffer.from("|after")])));
    });
  },
  { deno: "it reads only descriptors of its own", windows: "it has no such sockets" },
);

for (const kind of kinds) {
  asyncApiTest(
    `sendFile() of a ${kind} that is closing: a reset of the peer ends it`,
    async (engine, fixture) => {
      const path = fileWith(fixture, randomBytes(LARGE));
      await withSender(engine, kind, tcp, async (sender, peer) => {
        let count = 0;
        const sent = sender.sendFile(path, {
          progress(bytes) {
            count = bytes;
          },
        });
        const failed = assert.rejects(sent, { name: /^(ConnectionResetByPeer|BrokenPipe)$/ });
        await untilFull(() => count);
        // The part that both kinds share.
        Reflect.get(sender, "close").call(sender);
        await someTurns();
        peer.reset();
        await failed;
        await eventually(() => sender.fd === -1 || undefined);
        assert.equal(sender.error instanceof Error, true);
      });
    },
  );

  asyncApiTest(
    `sendFile() of a ${kind}: detach() waits for it, and the rest is the socket's`,
    async (engine, fixture) => {
      const data = randomBytes(LARGE);
      const path = fileWith(fixture, data);
      await withSender(engine, kind, tcp, async (sender, peer) => {
        const sent = sender.sendFile(path);
        void sender.write("written,");
        const detaching = sender.detach();
        const received = readAll(peer);
        const socket = await detaching;
        assert.equal(await sent, data.length);
        socket.end("the socket's");
        const all = await received;
        assert.equal(sha(all), sha(Buffer.concat([data, Buffer.from("written,the socket's")])));
        await peer.end();
        await once(socket, "close");
      });
    },
    noDetach,
  );
}
