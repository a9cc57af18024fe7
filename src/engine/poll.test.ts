// Engine.poll(), on every available engine.
import assert from "node:assert/strict";
import { engineTest, eventually, someTurns } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { close } from "../posix/close.ts";
import { SHUT, SOCK } from "../posix/constants.ts";
import { recv, tryRecv } from "../posix/recv.ts";
import { send, trySend } from "../posix/send.ts";
import { shutdown } from "../posix/shutdown.ts";
import { host } from "../system/host.ts";
import type { Direction, Engine } from "./engine.ts";

const { EBADF = 0, ECANCELED = 0 } = host.errnos;

/** A poll, and the results passed to `done`. */
function polled(engine: Engine, fd: number, direction: Direction) {
  const results: number[] = [];
  const pending = engine.poll(fd, direction, (errno) => results.push(errno));
  assert.deepEqual(results, [], "done() is not called inside of poll()");
  return { pending, results };
}

for (const engine of enginesHere) {
  engineTest(engine, "poll: waits for data, for room, and for the end, each once", async (fixture) => {
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const block = new Uint8Array(65_536);

    const data = polled(engine, right.fd, "receive");
    await someTurns();
    assert.deepEqual(data.results, []);
    send(left, Uint8Array.of(1, 2));
    await eventually(() => data.results[0]);
    const more = polled(engine, right.fd, "receive");
    await eventually(() => more.results[0]);
    recv(right, block);

    const space = polled(engine, left.fd, "send");
    await eventually(() => space.results[0]);
    while (trySend(left, block).ok);
    const full = polled(engine, left.fd, "send");
    await someTurns();
    assert.deepEqual(full.results, []);
    await eventually(() => {
      tryRecv(right, block);
      return full.results[0];
    });

    const end = polled(engine, left.fd, "receive");
    await someTurns();
    assert.deepEqual(end.results, []);
    shutdown(right, SHUT.WR);
    await eventually(() => end.results[0]);
    await someTurns();
    for (const { results } of [data, more, space, full, end]) assert.deepEqual(results, [0]);
    close(left);
  });

  engineTest(engine, "poll: cancel() ends it once, and later calls do nothing", async (fixture) => {
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const { pending, results } = polled(engine, right.fd, "receive");
    await someTurns();
    pending.cancel();
    pending.cancel();
    assert.deepEqual(results, [], "done() is not called inside of cancel()");
    await eventually(() => results[0]);
    send(left, Uint8Array.of(1));
    pending.cancel();
    pending.unref();
    pending.ref();
    await someTurns();
    assert.deepEqual(results, [-ECANCELED]);
    // Its descriptor can be polled again.
    const again = polled(engine, right.fd, "receive");
    await eventually(() => again.results[0]);
    assert.deepEqual(again.results, [0]);
  });

  engineTest(engine, "poll: cancel() in the turn of poll()", async (fixture) => {
    const [, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const { pending, results } = polled(engine, right.fd, "receive");
    pending.cancel();
    await eventually(() => results[0]);
    assert.deepEqual(results, [-ECANCELED]);
  });

  engineTest(
    engine,
    "poll: fails for a descriptor that is not open",
    async () => {
      const { results } = polled(engine, 1_000_000, "receive");
      await eventually(() => results[0]);
      assert.deepEqual(results, [-EBADF]);
    },
    { windows: "an unknown SOCKET is another error there", wine: "as Windows" },
  );
}
