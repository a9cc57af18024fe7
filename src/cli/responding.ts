import { machineClock } from "../clock/machine-clock.ts";
import "../engine/choice.ts";
import type { QueueDrop } from "../diagnose/watch-queue.ts";
import type { HandledConnection } from "../net/connection/handled-connection.ts";
import { listen } from "../net/listener/listen.ts";
import type { Server } from "../net/listener/server.ts";
import type { ListenOptions } from "../net/options/listen-options.ts";
import type { AcceptError } from "../posix/accept.ts";
import { cannotListen } from "./cannot-listen.ts";
import { Conversation } from "./conversation.ts";
import { DropWatch } from "./drop-watch.ts";
import type { ListenAddress } from "./endpoint.ts";
import { formatAddress } from "./format.ts";
import type { Report, SummaryEvent } from "./report/event.ts";
import type { ConnectionFacts, Responder } from "./responders/responder.ts";

/** Makes the responder of one connection. */
export type MakeResponder = (facts: () => ConnectionFacts) => Responder;

/** How many milliseconds open connections may take to close at the end. */
const DRAIN = 500;

/** The totals for the summary. */
export type Totals = Omit<SummaryEvent, "event" | "signal" | "milliseconds">;

/** A connection, and the facts reported about it. */
interface Guest {
  readonly id: number;
  readonly peer: string;
  readonly started: number;
  readonly conversation: Conversation;
}

/** Answers each connection of a server, and reports them. */
export class Responding {
  readonly #makeResponder: MakeResponder;
  readonly #report: Report;
  readonly #open = new Set<HandledConnection<Guest>>();
  #server: Server | undefined;
  #ending = false;
  /** Whether a lack of descriptors or memory has been reported. */
  #hasReportedExhaustion = false;
  #connections = 0;
  #failed = 0;
  #received = 0;
  #sent = 0;
  #pending = 0;
  #drops: DropWatch | undefined;
  #deepestQueue = 0;

  constructor(makeResponder: MakeResponder, report: Report) {
    this.#makeResponder = makeResponder;
    this.#report = report;
  }

  /**
   * Listens on `host`, which may stand for several addresses, or otherwise on the address.
   * Connections wait until `begin()`. Throws a UsageError if it cannot listen.
   */
  async listen(address: ListenAddress, backlog: number, host?: string): Promise<Server> {
    const endpoint: ListenOptions =
      "path" in address ? { path: address.path } : { host: host ?? address.address, port: address.port };
    const onRetry = (error: AcceptError) => this.#retried(error);
    try {
      const server = await listen<Guest, readonly unknown[]>(
        { ...endpoint, backlog, onRetry },
        {
          open: (connection) => this.#opened(connection),
          data: (connection, bytes) => connection.state.conversation.received(bytes),
          drain: (connection) => connection.state.conversation.drained(),
          end: (connection) => connection.close(),
          close: (connection, error) => this.#closed(connection, error),
        },
      );
      this.#server = server.pause();
      this.#drops = DropWatch.of(server.sockets, backlog, (drop, total) => this.#tellDrop(drop, total));
      return server;
    } catch (error) {
      throw cannotListen(error, address);
    }
  }

  begin(): void {
    this.#server?.resume();
  }

  /** Closes the listener and every connection. */
  async close(): Promise<Totals> {
    const dropped = this.#drops?.end();
    const refused = this.#server?.queue?.pending ?? 0;
    const interrupted = this.#open.size;
    this.#ending = true;
    for (const connection of this.#open) {
      // Do not wait for a peer that does not read.
      if (connection.pendingBytes > 0) connection.reset();
      else connection.close();
    }
    await this.#server?.close({ drain: DRAIN });
    return {
      connections: this.#connections,
      failed: this.#failed,
      interrupted,
      refused,
      received: this.#received,
      sent: this.#sent,
      deepestQueue: this.#deepestQueue,
      dropped: dropped ?? null,
    };
  }

  #tellDrop({ dropped, limit: reason, queue: { pending, limit }, message }: QueueDrop, total: number) {
    const isFull = reason === "backlog" || reason === "somaxconn" || reason === "slow accept";
    // The queue was full when it overflowed, even if it was emptied soon after.
    if (isFull) this.#deepestQueue = Math.max(this.#deepestQueue, limit + 1);
    this.#pending = pending;
    this.#report.tell({ event: "drop", dropped, total, pending, limit, reason, message });
  }

  #opened(connection: HandledConnection<Guest>): Guest {
    const id = ++this.#connections;
    const { remoteAddress } = connection;
    const peer = formatAddress(remoteAddress);
    const facts = (): ConnectionFacts => ({
      peer: remoteAddress,
      local: connection.localAddress,
      queue: this.#server?.queue,
    });
    this.#open.add(connection);
    this.#report.tell({ event: "connection", id, peer, open: this.#open.size });
    this.#lookAtQueue();
    const conversation = new Conversation(connection, this.#makeResponder(facts));
    return { id, peer, started: machineClock.now(), conversation };
  }

  #closed(connection: HandledConnection<Guest>, error: unknown) {
    const { id, peer, started, conversation } = connection.state;
    const { received, sent } = conversation.ended(error === null);
    this.#open.delete(connection);
    this.#received += received;
    this.#sent += sent;
    if (error !== null) this.#failed += 1;
    const milliseconds = Math.round(machineClock.now() - started);
    const name = error instanceof Error ? error.name : null;
    this.#report.tell({
      event: "close",
      id,
      peer,
      received,
      sent,
      error: name,
      milliseconds,
      open: this.#open.size,
    });
    if (!this.#ending) this.#lookAtQueue();
  }

  /** Accepting failed, and is retried. Reports a lack of descriptors or memory only once. */
  #retried({ name, code, message }: AcceptError) {
    this.#lookAtQueue();
    const exhausted =
      name === "ProcessFdQuotaExceeded" || name === "SystemFdQuotaExceeded" || name === "SystemResources";
    // io_uring allocates a descriptor before it has a connection (io_accept in io_uring/net.c), so
    // it can fail with nothing waiting.
    if (exhausted && (this.#hasReportedExhaustion || this.#server?.queue?.pending === 0)) return;
    if (exhausted) this.#hasReportedExhaustion = true;
    this.#report.tell({ event: "error", name, code, message });
  }

  #lookAtQueue() {
    const queue = this.#server?.queue;
    if (queue === undefined) return;
    if (queue.pending === 0) this.#hasReportedExhaustion = false;
    if (queue.pending === this.#pending) return;
    this.#pending = queue.pending;
    this.#deepestQueue = Math.max(this.#deepestQueue, queue.pending);
    this.#report.tell({ event: "queue", ...queue });
  }
}
