import type { PendingConnection } from "./pending-connection.ts";

/**
 * The two queues of a listener: requests in SYN_RECV, whose SYN-ACK is not yet answered, and
 * connections that wait for accept().
 */
export class ListenQueue<Connection> {
  /** What listen() asked for, within net.core.somaxconn: sk_max_ack_backlog. */
  backlog: number;
  readonly #accept: Connection[] = [];
  readonly requests = new Set<PendingConnection>();
  /** Requests whose SYN-ACK was sent only once. */
  young = 0;
  /** When a SYN was last answered with a cookie, in nanoseconds. */
  overflowedAt = Number.NEGATIVE_INFINITY;

  constructor(backlog: number) {
    this.backlog = backlog;
  }

  /** Connections waiting for accept(). */
  get length(): number {
    return this.#accept.length;
  }

  /** Whether no connection can be added. One more than the backlog fits: sk_acceptq_is_full(). */
  get isFull(): boolean {
    return this.#accept.length > this.backlog;
  }

  /** Whether the SYN queue has reached its limit, which is the backlog too. */
  get isSynQueueFull(): boolean {
    return this.requests.size > this.backlog;
  }

  push(connection: Connection): void {
    this.#accept.push(connection);
  }

  shift(): Connection | undefined {
    return this.#accept.shift();
  }

  /** A connection ended before it was accepted; it stays, as in the kernel, until it is. */
  get waiting(): readonly Connection[] {
    return this.#accept;
  }

  add(request: PendingConnection): void {
    this.requests.add(request);
    this.young += 1;
  }

  remove(request: PendingConnection): void {
    if (this.requests.delete(request) && request.timeouts === 0) this.young -= 1;
  }
}
