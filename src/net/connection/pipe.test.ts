import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  asyncApiTest,
  endpointFor,
  transports,
  withoutTransport,
  withEnds as withPair,
} from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import type { EngineName } from "../../engine/engine.ts";
import { listen } from "../listener/listen.ts";
import type { ListenOptions } from "../options/listen-options.ts";
import { connect } from "./connect.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionBase } from "./connection-base.ts";
import type { HandledConnection } from "./handled-connection.ts";
import { join } from "./join.ts";

const kinds = ["Connection", "HandledConnection"] as const;
type Kind = (typeof kinds)[number];

/** A connection to pipe, and its peer. */
interface End {
  readonly peer: Connection;
  readonly inner: ConnectionBase;
}

async function end(engine: EngineName, endpoint: ListenOptions, kind: Kind): Promise<End> {
  if (kind === "Connection") {
    const listener = await listen({ ...endpoint, engine });
    const peer = await connect({ address: listener.address, engine });
    const inner = await listener.accept();
    await listener.close();
    return { peer, inner };
  }
  let opened: ConnectionBase | undefined;
  const open = (connection: HandledConnection) => {
    opened = connection.pause();
  };
  const listener = await listen({ ...endpoint, engine }, { open });
  const peer = await connect({ address: listener.address, engine });
  const inner = await eventually(() => opened);
  await listener.close();
  return { peer, inner };
}

/** Two connections to join, so that one peer receives what the other sends. */
async function withEnds(
  engines: readonly [EngineName, EngineName],
  endpoint: () => ListenOptions,
  kindsOf: readonly [Kind, Kind],
  run: (left: End, right: End) => Promise<void>,
): Promise<void> {
  const left = await end(engines[0], endpoint(), kindsOf[0]);
  const right = await end(engines[1], endpoint(), kindsOf[1]);
  try {
    await run(left, right);
  } finally {
    for (const { peer, inner } of [left, right]) {
      peer.reset();
      inner.reset();
      await peer.closed;
    }
    await Promise.all([left, right].map(({ inner }) => eventually(() => inner.fd === -1 || undefined)));
  }
}

const tcp = (): ListenOptions => ({ host: "127.0.0.1" });
const both: readonly [Kind, Kind] = ["HandledConnection", "Connection"];

const sha = () => createHash("sha256");

/** Sends random pieces, and the end; returns the hash. */
async function sendAll(peer: Connection, total: number): Promise<string> {
  const hash = sha();
  for (let rest = total; rest > 0; ) {
    const piece = randomBytes(Math.min(rest, randomInt(1, 1 + 10 ** randomInt(1, 6))));
    rest -= piece.length;
    hash.update(piece);
    await peer.write(piece);
    if (randomInt(4) === 0) await someTurns();
  }
  await peer.end();
  return hash.digest("hex");
}

async function readAll(peer: Connection, isSlow = false): Promise<string> {
  const hash = sha();
  for await (const piece of peer) {
    hash.update(piece);
    if (isSlow) await someTurns();
  }
  return hash.digest("hex");
}

/** Writes until nothing more fits anywhere. */
async function fill(peer: Connection, wait: () => Promise<void> = someTurns): Promise<number> {
  let written = 0;
  const block = new Uint8Array(65_536);
  for (let quiet = 0; quiet < 5; ) {
    if (peer.pendingBytes === 0) {
      void peer.write(block).catch(() => {});
      written += block.length;
      quiet = 0;
    } else quiet++;
    await wait();
  }
  return written;
}

/** Waits for a turn in which an engine has received something. */
const turnOf = (engine: EngineName) =>
  withPair(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
    await client.write("x");
    await server.read();
  });

const isGone = (connection: ConnectionBase) => eventually(() => connection.fd === -1 || undefined);

for (const transport of transports) {
  for (const first of kinds) {
    for (const second of kinds) {
      asyncApiTest(
        `join of a ${first} and a ${second} over ${transport}: every byte, both ways, and the ends`,
        async (engine, fixture) => {
          const endpoint = () => endpointFor(fixture, transport);
          await withEnds([engine, engine], endpoint, [first, second], async (left, right) => {
            const joined = join(left.inner, right.inner);
            const there = sendAll(left.peer, 3_000_000);
            const back = sendAll(right.peer, 1_000_000);
            const received = await Promise.all([readAll(right.peer, true), readAll(left.peer)]);
            assert.deepEqual(received, await Promise.all([there, back]));
            assert.deepEqual(await joined, { aToB: 3_000_000, bToA: 1_000_000 });
            await Promise.all([isGone(left.inner), isGone(right.inner)]);
          });
        },
        withoutTransport[transport],
      );
    }
  }

  asyncApiTest(
    `pipe over ${transport}: a peer that does not read stops the other one, within bounds`,
    async (engine, fixture) => {
      await withEnds(
        [engine, engine],
        () => endpointFor(fixture, transport),
        both,
        async (left, right) => {
          const joined = join(left.inner, right.inner);
          // On Bun, many immediates may pass before the engine's next turn. Everything written
          // until then arrives together, even if the pipe is full.
          const written = await fill(left.peer, () => turnOf(engine));
          assert.ok(right.inner.pendingBytes < 1_000_000, `${right.inner.pendingBytes} bytes wait`);
          const pending = right.inner.pendingBytes;
          await someTurns();
          assert.equal(right.inner.pendingBytes, pending);
          const last = left.peer.end();
          await right.peer.end();
          let received = 0;
          for await (const bytes of right.peer) received += bytes.length;
          await last;
          assert.equal(received, written);
          assert.deepEqual(await joined, { aToB: written, bToA: 0 });
        },
      );
    },
    withoutTransport[transport],
  );
}

for (const one of enginesHere) {
  for (const other of enginesHere) {
    if (one === other) continue;
    asyncApiTest(`join: from ${one.name} to ${other.name}`, async (engine) => {
      if (engine !== one.name) return;
      await withEnds([one.name, other.name], tcp, both, async (left, right) => {
        const joined = join(left.inner, right.inner);
        const there = sendAll(left.peer, 2_000_000);
        const back = sendAll(right.peer, 2_000_000);
        const received = await Promise.all([readAll(right.peer, true), readAll(left.peer)]);
        assert.deepEqual(received, await Promise.all([there, back]));
        assert.deepEqual(await joined, { aToB: 2_000_000, bToA: 2_000_000 });
      });
    });
  }
}

asyncApiTest("pipe: an end reaches the other peer, which can still answer", async (engine) => {
  await withEnds([engine, engine], tcp, both, async (left, right) => {
    const joined = join(left.inner, right.inner);
    await left.peer.end("question");
    assert.equal(Buffer.from((await right.peer.read()) ?? []).toString(), "question");
    assert.equal(await right.peer.read(), null);
    await someTurns();
    await right.peer.write("answer");
    assert.equal(Buffer.from((await left.peer.read()) ?? []).toString(), "answer");
    await right.peer.end();
    assert.equal(await left.peer.read(), null);
    assert.deepEqual(await joined, { aToB: 8, bToA: 6 });
  });
});

asyncApiTest("pipe: to itself, it echoes", async (engine) => {
  for (const kind of kinds) {
    const { peer, inner } = await end(engine, tcp(), kind);
    const piped = inner.pipe(inner);
    const sent = sendAll(peer, 1_000_000);
    assert.equal(await readAll(peer), await sent);
    assert.equal(await piped, 1_000_000);
    await isGone(inner);
    await peer.close();
  }
});

asyncApiTest(
  "pipe: received but unread data goes first; the program may still use the target",
  async (engine) => {
    await withEnds([engine, engine], tcp, ["Connection", "Connection"], async (left, right) => {
      await left.peer.write("one ");
      await left.peer.write("two ");
      const { inner } = left;
      assert.ok("read" in inner && typeof inner.read === "function");
      await inner.read();
      await left.peer.write("three ");
      await someTurns();
      const piped = inner.pipe(right.inner);
      await left.peer.end("four");
      const text = async () => {
        let all = "";
        for await (const bytes of right.peer) all += Buffer.from(bytes);
        return all;
      };
      const received = await text();
      assert.match(received, /^(two )?three four$/);
      assert.equal(await piped, received.length);
      await right.peer.write("kept");
      const { inner: target } = right;
      assert.ok("read" in target && typeof target.read === "function");
      assert.equal(Buffer.from(await target.read()).toString(), "kept");
    });
  },
);

/** States in which one side is reset. */
const states: Readonly<Record<string, (left: End, right: End) => Promise<void>>> = {
  idle: async () => {},
  "after bytes both ways": async (left, right) => {
    await left.peer.write("there");
    await right.peer.read();
    await right.peer.write("back");
    await left.peer.read();
  },
  "full towards the other": async (left) => void (await fill(left.peer)),
  "full towards it": async (_left, right) => void (await fill(right.peer)),
  "full both ways": async (left, right) => void (await Promise.all([fill(left.peer), fill(right.peer)])),
  "after its end": async (left, right) => {
    await left.peer.end();
    assert.equal(await right.peer.read(), null);
  },
  "after the other's end": async (left, right) => {
    await right.peer.end();
    assert.equal(await left.peer.read(), null);
  },
};

for (const [state, reach] of Object.entries(states)) {
  asyncApiTest(
    `join: a peer's reset, ${state}, resets the other one`,
    async (engine) => {
      for (const kindsOf of [both, [both[1], both[0]]] as const) {
        await withEnds([engine, engine], tcp, kindsOf, async (left, right) => {
          const joined = join(left.inner, right.inner);
          const outcome = assert.rejects(joined, { code: /^(ECONNRESET|EPIPE)$/ });
          await reach(left, right);
          left.peer.reset();
          await assert.rejects(
            async () => {
              // A full pipe notices the reset when it is read from; after an end, sending notices
              // it.
              for (;;) {
                if (state !== "after the other's end") await right.peer.write("x");
                if ((await right.peer.read({ timeout: 1 }).catch(ignoreTimeout)) === null) await someTurns();
              }
            },
            { code: /^(ECONNRESET|EPIPE)$/ },
          );
          await outcome;
          await Promise.all([isGone(left.inner), isGone(right.inner)]);
        });
      }
    },
    resetsHidden,
  );

  asyncApiTest(`join: an aborted signal, ${state}, resets both`, async (engine) => {
    await withEnds([engine, engine], tcp, both, async (left, right) => {
      const abort = new AbortController();
      const joined = join(left.inner, right.inner, { signal: abort.signal });
      const outcome = assert.rejects(joined, { message: "enough" });
      await reach(left, right);
      abort.abort(new Error("enough"));
      await outcome;
      await Promise.all([isGone(left.inner), isGone(right.inner)]);
    });
  });

  for (const how of ["close", "reset"] as const) {
    for (const which of ["left", "right"] as const) {
      asyncApiTest(`join: ${how}() of the ${which} one, ${state}, resets the other`, async (engine) => {
        await withEnds([engine, engine], tcp, both, async (left, right) => {
          const joined = join(left.inner, right.inner);
          const outcome = assert.rejects(joined, { name: "SocketClosed" });
          await reach(left, right);
          const { inner } = which === "left" ? left : right;
          if (how === "reset") inner.reset();
          else if (isCloseable(inner)) void inner.close();
          await outcome;
          left.peer.reset();
          right.peer.reset();
          await Promise.all([isGone(left.inner), isGone(right.inner)]);
        });
      });
    }
  }
}

function ignoreTimeout(error: unknown): undefined {
  if (!(error instanceof DOMException)) throw error;
}

const isCloseable = (connection: ConnectionBase): connection is Connection | HandledConnection =>
  "close" in connection;

asyncApiTest("pipe: a timeout resets both", async (engine) => {
  await withEnds([engine, engine], tcp, both, async (left, right) => {
    await assert.rejects(left.inner.pipe(right.inner, { timeout: 1 }), { name: "TimeoutError" });
    await Promise.all([isGone(left.inner), isGone(right.inner)]);
  });
});

asyncApiTest("pipe: what cannot be piped throws, and stays unchanged", async (engine) => {
  await withEnds([engine, engine], tcp, ["Connection", "Connection"], async (left, right) => {
    const [a, b] = [left.inner, right.inner];
    assert.ok(isConnection(a) && isConnection(b));
    // @ts-expect-error not a connection
    await assert.rejects(a.pipe({}), { name: "TypeError", message: /must be a Connection or/ });
    await assert.rejects(join(a, a), { name: "TypeError" });
    const reading = b.read();
    await assert.rejects(join(a, b), /a read\(\) of the connection is still waiting/);
    await right.peer.write("x");
    await reading;
    const aborted = AbortSignal.abort(new Error("before"));
    await assert.rejects(join(a, b, { signal: aborted }), { message: "before" });
    await left.peer.write("y");
    assert.equal((await a.read())?.length, 1);
    const joined = join(a, b);
    await assert.rejects(a.pipe(b), /already has a pipe\(\)/);
    await assert.rejects(a.read(), /a pipe\(\) is reading from the connection/);
    await assert.rejects(b.end(), /a pipe\(\) is sending to the connection/);
    await assert.rejects(b.detach(), /a pipe\(\) of the connection has not ended/);
    assert.throws(() => b.toDuplex(), /a pipe\(\)/);
    await b.write("written between");
    assert.equal(Buffer.from((await right.peer.read()) ?? []).toString(), "written between");
    await Promise.all([left.peer.end(), right.peer.end()]);
    await joined;
    await assert.rejects(a.pipe(b), { name: "SocketClosed" });
  });
  const { peer, inner } = await end(engine, tcp(), "Connection");
  const other = await end(engine, tcp(), "Connection");
  assert.ok(isConnection(other.inner));
  await other.inner.end();
  await assert.rejects(inner.pipe(other.inner), /after its end\(\)/);
  for (const each of [peer, inner, other.peer, other.inner]) each.reset();
  await Promise.all([peer, inner, other.peer, other.inner].map(isGone));
  await Promise.all([peer.closed, other.peer.closed]);
});

const isConnection = (connection: ConnectionBase): connection is Connection => "read" in connection;
