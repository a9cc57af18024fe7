import { host } from "../../system/host.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import type { System, ValueResult } from "../../system/system.ts";
import type {
  Acceptor,
  AcceptorHandlers,
  DatagramHandlers,
  Datagrams,
  Direction,
  Engine,
  PendingConnect,
  PendingPoll,
  Stream,
  StreamHandlers,
} from "../engine.ts";
import { hasLibuv } from "../wake.ts";
import { ReadinessAcceptor } from "./acceptor.ts";
import { ReadinessConnect } from "./connect.ts";
import { ReadinessDatagrams } from "./datagrams.ts";
import { openLoopPoller } from "./loop-poller.ts";
import { ReadinessPoll } from "./poll.ts";
import type { OpenPoller } from "./poller.ts";
import { openQueuePoller } from "./queue-poller.ts";
import { Reactor } from "./reactor.ts";
import { ReadinessStream } from "./stream.ts";

/**
 * If the system has a queue, only its descriptor is on the runtime's event loop; otherwise each
 * descriptor is.
 */
const openPoller = hasReadinessQueue ? openQueuePoller : openLoopPoller;

/**
 * The readiness engine: the system reports which descriptors are ready, and non-blocking calls do
 * the rest.
 */
export class ReadinessEngine implements Engine {
  readonly name = "readiness";
  readonly #system: System;
  readonly #open: OpenPoller;
  #reactor: Reactor | undefined;

  constructor(system: System = host, open: OpenPoller = openPoller) {
    this.#system = system;
    this.#open = open;
  }

  acceptor(fd: number, handlers: AcceptorHandlers): Acceptor {
    return new ReadinessAcceptor(this.#started(), fd, handlers);
  }

  stream(fd: number, handlers: StreamHandlers): Stream {
    return new ReadinessStream(this.#started(), fd, handlers);
  }

  connect(fd: number, address: ValueResult, done: (errno: number) => void): PendingConnect {
    return new ReadinessConnect(this.#started(), fd, address, done);
  }

  poll(fd: number, direction: Direction, done: (errno: number) => void): PendingPoll {
    return new ReadinessPoll(this.#started(), fd, direction, done);
  }

  datagrams(fd: number, handlers: DatagramHandlers): Datagrams {
    return new ReadinessDatagrams(this.#started(), fd, handlers);
  }

  #started(): Reactor {
    this.#reactor ??= new Reactor(this.#system, this.#open);
    return this.#reactor;
  }
}

/** This thread's engine. */
export const readiness: Engine = new ReadinessEngine();

/** The reason it is unavailable here; undefined if it is available. */
export function readinessLacks(): string | undefined {
  if (hasReadinessQueue || hasLibuv) return undefined;
  return "the system has no readiness queue for sockets, and the runtime has no libuv to poll them instead";
}
