// If a program transfers a view's buffer, the program owns it from then on: nothing is received
// into it any more.
import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";
import { udp } from "../udp/udp.ts";

/**
 * Transfers a buffer in each way that the runtime has; undefined if it throws (Node 26, for
 * external memory).
 */
const takers: Readonly<Record<string, (buffer: ArrayBuffer) => ArrayBuffer | undefined>> = {
  structuredClone: (buffer) => {
    try {
      return structuredClone(buffer, { transfer: [buffer] });
    } catch {
      return undefined;
    }
  },
  "transfer()": (buffer) => {
    const transfer: unknown = Reflect.get(buffer, "transfer");
    if (typeof transfer !== "function") return undefined;
    try {
      const taken: unknown = Reflect.apply(transfer, buffer, []);
      return taken instanceof ArrayBuffer ? taken : undefined;
    } catch {
      return undefined;
    }
  },
};

/** More than the initial number of the engine's buffers, so that each is reused. */
const ROUNDS = 300;

/** A buffer of a view, which may lie about its length. */
function bufferOf(bytes: Uint8Array, round: number): ArrayBuffer {
  const { buffer } = bytes;
  assert.ok(buffer instanceof ArrayBuffer);
  if (round % 2 === 1) Object.defineProperty(buffer, "byteLength", { value: 1 });
  return buffer;
}

/** Transferred memory, and how often its first bytes have changed. */
class Taken {
  readonly #bytes: Uint8Array;
  #holds: Buffer;
  changes = 0;

  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
    this.#holds = this.#head;
  }

  look(): void {
    const head = this.#head;
    if (head.equals(this.#holds)) return;
    this.changes++;
    this.#holds = head;
  }

  /** A stream's bytes start at the first, a datagram's after its header and name. */
  get #head(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, 256));
  }
}

for (const [how, take] of Object.entries(takers)) {
  for (const late of [false, true]) {
    const when = late ? "after the handler" : "in the handler";
    asyncApiTest(
      `views: a stream's transferred buffer (${how}, ${when}) is no longer used`,
      async (engine) => {
        const taken: Taken[] = [];
        let round = 0;
        let kept: ArrayBuffer | undefined;
        const takeOne = (buffer: ArrayBuffer) => {
          const own = take(buffer);
          if (own !== undefined) taken.push(new Taken(own));
        };
        const server = await listen(
          { host: "127.0.0.1", engine },
          {
            data(connection, bytes) {
              const answer = Buffer.from(bytes);
              const buffer = bufferOf(bytes, round);
              if (late) kept = buffer;
              else takeOne(buffer);
              connection.write(answer);
            },
          },
        );
        const client = await connect({ address: server.address, engine });
        for (; round < ROUNDS; round++) {
          const word = `round ${round}`;
          await client.write(word);
          assert.equal(Buffer.from((await client.read()) ?? []).toString(), word);
          for (const each of taken) each.look();
          if (kept !== undefined) takeOne(kept);
          kept = undefined;
        }
        // If the kernel holds a buffer when it is transferred, it still receives into it once.
        const most = late && engine === "uring" ? 1 : 0;
        for (const { changes } of taken) assert.ok(changes <= most, `received into ${changes} times`);
        client.reset();
        await Promise.all([client.closed, server.close({ drain: 0 })]);
      },
    );
  }

  asyncApiTest(`views: a datagram's transferred buffer (${how}) is no longer used`, async (engine) => {
    const taken: Taken[] = [];
    const heard: string[] = [];
    let round = 0;
    const server = await udp(
      { host: "127.0.0.1", engine },
      {
        message(_, bytes) {
          heard.push(Buffer.from(bytes).toString());
          const buffer = take(bufferOf(bytes, round));
          if (buffer === undefined) return;
          taken.push(new Taken(buffer));
        },
      },
    );
    const client = await udp({ host: "127.0.0.1", engine });
    for (; round < 60; round++) {
      await client.send(`round ${round}`, server.address);
      while (heard.length <= round) await someTurns();
      assert.equal(heard[round], `round ${round}`);
    }
    for (const each of taken) each.look();
    for (const { changes } of taken) assert.equal(changes, 0, "received into");
    await Promise.all([client.close(), server.close()]);
  });
}
