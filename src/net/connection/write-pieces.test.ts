import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { asyncApiTest, readText, withEnds } from "../../../test/engine/async-api.ts";
import { TCP } from "../../options/tcp.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { listen } from "../listener/listen.ts";
import { connect } from "./connect.ts";

const loopback = { host: "127.0.0.1" } as const;
const onlyLinux = {
  darwin: "it counts segments with Linux's TCP_INFO",
  freebsd: "it counts segments with Linux's TCP_INFO",
  windows: "it counts segments with Linux's TCP_INFO",
};

asyncApiTest(
  "the pieces of a write() go out with one call: in one segment without Nagle's algorithm",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      setsockopt(client.socket, TCP.NODELAY, true);
      const segments = () => getsockopt(client.socket, TCP.INFO).data_segs_out ?? 0;
      for (const pieces of [
        ["GET / ", "HTTP/1.1"],
        [Buffer.alloc(5000, "a"), "", Buffer.alloc(5000, "b"), Buffer.alloc(1)],
        Array.from({ length: 1000 }, (_, index) => `${index},`),
      ]) {
        const before = segments();
        await client.write(pieces);
        assert.equal(segments() - before, 1);
        const expected = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
        let received = Buffer.alloc(0);
        while (received.length < expected.length) {
          received = Buffer.concat([received, (await server.read()) ?? Buffer.alloc(0)]);
        }
        assert.ok(received.equals(expected));
      }
    }),
  onlyLinux,
);

asyncApiTest("pieces keep the order of all writes, however many and long they are", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const sent: Buffer[] = [];
    const writes: Promise<void>[] = [];
    for (let round = 0; round < 20; round += 1) {
      const pieces = Array.from({ length: round * 130 }, () => randomBytes(round * 7));
      const large = randomBytes(200_000);
      sent.push(...pieces, large, large);
      writes.push(client.write(pieces), client.write(large), client.write([large]));
    }
    const ended = client.end();
    const received: Uint8Array[] = [];
    for await (const bytes of server) received.push(bytes);
    await Promise.all([...writes, ended]);
    assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)));
  }),
);

asyncApiTest("write() of pieces waits like any write(), and the bytes may be changed immediately", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const piece = new Uint8Array(4 << 20).fill(1);
    let done = false;
    const written = client.write(["\u0001", "\u0001".repeat(9), piece, piece, piece]).then(() => {
      done = true;
    });
    piece.fill(2);
    assert.ok(client.pendingBytes > 0);
    assert.equal(done, false);
    const ended = client.end();
    let count = 0;
    for await (const bytes of server) {
      count += bytes.length;
      assert.ok(bytes.every((byte) => byte === 1));
    }
    await Promise.all([written, ended]);
    assert.equal(count, 10 + 3 * piece.length);
    await assert.rejects(client.write(["late"]), { code: "ERR_STREAM_WRITE_AFTER_END" });
  }),
);

asyncApiTest("with one invalid piece, nothing is sent", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    // @ts-expect-error a number is no piece
    await assert.rejects(client.write(["a", 1]), { code: "ERR_INVALID_ARG_TYPE" });
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    await assert.rejects(client.write(["a", shared]), { code: "ERR_INVALID_ARG_VALUE" });
    await client.write([]);
    await client.end("end");
    assert.equal(await readText(server), "end");
  }),
);

asyncApiTest(
  "a handler writes pieces, among them what it received; none of one that has returned",
  async (engine) => {
    let kept: Uint8Array | undefined;
    const failures: unknown[] = [];
    await using listener = await listen(
      { ...loopback, engine },
      {
        data(connection, bytes) {
          if (kept === undefined) {
            kept = bytes;
            assert.equal(connection.write(["<", bytes, bytes.subarray(1), ">"]), true);
            return;
          }
          const late = kept;
          try {
            connection.write(["never", late]);
          } catch (error) {
            failures.push(error);
          }
          connection.write(["|", bytes]);
          connection.end();
        },
      },
    );
    await using client = await connect({ address: listener.address, engine });
    await client.write("abc");
    assert.equal(Buffer.from((await client.read()) ?? []).toString(), "<abcbc>");
    await client.write("d");
    assert.equal(await readText(client), "|d");
    assert.equal(failures.length, 1);
    assert.ok(failures[0] instanceof TypeError);
  },
);
