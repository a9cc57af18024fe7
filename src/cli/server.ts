import { type Watch, watch } from "../engine/watch.ts";
import { type AcceptError, type Accepted, tryAccept } from "../posix/accept.ts";
import { acceptQueue } from "../posix/accept-queue.ts";
import { close } from "../posix/close.ts";
import { tryGetsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { Connection, type Ending } from "./connection.ts";
import { formatAddress } from "./format.ts";
import type { Report } from "./report/event.ts";
import type { ConnectionFacts, Responder } from "./responders/responder.ts";

/** How many connections are accepted before those that are open have their turn. */
const BATCH = 64;

/** How often a listener that ran out of descriptors tries again, though no connection of its own has closed. */
const RETRY = 500;

/** Makes the responder of one connection. */
export type MakeResponder = (facts: () => ConnectionFacts) => Responder;

/** What came of it, all in all. */
export interface Totals {
  readonly connections: number;
  readonly failed: number;
  readonly interrupted: number;
  readonly refused: number;
  readonly received: number;
  readonly sent: number;
  readonly deepestQueue: number;
}

/** Accepts the connections of a listener, has each answered, and reports them. */
export class Server {
  readonly #listener: Socket;
  readonly #makeResponder: MakeResponder;
  readonly #report: Report;
  readonly #connections = new Set<Connection>();
  #watch: Watch | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Whether the report knows that descriptors or memory have run out. */
  #toldExhausted = false;
  #accepted = 0;
  #failed = 0;
  #received = 0;
  #sent = 0;
  #pending = 0;
  #deepestQueue = 0;

  constructor(listener: Socket, makeResponder: MakeResponder, report: Report) {
    this.#listener = listener;
    this.#makeResponder = makeResponder;
    this.#report = report;
    this.#resume();
  }

  /** Closes the listener and every connection. */
  close(): Totals {
    this.#pause();
    const refused = acceptQueue(this.#listener)?.pending ?? 0;
    close(this.#listener);
    const interrupted = this.#connections.size;
    for (const connection of this.#connections) connection.close();
    return {
      connections: this.#accepted,
      failed: this.#failed,
      interrupted,
      refused,
      received: this.#received,
      sent: this.#sent,
      deepestQueue: this.#deepestQueue,
    };
  }

  /** Accepts until no connection waits, or the others are due. */
  #accept() {
    this.#lookAtQueue();
    for (let count = 0; count < BATCH; count++) {
      const result = tryAccept(this.#listener, { nonblocking: true });
      if (result.ok) this.#serve(result.value);
      else if (!this.#goesOn(result.error)) break;
    }
    this.#lookAtQueue();
  }

  #serve({ socket, address }: Accepted) {
    const started = performance.now();
    const id = ++this.#accepted;
    const peer = formatAddress(address);
    const facts = (): ConnectionFacts => {
      const local = tryGetsockname(socket);
      return {
        peer: address,
        local: local.ok ? local.value : { family: "unspecified" },
        queue: acceptQueue(this.#listener),
      };
    };
    const connection = new Connection(socket, this.#makeResponder(facts), (ending) => {
      this.#connections.delete(connection);
      this.#count(ending);
      this.#report.tell({
        event: "close",
        id,
        peer,
        ...ending,
        milliseconds: Math.round(performance.now() - started),
        open: this.#connections.size,
      });
      if (this.#retry !== undefined) this.#resume();
    });
    this.#connections.add(connection);
    this.#report.tell({ event: "connection", id, peer, open: this.#connections.size });
  }

  #count({ received, sent, error }: Ending) {
    this.#received += received;
    this.#sent += sent;
    if (error !== null) this.#failed++;
  }

  /** Whether to accept the next one at once. Errors that concern one connection, or pass, do not end the server. */
  #goesOn(error: AcceptError): boolean {
    switch (error.name) {
      case "WouldBlock":
        this.#toldExhausted = false;
        return false;
      case "ProcessFdQuotaExceeded":
      case "SystemFdQuotaExceeded":
      case "SystemResources":
        // The connection stays in the queue, so the listener stays ready: to go on would spin.
        if (!this.#toldExhausted) this.#tellError(error);
        this.#toldExhausted = true;
        this.#pause();
        this.#retry = setInterval(() => {
          this.#lookAtQueue();
          this.#resume();
        }, RETRY);
        return false;
      case "BlockedByFirewall":
      case "ConnectionAborted":
      case "HostUnreachable":
      case "NetworkSubsystemFailed":
      case "NetworkUnreachable":
      case "ProtocolFailure":
        this.#tellError(error);
        return true;
      default:
        throw error;
    }
  }

  #tellError({ name, code, message }: AcceptError) {
    this.#report.tell({ event: "error", name, code, message });
  }

  #pause() {
    clearInterval(this.#retry);
    this.#retry = undefined;
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #resume() {
    clearInterval(this.#retry);
    this.#retry = undefined;
    this.#watch ??= watch(this.#listener.fd, "readable", () => this.#accept());
  }

  #lookAtQueue() {
    const queue = acceptQueue(this.#listener);
    if (queue === undefined || queue.pending === this.#pending) return;
    this.#pending = queue.pending;
    this.#deepestQueue = Math.max(this.#deepestQueue, queue.pending);
    this.#report.tell({ event: "queue", ...queue });
  }
}
