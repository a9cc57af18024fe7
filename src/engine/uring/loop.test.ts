// The resources that a ring's operations share, on a separate loop whose buffer pools have their
// initial size.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engineTest, eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { FailingRing } from "../../../test/engine/failing-ring.ts";
import { engineOn } from "../../../test/engine/own-loop.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { Fixture } from "../../../test/fixture.ts";
import { errnoOfRing } from "../../errors/engine-errno.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { SOCK } from "../../posix/constants.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IORING } from "../../system/linux/io-uring.ts";
import type { Acceptor, Stream } from "../engine.ts";
import { Loop } from "./loop.ts";
import { Ring } from "./ring.ts";
import { setupRing } from "./ring-setup.ts";

/** The initial number of datagram buffers in a ring: `DATAGRAM_BUFFERS` in loop.ts. */
const FIRST_DATAGRAMS = 16;
/** More than a ring has for streams: 128 of 16 KiB. */
const MORE_THAN_BUFFERS = 3 << 20;
const MORE_THAN_ENTRIES = 5000;

if (enginesHere.some(({ name }) => name === "uring")) {
  const loop = new Loop(new Ring(setupRing()));
  const engine = engineOn(loop);

  engineTest(engine, "starved streams get buffers even if no datagram buffer is left", async (fixture) => {
    // As if datagrams waited in them for a full unix peer, and no memory were left for more.
    const held = Array.from({ length: FIRST_DATAGRAMS }, (_, index) =>
      loop.datagramBuffers.taken(index << IORING.CQE_BUFFER_SHIFT),
    );
    // Forwards every piece of a stream without a copy, to a peer that does not read.
    const [receiving, sending] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const [relaying, stalled] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    setsockopt(relaying, SO.SNDBUF, 4096);
    const relay = new RecordedStream(engine, relaying);
    const receiver = new RecordedStream(engine, receiving);
    const sender = new RecordedStream(engine, sending);
    let received = 0;
    receiver.whenData = (bytes) => {
      received += bytes.length;
      relay.stream.write(bytes);
    };
    receiver.stream.resume();
    sender.stream.write(new Uint8Array(MORE_THAN_BUFFERS));
    await receiver.until(() => received === MORE_THAN_BUFFERS);

    close(stalled);
    await Promise.all([relay.reset(), receiver.close(), sender.close()]);
    for (const buffer of held) buffer.release();
  });

  engineTest(engine, "more operations in a turn than the ring has entries", async (fixture) => {
    const [left] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    let done = 0;
    for (let count = 0; count < MORE_THAN_ENTRIES; count++) {
      engine.poll(left.fd, "send", (errno) => {
        assert.equal(errno, 0);
        done++;
      });
    }
    await eventually(() => (done === MORE_THAN_ENTRIES ? true : undefined));
  });

  engineTest(
    engine,
    "a permanent failure of the ring ends every open handle once, whatever its state",
    async (fixture) => {
      const failing = new Loop(new Ring(setupRing()));
      const onIt = engineOn(failing);
      const EIO = -5;
      const told: string[] = [];
      const peers: Socket[] = [];
      const opened = (name: string): Stream => {
        const [left, peer] = fixture.pair(SOCK.STREAM, { nonblocking: true });
        setsockopt(left, SO.SNDBUF, 4096);
        peers.push(peer);
        return onIt.stream(left.detach(), {
          onData: () => told.push(`${name} data`),
          onEnd: () => told.push(`${name} end`),
          onError: (errno) => told.push(`${name} error ${errnoOfRing(errno)}`),
          onDrain: () => told.push(`${name} drain`),
        });
      };
      const acceptor = (name: string): Acceptor =>
        onIt.acceptor(fixture.listener().detach(), {
          onAccept: () => told.push(`${name} accept`),
          onError: (errno) => told.push(`${name} error ${errnoOfRing(errno)}`),
        });
      const done = (name: string) => (errno: number | undefined) =>
        void told.push(`${name} ${errno === undefined ? "" : (errnoOfRing(errno) ?? errno)}`.trim());
      const full = new Uint8Array(1 << 20);

      const idle = opened("idle");
      idle.resume();
      const paused = opened("paused");
      paused.resume();
      const writing = opened("writing");
      writing.resume();
      writing.write(full);
      writing.shutdown(done("shutdown"));
      const closing = opened("closing");
      closing.write(full);
      closing.close(done("closing closed"));
      const resetting = opened("resetting");
      resetting.resume();
      const one = acceptor("one");
      one.accept(1);
      const all = acceptor("all");
      all.accept(Number.POSITIVE_INFINITY);
      const pausing = acceptor("pausing");
      pausing.accept(1);
      const stopped = acceptor("stopped");
      stopped.accept(1);
      onIt.poll(fixture.pair()[0].fd, "receive", done("poll"));
      await someTurns();
      paused.pause();
      await someTurns();
      assert.equal(told.join(), "");

      // These no longer reach the kernel.
      failing.ring.fail(EIO);
      resetting.reset(done("resetting closed"));
      pausing.pause(() => told.push("pausing paused"));
      stopped.close(done("stopped closed"));
      failing.tick.willSubmit();
      await someTurns();
      const ended = [
        ...["all error -5", "closing closed -5", "idle error -5", "one error -5", "paused error -5"],
        ...["pausing error -5", "pausing paused", "poll -5", "resetting closed 0", "shutdown -5"],
        ...["stopped closed 0", "writing error -5"],
      ];
      assert.deepEqual(told.splice(0).toSorted(), ended);
      assert.deepEqual([idle.pendingBytes, writing.pendingBytes], [0, 0]);

      // Closing still works, and new handles fail.
      const late = opened("late");
      late.resume();
      await someTurns();
      for (const [name, handle] of Object.entries({ idle, paused, writing, late, one, all, pausing }))
        handle.close(done(`${name} closed`));
      await someTurns();
      assert.deepEqual(told.toSorted(), [
        ...["all closed 0", "idle closed -5", "late closed -5", "late error -5", "one closed 0"],
        ...["paused closed -5", "pausing closed 0", "writing closed -5"],
      ]);
      for (const peer of peers) close(peer);
    },
  );

  test("uring: a send that gets EPIPE after a paused receive took a reset reports the reset", async (context) => {
    const fixture = new Fixture(context);
    const [ECONNRESET, EPIPE] = [-errnos.ECONNRESET, -errnos.EPIPE];
    let isSending = false;
    const failing = FailingRing.engine((call) => {
      if (call === "recv") return ECONNRESET;
      isSending ||= call === "send";
      return call === "send" ? EPIPE : undefined;
    });
    const left = new RecordedStream(failing, fixture.pair(SOCK.STREAM, { nonblocking: true })[0]);
    left.stream.resume();
    left.stream.pause();
    await someTurns();
    left.stream.write(new Uint8Array(10));
    await eventually(() => (isSending ? true : undefined));
    await someTurns();
    left.stream.resume();
    await left.until(() => left.errno !== 0);
    assert.equal(left.errno, ECONNRESET);
    assert.equal(await left.close(), ECONNRESET);
    await fixture.end();
  });

  test("uring: a turn that throws does not stop the next one", () => {
    const { tick } = loop;
    tick.deferCallback({
      runCallbacks() {
        throw new Error("the engine's own error");
      },
    });
    assert.throws(() => tick.run(), /the engine's own/);
    let told = false;
    tick.deferCallback({
      runCallbacks() {
        told = true;
      },
    });
    tick.run();
    assert.ok(told);
  });
}
