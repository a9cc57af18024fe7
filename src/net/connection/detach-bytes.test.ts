// No byte is lost, duplicated or reordered, whenever a connection is detached.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import fc from "fast-check";
import { noDetach } from "../../../test/detach.ts";
import { asyncApiTest, endpointFor, transports, withoutTransport } from "../../../test/engine/async-api.ts";
import { Pattern } from "../../../test/fuzz/bytes.ts";
import type { Exceptions } from "../../../test/platform.ts";
import type { Address } from "../../address/address.ts";
import { listen } from "../listener/listen.ts";
import type { ListenOptions } from "../options/listen-options.ts";
import type { Connection } from "./connection.ts";
import type { HandledConnection } from "./handled-connection.ts";

type Peer = (address: Address) => Promise<void>;

/** Pieces of these sizes, each sent after some turns of the event loop. */
type Pieces = readonly { readonly length: number; readonly turns: number }[];

interface Run {
  /** The bytes that the peer sends, and how it ends. */
  readonly incoming: Pieces;
  /** The bytes that the connection, and then the socket, writes to the peer. */
  readonly before: Pieces;
  readonly after: Pieces;
  /** How many pieces are received before the detach(), and how many turns pass after the last. */
  readonly received: number;
  readonly turns: number;
  /** Whether the connection's side is ended, so that the socket writes nothing. */
  readonly ended: boolean;
  readonly handlers: boolean;
}

const length = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300_000 }) },
);
const pieces = fc.array(fc.record({ length, turns: fc.integer({ min: 0, max: 4 }) }), { maxLength: 30 });
const runs: fc.Arbitrary<Run> = fc.record({
  incoming: pieces,
  before: pieces,
  after: pieces,
  received: fc.integer({ min: 0, max: 20 }),
  turns: fc.integer({ min: 0, max: 6 }),
  ended: fc.boolean(),
  handlers: fc.boolean(),
});

const pattern = new Pattern(12);

/** Shows the descriptor of any socket of node:net. */
const noLastBytes: Exceptions = {
  deno: "Deno's net.Socket fails to write and end at once while the peer's end comes (2.9)",
};

/** The hash and the number of bytes. */
class Digest {
  readonly #hash = createHash("sha256");
  #length = 0;

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  result(): string {
    return `${this.#length} bytes, ${this.#hash.digest("hex")}`;
  }
}

function expected(sent: Pieces): string {
  const digest = new Digest();
  digest.add(
    pattern.slice(
      0,
      sent.reduce((sum, piece) => sum + piece.length, 0),
    ),
  );
  return digest.result();
}

async function someTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Writes pieces of the pattern from an offset on; returns the next offset. */
async function write(to: (bytes: Uint8Array) => void, sent: Pieces, from = 0): Promise<number> {
  let offset = from;
  for (const piece of sent) {
    await someTurns(piece.turns);
    to(pattern.slice(offset, piece.length));
    offset += piece.length;
  }
  return offset;
}

async function peerOf(address: Address, { incoming }: Run, got: Digest): Promise<void> {
  assert.ok(address.family === "unix" || address.family === "ipv4");
  const peer =
    address.family === "unix"
      ? net.connect({ path: `${address.path}`, allowHalfOpen: true })
      : net.connect({ host: address.address, port: address.port, allowHalfOpen: true });
  peer.on("data", (bytes) => got.add(bytes));
  const ended = once(peer, "end");
  await once(peer, "connect");
  await write((bytes) => peer.write(bytes), incoming);
  peer.end();
  await ended;
  if (!peer.closed) await once(peer, "close");
}

/** Uses the socket of either kind of connection. */
async function useSocket(socket: net.Socket, { after, ended }: Run, from: number, got: Digest) {
  assert.equal(socket.writable, !ended);
  const closed = once(socket, "close");
  socket.on("data", (bytes) => got.add(bytes));
  if (!ended) {
    await write((bytes) => socket.write(bytes), after, from);
    socket.end();
  }
  await closed;
}

async function detachConnection(connection: Connection, run: Run, got: Digest): Promise<void> {
  const { before, received, turns, ended } = run;
  const writing = write((bytes) => void connection.write(bytes), before);
  for (let count = 0; count < received; count++) {
    const bytes = await connection.read();
    if (bytes === null) break;
    got.add(bytes);
  }
  const offset = await writing;
  await someTurns(turns);
  // If the peer has also ended, that would end the connection.
  if (ended) void connection.end();
  await useSocket(await connection.detach({ allowHalfOpen: true }), run, offset, got);
}

/** Serves one peer by handlers; resolves once the socket of its connection has closed. */
async function serveByHandlers(options: ListenOptions, run: Run, got: Digest, peer: Peer): Promise<void> {
  let received = 0;
  const enough = gate();
  const served = gate();
  if (run.received === 0) enough.open();
  const server = await listen(options, {
    open: (connection) => detachHandled(connection).then(served.open, served.fail),
    data(_, bytes) {
      got.add(bytes);
      received++;
      if (received === run.received) enough.open();
    },
    end: enough.open,
  });
  await Promise.all([served.passed, peer(server.address)]);
  await server.close({ drain: Number.POSITIVE_INFINITY });

  async function detachHandled(connection: HandledConnection): Promise<void> {
    const writing = write((bytes) => void connection.write(bytes), run.before);
    await enough.passed;
    const offset = await writing;
    await someTurns(run.turns);
    if (run.ended) connection.end();
    await useSocket(await connection.detach({ allowHalfOpen: true }), run, offset, got);
  }
}

async function serveByCalls(options: ListenOptions, run: Run, got: Digest, peer: Peer): Promise<void> {
  const listener = await listen(options);
  const served = listener.accept().then((connection) => detachConnection(connection, run, got));
  await Promise.all([served, peer(listener.address)]);
  await listener.close({ drain: Number.POSITIVE_INFINITY });
}

/** A promise, with the functions that settle it. */
function gate() {
  let open = () => {};
  let fail = (_: unknown) => {};
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open: () => open(), fail: (error: unknown) => fail(error) };
}

for (const transport of transports) {
  asyncApiTest(
    `detach: over ${transport}, all bytes arrive once and in order, whenever it is called`,
    async (engine, fixture) => {
      await fc.assert(
        fc.asyncProperty(runs, async (run) => {
          const [there, here] = [new Digest(), new Digest()];
          const options = { ...endpointFor(fixture, transport), engine };
          const serve = run.handlers ? serveByHandlers : serveByCalls;
          await serve(options, run, here, (address) => peerOf(address, run, there));
          assert.equal(here.result(), expected(run.incoming));
          assert.equal(there.result(), expected([...run.before, ...(run.ended ? [] : run.after)]));
        }),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 60), seed: Number(process.env.FUZZ_SEED ?? 12) },
      );
    },
    { ...noDetach, ...withoutTransport[transport], ...(transport === "tcp" ? noLastBytes : {}) },
  );
}
