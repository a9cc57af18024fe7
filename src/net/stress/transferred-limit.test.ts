// A program that keeps transferring the buffers of views: each is replaced by new memory that is
// never unmapped, so after a mebibyte of them the ring's views are copies.
import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";

const MOST = 1 << 20;
const WORD = "some bytes";

/**
 * Whether it was transferred. Node 20 copies memory that V8 did not allocate, and Node 26 throws.
 */
function take(buffer: ArrayBuffer): boolean {
  const transfer: unknown = Reflect.get(buffer, "transfer");
  try {
    if (typeof transfer === "function") Reflect.apply(transfer, buffer, []);
    else structuredClone(buffer, { transfer: [buffer] });
  } catch {
    return false;
  }
  return buffer.byteLength === 0;
}

asyncApiTest("views: memory for transferred buffers is limited, and nothing else changes", async (engine) => {
  /** The sizes of the transferred buffers, in order. */
  const taken: number[] = [];
  const server = await listen(
    { host: "127.0.0.1", engine },
    {
      data(connection, bytes) {
        const answer = Buffer.from(bytes);
        const { buffer } = bytes;
        const size = buffer.byteLength;
        if (buffer instanceof ArrayBuffer && take(buffer)) taken.push(size);
        connection.write(answer);
      },
    },
  );
  const client = await connect({ address: server.address, engine });
  for (let round = 0; round < 80; round++) {
    await client.write(WORD);
    assert.equal(`${Buffer.from((await client.read()) ?? [])}`, WORD);
  }
  if (engine === "uring" && taken.length > 0) {
    const lent = taken.filter((size) => size > WORD.length);
    assert.equal(lent.length * (lent[0] ?? 0), MOST);
    assert.deepEqual(taken.slice(lent.length), Array(80 - lent.length).fill(WORD.length));
  }
  client.reset();
  await Promise.all([client.closed, server.close({ drain: 0 })]);
});
