import { machineSystem } from "../../system/current.ts";
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
  SocketKind,
  Stream,
  StreamHandlers,
} from "../engine.ts";
import { ReadinessAcceptor } from "./acceptor.ts";
import { ReadinessConnect } from "./connect.ts";
import { ReadinessDatagrams } from "./datagrams.ts";
import { ReadinessPoll } from "./poll.ts";
import type { OpenPoller } from "./poller.ts";
import { Reactor } from "./reactor.ts";
import type { OpenSendBatch } from "./send-batch.ts";
import { ReadinessStream } from "./stream.ts";

/**
 * The readiness engine: the system reports ready descriptors, and non-blocking calls do the rest.
 */
export class ReadinessEngine implements Engine {
  readonly name = "readiness";
  readonly system: System;
  readonly #open: OpenPoller;
  readonly #turning: (turn: () => void) => () => void;
  readonly #openBatch: OpenSendBatch | undefined;
  #reactor: Reactor | undefined;

  /** @param turning wraps the turns in which handlers run */
  constructor(
    system: System,
    open: OpenPoller,
    turning: (turn: () => void) => () => void = (turn) => turn,
    openBatch?: OpenSendBatch,
  ) {
    this.#turning = turning;
    this.system = system;
    this.#open = open;
    this.#openBatch = openBatch;
  }

  acceptor(fd: number, handlers: AcceptorHandlers): Acceptor {
    return new ReadinessAcceptor(this.#started(), fd, handlers);
  }

  stream(fd: number, handlers: StreamHandlers): Stream {
    return new ReadinessStream(this.#started(), fd, handlers);
  }

  connect(
    fd: number,
    address: ValueResult,
    done: (errno: number) => void,
    kind?: SocketKind,
  ): PendingConnect {
    return new ReadinessConnect(this.#started(), fd, address, done, kind);
  }

  poll(fd: number, direction: Direction, done: (errno: number) => void): PendingPoll {
    return new ReadinessPoll(this.#started(), fd, direction, done);
  }

  datagrams(fd: number, handlers: DatagramHandlers): Datagrams {
    return new ReadinessDatagrams(this.#started(), fd, handlers);
  }

  busyPoll(microseconds: number): void {
    if (this.system === machineSystem()) this.#started().busyPoll.start(microseconds);
  }

  #started(): Reactor {
    this.#reactor ??= new Reactor(this.system, this.#open, this.#turning, this.#openBatch);
    return this.#reactor;
  }
}
