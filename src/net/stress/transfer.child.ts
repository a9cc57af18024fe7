// A number of bytes each way at once, in pieces of random sizes, with readers that pause: a server
// with handlers and a connection that is read and written. Both compare their data by hash. Prints
// the figures as JSON. npm run soak:bytes
import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { connect } from "../connection/connect.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "../listener/listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
const size = Number(process.argv[3]);
/** The source of the pieces. */
const source = randomBytes(1 << 20);
const LONGEST_PIECE = 200_000;

/** Bytes to send, in pieces, and the hash of all. */
class QueuedDatagram {
  readonly hash = createHash("sha256");
  #left = size;

  /** The next piece; undefined after the last one. */
  next(): Uint8Array | undefined {
    if (this.#left === 0) return undefined;
    const length = Math.min(this.#left, randomInt(1, LONGEST_PIECE));
    const start = randomInt(0, source.length - length);
    const piece = source.subarray(start, start + length);
    this.#left -= length;
    this.hash.update(piece);
    return piece;
  }
}

const [fromServer, toServer] = [new QueuedDatagram(), new QueuedDatagram()];
const [atServer, atClient] = [createHash("sha256"), createHash("sha256")];
let mostResident = 0;
let mostPending = 0;
const measure = (connection: { readonly pendingBytes: number }) => {
  mostResident = Math.max(mostResident, process.memoryUsage.rss());
  mostPending = Math.max(mostPending, connection.pendingBytes);
};

const server = await listen(
  { host: "127.0.0.1", engine },
  {
    open: sendMore,
    drain: sendMore,
    data(connection, bytes) {
      atServer.update(bytes);
      if (randomInt(20) !== 0) return;
      connection.pause();
      afterTurns(randomInt(5), () => connection.resume());
    },
    // Its own side sends it to the end.
    end() {},
  },
);

function sendMore(connection: HandledConnection) {
  for (let goesOn = true; goesOn; ) {
    const piece = fromServer.next();
    if (piece === undefined) {
      connection.end();
      return;
    }
    goesOn = connection.write(piece);
    measure(connection);
  }
}

function afterTurns(turns: number, call: () => void) {
  setImmediate(() => (turns === 0 ? call() : afterTurns(turns - 1, call)));
}

const started = performance.now();
const client = await connect({ address: server.address, engine });

async function send() {
  for (let piece = toServer.next(); piece !== undefined; piece = toServer.next()) {
    await client.write(piece);
    measure(client);
  }
  await client.end();
}

async function receive() {
  for await (const bytes of client) {
    atClient.update(bytes);
    if (randomInt(20) === 0) await new Promise<void>((resolve) => afterTurns(randomInt(5), resolve));
  }
}

await Promise.all([send(), receive()]);
await server.close({ drain: Number.POSITIVE_INFINITY });
await client.close();
const seconds = (performance.now() - started) / 1000;
assert.equal(atServer.digest("hex"), toServer.hash.digest("hex"));
assert.equal(atClient.digest("hex"), fromServer.hash.digest("hex"));
console.log(JSON.stringify({ bytes: size, seconds, mostPending, mostResident }));
