import type { Engine } from "../../src/engine/engine.ts";
import { UringAcceptor } from "../../src/engine/uring/acceptor.ts";
import { UringConnect } from "../../src/engine/uring/connect.ts";
import { UringDatagrams } from "../../src/engine/uring/datagrams.ts";
import type { Loop } from "../../src/engine/uring/loop.ts";
import { UringPoll } from "../../src/engine/uring/poll.ts";
import { UringStream } from "../../src/engine/uring/stream.ts";
import { linux } from "../../src/system/linux/linux.ts";

/** An engine on a separate loop, in addition to this thread's. */
export function engineOn(loop: Loop): Engine {
  return {
    name: "uring",
    system: linux,
    acceptor: (fd, handlers) => new UringAcceptor(loop, fd, handlers),
    stream: (fd, handlers) => new UringStream(loop, fd, handlers),
    connect: (fd, address, done) => new UringConnect(loop, fd, address, done),
    poll: (fd, direction, done) => new UringPoll(loop, fd, direction, done),
    datagrams: (fd, handlers) => new UringDatagrams(loop, fd, handlers),
    busyPoll: (microseconds) => loop.tick.busyPoll.start(microseconds),
  };
}
