import type { PendingConnection } from "./pending-connection.ts";
import type { QueueLengths } from "./queue-record.ts";

/**
 * The two queues of a listener: requests in SYN_RECV, whose SYN-ACK is not yet answered, and
 * connections that wait for accept().
 */
export class ListenQueue<Connection> {
  readonly #accept: Connection[] = [];
  readonly requests = new Set<PendingConnection>();
  /** Requests whose SYN-ACK was sent only once. */
  young = 0;
  /** When a SYN was last answered with a cookie, in nanoseconds. */
  overflowedAt = Number.NEGATIVE_INFINITY;
  #backlog: number;
  readonly #changed: (lengths: QueueLengths) => void;

  /** @param changed called with the new lengths after every change */
  constructor(backlog: number, changed: (lengths: QueueLengths) => void) {
    this.#backlog = backlog;
    this.#changed = changed;
    this.#report();
  }

  /** What listen() asked for, within net.core.somaxconn: sk_max_ack_backlog. */
  get backlog(): number {
    return this.#backlog;
  }

  set backlog(backlog: number) {
    this.#backlog = backlog;
    this.#report();
  }

  /** Connections waiting for accept(). */
  get length(): number {
    return this.#accept.length;
  }

  /** Whether no connection can be added. One more than the backlog fits: sk_acceptq_is_full(). */
  get isFull(): boolean {
    return this.#accept.length > this.#backlog;
  }

  /** Whether the SYN queue is: the backlog limits it likewise. */
  get isSynQueueFull(): boolean {
    return this.requests.size > this.#backlog;
  }

  push(connection: Connection): void {
    this.#accept.push(connection);
    this.#report();
  }

  shift(): Connection | undefined {
    const connection = this.#accept.shift();
    if (connection !== undefined) this.#report();
    return connection;
  }

  add(request: PendingConnection): void {
    this.requests.add(request);
    if (request.timeouts === 0) this.young += 1;
    this.#report();
  }

  remove(request: PendingConnection): void {
    if (!this.requests.delete(request)) return;
    if (request.timeouts === 0) this.young -= 1;
    this.#report();
  }

  #report(): void {
    this.#changed({ syn: this.requests.size, accept: this.#accept.length, backlog: this.#backlog });
  }
}
