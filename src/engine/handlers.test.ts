// Handlers that write and end the stream, and connections on their way when an acceptor is paused:
// on every available engine.
import assert from "node:assert/strict";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { engineTest, eventually, someTurns } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { RecordedStream } from "../../test/engine/recorded-stream.ts";
import type { Fixture } from "../../test/fixture.ts";
import { connect } from "../posix/connect.ts";
import { SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { tryRecv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import type { Engine, Stream } from "./engine.ts";

/** Ways to end a stream that first send everything written. */
const endings: Readonly<Record<string, (stream: Stream) => void>> = {
  "close()": (stream) => stream.close(),
  "closeNow()": (stream) => stream.closeNow(),
  "shutdown()": (stream) => stream.shutdown(),
  "shutdown(), then close()": (stream) => {
    stream.shutdown();
    stream.close();
  },
};

/** Small pieces are gathered; these are more than one call takes, and more than fit together. */
const writes: Readonly<Record<string, readonly number[]>> = {
  "one byte": [1],
  "three small pieces": [10, 20, 30],
  "pieces of 4096 bytes": [4096, 4096, 4096, 4096, 4096],
  "a piece of 4097 bytes between small ones": [5, 4097, 5],
};

function recorded(engine: Engine, fixture: Fixture): [RecordedStream, Socket] {
  const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
  return [new RecordedStream(engine, left), right];
}

/** Everything received, until the end. */
async function receiveAll(peer: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  await eventually(() => {
    const result = tryRecv(peer, buffer);
    if (!result.ok) return result.error.name === "WouldBlock" ? undefined : assert.fail(result.error.message);
    pieces.push(Buffer.from(buffer.subarray(0, result.value)));
    return result.value === 0 ? true : undefined;
  });
  return Buffer.concat(pieces);
}

/** Pieces whose bytes encode their position. */
function piecesOf(lengths: readonly number[]): Buffer[] {
  let at = 0;
  return lengths.map((length) => Buffer.from(Array.from({ length }, () => at++ % 251)));
}

for (const engine of enginesHere) {
  for (const [ending, end] of Object.entries(endings))
    for (const [what, lengths] of Object.entries(writes))
      engineTest(
        engine,
        `a handler writes ${what}, then ${ending}: everything arrives, then the end`,
        async (fixture) => {
          const [here, peer] = recorded(engine, fixture);
          const pieces = piecesOf(lengths);
          here.whenData = () => {
            for (const piece of pieces) {
              const copy = Buffer.from(piece);
              here.stream.write(copy);
              copy.fill(0);
            }
            end(here.stream);
          };
          here.stream.resume();
          send(peer, Buffer.from("x"));
          assert.deepEqual(await receiveAll(peer), Buffer.concat(pieces));
          await here.reset();
        },
      );

  engineTest(
    engine,
    "handlers of two streams write to each other's stream: each gets its own data, in order",
    async (fixture) => {
      const ends = [recorded(engine, fixture), recorded(engine, fixture)] as const;
      const [[one, onePeer], [two, twoPeer]] = ends;
      one.whenData = () => {
        for (let number = 0; number < 10; number++) {
          one.stream.write(Buffer.from(`a${number}`));
          two.stream.write(Buffer.from(`b${number}`));
        }
        one.stream.shutdown();
        two.stream.shutdown();
      };
      one.stream.resume();
      send(onePeer, Buffer.from("x"));
      const numbers = [..."0123456789"];
      assert.equal((await receiveAll(onePeer)).toString(), numbers.map((number) => `a${number}`).join(""));
      assert.equal((await receiveAll(twoPeer)).toString(), numbers.map((number) => `b${number}`).join(""));
      await Promise.all([one.reset(), two.reset()]);
    },
  );

  engineTest(
    engine,
    "data written by a handler is pending until it is sent, and reset() drops it",
    async (fixture) => {
      const [here, peer] = recorded(engine, fixture);
      const pending: number[] = [];
      const closed = new Promise<number>((resolve) => {
        here.whenData = () => {
          here.stream.write(Buffer.alloc(10));
          pending.push(here.stream.pendingBytes);
          here.stream.write(Buffer.alloc(20));
          pending.push(here.stream.pendingBytes);
          here.stream.reset(resolve);
        };
      });
      here.stream.resume();
      send(peer, Buffer.from("x"));
      assert.notEqual(await closed, 0);
      assert.deepEqual(pending, [10, 30]);
      assert.deepEqual(await receiveAll(peer), Buffer.alloc(0));
    },
    { windows: "a pair is TCP there: it receives a reset instead of an end" },
  );

  engineTest(engine, "each write of a handler is reported as sent once", async (fixture) => {
    const [here, peer] = recorded(engine, fixture);
    here.whenData = () => {
      for (const piece of ["one", "two", "three"]) here.stream.write(Buffer.from(piece));
    };
    here.stream.resume();
    send(peer, Buffer.from("x"));
    await here.until(() => here.drains === 1);
    assert.equal(here.stream.pendingBytes, 0);
    const closed = here.close();
    assert.equal((await receiveAll(peer)).toString(), "onetwothree");
    assert.equal(await closed, 0);
    assert.equal(here.drains, 1);
  });
}

/** Enters the ring, so that the kernel makes progress before the engine reads completions. */
async function withoutTurn(): Promise<void> {
  for (let tick = 0; tick < 5; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
}

for (const engine of enginesHere) {
  for (const count of [1, 3, Number.POSITIVE_INFINITY])
    engineTest(
      engine,
      `an acceptor of ${count}, paused with connections on their way, then accepts as many as requested`,
      async (fixture) => {
        const listener = fixture.listener();
        const address = getsockname(listener);
        const accepted: number[] = [];
        const acceptor = engine.acceptor(listener.detach(), {
          onAccept: (fd) => accepted.push(fd),
          onError: (errno) => assert.fail(`accept failed with ${errno}`),
        });
        acceptor.accept(count);
        await someTurns();
        const clients = Array.from({ length: 2 }, () => fixture.tcp());
        for (const client of clients) connect(client, address);
        // Another operation, so that the ring is entered.
        const [other] = recorded(engine, fixture);
        other.stream.write(Buffer.from("x"));
        await withoutTurn();
        acceptor.pause();
        await someTurns();
        const before = accepted.length;
        for (let more = 1; more <= 3; more++) {
          const client = fixture.tcp();
          clients.push(client);
          connect(client, address);
          acceptor.accept(1);
          await eventually(() => (accepted.length === before + more ? true : undefined));
        }
        await someTurns();
        assert.equal(accepted.length, before + 3);
        await new Promise((resolve) => acceptor.close(resolve));
        await other.reset();
        for (const fd of accepted) closeDescriptor(fd);
      },
    );
}
