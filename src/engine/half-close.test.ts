// One direction ends or fails while the other is in use: on every available engine.
import assert from "node:assert/strict";
import { engineTest, someTurns } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { RecordedStream } from "../../test/engine/recorded-stream.ts";
import type { Fixture } from "../../test/fixture.ts";
import { SHUT, SOCK } from "../posix/constants.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import { shutdown } from "../posix/shutdown.ts";
import { host } from "../system/host.ts";
import type { Engine } from "./engine.ts";

const { ENOBUFS = 0, EPIPE = 0 } = host.errnos;

/** A stream, its peer, and the errors reported for sending. */
function start(engine: Engine, fixture: Fixture) {
  const [here, peer]: [Socket, Socket] = fixture.pair(SOCK.STREAM);
  const failures: number[] = [];
  class Stream extends RecordedStream {
    sendingFailed(errno: number): void {
      failures.push(errno);
    }
  }
  host.setNonblocking(here.fd, true);
  return { left: new Stream(engine, here), peer, failures };
}

for (const engine of enginesHere) {
  for (const receives of [true, false])
    engineTest(
      engine,
      "shutdown() is told to be done while the stream " +
        `${receives ? "receives" : "is paused"}, and fails nothing`,
      async (fixture) => {
        const { left, peer, failures } = start(engine, fixture);
        if (receives) left.stream.resume();
        await someTurns();
        left.stream.write(Buffer.from("last"));
        assert.equal(await left.shutdown(), 0);
        assert.equal(await left.shutdown(), 0);
        const bytes = Buffer.alloc(8);
        assert.equal(recv(peer, bytes), 4);
        assert.equal(recv(peer, bytes), 0);
        send(peer, Buffer.from("answer"));
        left.stream.resume();
        await left.until(() => left.text === "answer");
        shutdown(peer, SHUT.WR);
        await left.until(() => left.ended);
        assert.deepEqual([left.errno, failures], [0, []]);
        assert.equal(await left.close(), 0);
      },
    );

  for (const receives of [true, false])
    engineTest(
      engine,
      `a system that refuses to shut down fails a stream that ${receives ? "receives" : "is paused"}`,
      async (fixture) => {
        const { left } = start(engine, fixture);
        if (receives) left.stream.resume();
        await someTurns();
        const { shutdown: original } = host;
        host.shutdown = () => -ENOBUFS;
        try {
          assert.equal(await left.shutdown(), -ENOBUFS);
        } finally {
          host.shutdown = original;
        }
        await left.until(() => left.errno !== 0);
        assert.deepEqual([left.errno, left.ended], [-ENOBUFS, false]);
        assert.equal(await left.close(), -ENOBUFS);
      },
      { simulated: "its System is another", windows: "its System is another" },
    );

  for (const paused of [false, true])
    engineTest(
      engine,
      "a failure to send is told while the peer stays open, of a stream that " +
        `${paused ? "is paused" : "receives"}`,
      async (fixture) => {
        const { left, peer, failures } = start(engine, fixture);
        left.stream.resume();
        await someTurns();
        if (paused) left.stream.pause();
        shutdown(peer, SHUT.RD);
        left.stream.write(Buffer.from("to nobody"));
        await left.until(() => left.errno !== 0);
        assert.deepEqual([left.errno, failures, left.ended], [-EPIPE, [-EPIPE], false]);
        assert.equal(left.stream.pendingBytes, 0);
        assert.equal(await left.close(), -EPIPE);
      },
      { windows: "a pair is of TCP there, whose peer is not told that nobody reads" },
    );

  engineTest(
    engine,
    "data that the peer sent before sending failed is delivered first, then the failure",
    async (fixture) => {
      const { left, peer } = start(engine, fixture);
      send(peer, Buffer.from("before"));
      shutdown(peer, SHUT.RD);
      left.stream.write(Buffer.from("to nobody"));
      await someTurns();
      left.stream.resume();
      await left.until(() => left.errno !== 0);
      assert.deepEqual([left.text, left.errno], ["before", -EPIPE]);
      await left.close();
    },
    { windows: "a pair is of TCP there, whose peer is not told that nobody reads" },
  );
}
