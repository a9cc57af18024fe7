// What the operations of a ring share, on a loop of the test's own, whose buffer pools have their
// initial size.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engineTest, eventually } from "../../../test/engine/engine-test.ts";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { engineOn } from "../../../test/engine/own-loop.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { SOCK } from "../../posix/constants.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { IORING } from "../../system/linux/io-uring.ts";
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

  test("uring: a turn that throws does not stop the next one", () => {
    const { tick } = loop;
    tick.deferCallback({
      tell() {
        throw new Error("the engine's own error");
      },
    });
    assert.throws(() => tick.run(), /the engine's own/);
    let told = false;
    tick.deferCallback({
      tell() {
        told = true;
      },
    });
    tick.run();
    assert.ok(told);
  });
}
