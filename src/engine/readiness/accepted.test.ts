import assert from "node:assert/strict";
import { test } from "node:test";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { ScriptedPoller } from "../../../test/engine/scripted-poller.ts";
import { scripted } from "../../../test/scripted/scripted.ts";
import { READABLE } from "../../system/readiness-queue.ts";
import { ReadinessEngine } from "./readiness.ts";

const { EAGAIN = 0 } = scripted({}).errnos;

/**
 * The calls on two connections that a listener of a protocol accepts, each of which gets a piece.
 */
async function accepted(protocol: number) {
  const received = new Set<number>();
  const system = scripted({
    accept: [1001, 1002, -EAGAIN],
    getsockopt: [
      (_fd, _level, _name, value) => {
        value.ints[0] = protocol;
        return 0;
      },
    ],
    recv: [
      (fd) => {
        if (received.has(fd)) return -EAGAIN;
        received.add(fd);
        return 5;
      },
    ],
  });
  const poller = new ScriptedPoller();
  const engine = new ReadinessEngine(system, poller.openPoller);
  const streams: RecordedStream[] = [];
  const acceptor = engine.acceptor(7, {
    onAccept: (fd) => {
      const recorded = new RecordedStream(engine, fd);
      recorded.stream.resume();
      streams.push(recorded);
    },
    onError: () => assert.fail(),
  });
  acceptor.accept(2);
  poller.report(7, READABLE);
  await someTurns();
  for (const fd of [1001, 1002]) poller.report(fd, READABLE);
  await someTurns();
  const pieces = streams.map((each) => each.received.length);
  const count = (name: string) => system.calls.filter((call) => call.startsWith(`${name}(`)).length;
  const calls = { pieces, asked: count("getsockopt"), received: count("recv") };
  acceptor.close();
  await Promise.all(streams.map((each) => each.close()));
  return calls;
}

test("readiness: the protocol of accepted sockets is read once, from their listener", async () => {
  const { TCP } = scripted({}).constants.IPPROTO;
  // On TCP, a short read means that nothing is left.
  assert.deepEqual(await accepted(TCP), { pieces: [5, 5], asked: 1, received: 2 });
  assert.deepEqual(await accepted(0), { pieces: [5, 5], asked: 1, received: 4 });
});
