// A TCP stream with messages in its error queue, which keep the socket ready: on every available
// engine.
import assert from "node:assert/strict";
import { engineTest, eventually } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { largeBuffer } from "../../test/engine/large-buffers.ts";
import { RecordedStream } from "../../test/engine/recorded-stream.ts";
import { SO } from "../options/so.ts";
import { SHUT } from "../posix/constants.ts";
import { poll } from "../posix/poll.ts";
import { send } from "../posix/send.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { shutdown } from "../posix/shutdown.ts";
import { host } from "../system/host.ts";

/** include/uapi/linux/net_tstamp.h */
const TX_SOFTWARE = 1 << 1;
const SOFTWARE = 1 << 4;
/** A multishot receive misses an end after 33 pieces of 16 KiB (stream-receiver.ts). */
const MANY_PIECES = 700_000;
/** All of it fits both the send and the receive buffer. */
const BUFFER = 4 << 20;

for (const engine of enginesHere)
  engineTest(
    engine,
    "a stream's error queue does not count as its end, which is still noticed later",
    async (fixture) => {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.TIMESTAMPING, TX_SOFTWARE | SOFTWARE);
      const receives = largeBuffer(fixture, "receive", BUFFER);
      const sends = largeBuffer(fixture, "send", BUFFER);
      if (receives === undefined || sends === undefined) return;
      setsockopt(server, ...receives);
      setsockopt(client, ...sends);
      host.setNonblocking(server.fd, true);
      const { fd } = server;
      const left = new RecordedStream(engine, server);
      left.stream.resume();
      left.stream.write(Buffer.from("stamped"));
      await eventually(() => poll([{ socket: fd, events: 0 }], 0)[0]);
      assert.deepEqual([left.ended, left.errno], [false, 0]);
      // Block the event loop until everything has arrived.
      send(client, Buffer.alloc(MANY_PIECES, "data"));
      shutdown(client, SHUT.WR);
      await left.until(() => left.ended);
      assert.equal(left.received.length, MANY_PIECES);
      assert.equal(left.errno, 0);
      await left.close();
    },
    { darwin: "it has no error queue", freebsd: "as Darwin", windows: "as Darwin", wine: "as Darwin" },
  );
