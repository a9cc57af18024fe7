// The arguments of write() and send() may have any class: what is sent is the memory's content.
import assert from "node:assert/strict";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { hostileArrays, hostileBytes, hostileViews } from "../../../test/hostile.ts";
import { noUnixStreams } from "../../../test/winsock-exceptions.ts";
import { SO } from "../../options/so.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import { listen } from "../listener/listen.ts";
import { udp } from "../udp/udp.ts";

/** Reads this many bytes. */
async function readBytes(connection: Connection, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let left = length; left > 0; ) {
    const piece = await connection.read();
    assert.ok(piece, `${left} of ${length} bytes are missing`);
    pieces.push(piece);
    left -= piece.length;
  }
  return Buffer.concat(pieces);
}

/** Bytes that differ from place to place, and from piece to piece. */
const pattern = (length: number, piece: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => index * 7 + (index >> 8) + piece));

/**
 * Below and above the limits for gathering, a buffer, an immediate send, and the longest buffer.
 */
const lengths = [1, 700, 5000, 300_000, 700, 60_000, 3, 300_000];

for (const [odd, make] of Object.entries(hostileViews)) {
  asyncApiTest(`write(): bytes with ${odd} arrive unchanged`, (engine) =>
    withEnds(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
      // Large enough that the system takes only part of one.
      setsockopt(client.socket, SO.SNDBUF, 8192);
      const pieces = lengths.map((length, piece) => pattern(length, piece));
      const written = pieces.map((piece) => client.write(hostileBytes(make, piece)));
      const whole = Buffer.concat(pieces);
      const read = await readBytes(server, whole.length);
      assert.ok(read.equals(whole));
      await Promise.all(written);
      assert.equal(client.pendingBytes, 0);
    }),
  );

  asyncApiTest(`write(): bytes with ${odd}, in a handler`, async (engine) => {
    const pieces = lengths.map((length, piece) => pattern(length, piece));
    const whole = Buffer.concat(pieces);
    const server = await listen(
      { host: "127.0.0.1", engine },
      {
        data(connection) {
          for (const piece of pieces) connection.write(hostileBytes(make, piece));
        },
      },
    );
    const client = await connect({ address: server.address, engine });
    try {
      await client.write("x");
      assert.ok((await readBytes(client, whole.length)).equals(whole));
    } finally {
      client.reset();
      await Promise.all([client.closed, server.close({ drain: 0 })]);
    }
  });

  asyncApiTest(`send(): a datagram with ${odd} arrives unchanged`, async (engine) => {
    const receiver = await udp({ host: "127.0.0.1", engine });
    const sender = await udp({ host: "127.0.0.1", engine });
    try {
      for (const length of [0, 1, 700, 9000]) {
        const bytes = pattern(length, length);
        await sender.send(hostileBytes(make, bytes), receiver.address);
        assert.deepEqual(Buffer.from((await receiver.receive()).data), bytes);
      }
    } finally {
      await Promise.all([receiver.close(), sender.close()]);
    }
  });

  asyncApiTest(
    `a path with ${odd}`,
    async (engine, fixture) => {
      const address = fixture.abstractAddress();
      const name = Buffer.from("path" in address ? String(address.path) : "");
      const listener = await listen({ path: hostileBytes(make, name), engine });
      const client = await connect({ path: hostileBytes(make, name), engine });
      assert.deepEqual(listener.address, address);
      client.reset();
      await Promise.all([client.closed, listener.close()]);
    },
    noUnixStreams,
  );
}

for (const [odd, arrange] of Object.entries(hostileArrays)) {
  asyncApiTest(`options in arrays with ${odd}`, async (engine) => {
    const values = arrange([arrange([SO.RCVBUF, 50_000])]);
    const options = { host: "127.0.0.1", engine };
    // The type of such an array has no pairs.
    const listener = await listen(Object.assign(options, { options: values as [] }));
    await listener.close();
  });
}

asyncApiTest("a handler's view gives no access to the engine's memory", async (engine) => {
  const found: unknown[] = [];
  const server = await listen(
    { host: "127.0.0.1", engine },
    {
      data(connection, bytes) {
        found.push(bytes.constructor, Object.getPrototypeOf(bytes).constructor);
        // A false length reveals nothing that was not received.
        Object.defineProperty(bytes, "length", { value: 4096 });
        Object.defineProperty(bytes, "byteOffset", { value: 0 });
        connection.write(bytes.subarray(0, 4096));
        found.push(bytes.slice(1).constructor);
      },
    },
  );
  const client = await connect({ address: server.address, engine });
  try {
    await client.write("hello");
    assert.equal((await readBytes(client, 5)).toString(), "hello");
    await client.write("again");
    assert.equal((await readBytes(client, 5)).toString(), "again");
    assert.deepEqual([...new Set(found)], [Uint8Array]);
  } finally {
    client.reset();
    await Promise.all([client.closed, server.close({ drain: 0 })]);
  }
});
