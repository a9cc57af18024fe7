import { host } from "../../system/host.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import type { System, ValueResult } from "../../system/system.ts";
import type {
  Acceptor,
  AcceptorHandlers,
  DatagramHandlers,
  Datagrams,
  Engine,
  PendingConnect,
  Stream,
  StreamHandlers,
} from "../engine.ts";
import { hasLibuv } from "../wake.ts";
import { ReadinessAcceptor } from "./acceptor.ts";
import { ReadinessConnect } from "./connect.ts";
import { ReadinessDatagrams } from "./datagrams.ts";
import { openLoopPoller } from "./loop-poller.ts";
import type { OpenPoller } from "./poller.ts";
import { openQueuePoller } from "./queue-poller.ts";
import { Reactor } from "./reactor.ts";
import { ReadinessStream } from "./stream.ts";

/**
 * One descriptor on the runtime's event loop for all, where the system has a queue; otherwise each
 * of them.
 */
const openPoller = hasReadinessQueue ? openQueuePoller : openLoopPoller;

/**
 * Readiness: the system tells which descriptors are ready, and calls that do not block do the rest.
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

  datagrams(fd: number, handlers: DatagramHandlers): Datagrams {
    return new ReadinessDatagrams(this.#started(), fd, handlers);
  }

  #started(): Reactor {
    this.#reactor ??= new Reactor(this.#system, this.#open);
    return this.#reactor;
  }
}

/** This thread's. */
export const readiness: Engine = new ReadinessEngine();

/** Why it cannot be used here; undefined if it can. */
export function readinessLacks(): string | undefined {
  if (hasReadinessQueue || hasLibuv) return undefined;
  return "the system has no queue that sockets are waited for in, and the runtime no libuv to wait for them instead";
}
