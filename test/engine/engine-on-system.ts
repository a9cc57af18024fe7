import type { Engine } from "../../src/engine/engine.ts";
import type { System } from "../../src/system/system.ts";

/** The engine, for sockets of a System that differs from its own, such as in its clock. */
export function engineOnSystem(engine: Engine, system: System): Engine {
  return {
    name: engine.name,
    system,
    acceptor: engine.acceptor.bind(engine),
    stream: engine.stream.bind(engine),
    connect: engine.connect.bind(engine),
    poll: engine.poll.bind(engine),
    datagrams: engine.datagrams.bind(engine),
    busyPoll: engine.busyPoll.bind(engine),
  };
}
