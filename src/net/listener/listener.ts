import type { Engine } from "../../engine/engine.ts";
import { acceptErrors } from "../../posix/accept.ts";
import { checkWait, type WaitOptions } from "../abort.ts";
import { Connection } from "../connection/connection.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import type { ProxyInfo } from "../proxy-protocol/proxy-info.ts";
import { Waiters } from "../waiters.ts";
import { ListenerBase, type StopReason } from "./listener-base.ts";
import type { ListeningSockets } from "./listening-sockets.ts";

/** How many connections are accepted ahead of a program that keeps asking. */
const MOST_AHEAD = 16;

/** How many connections may wait for their PROXY header before the rest stays in the queue. */
const MOST_AWAITED = 1024;

/**
 * Listening sockets from which the program takes connections one by one: `listen(options)` returns
 * one.
 *
 * It accepts only as fast as the program asks, plus a few ahead (at most 16) if the program keeps
 * asking. The backlog therefore keeps its meaning, and overload is visible in `queue`. When
 * descriptors or memory run out, it retries after 5 milliseconds, then after growing delays of up
 * to a second, or as soon as one of the listener's connections ends.
 *
 * It is closed by `close()`, at the end of an `await using` scope, or by its signal.
 *
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * const listener = await listen({ host: "127.0.0.1", backlog: 8 });
 * const client = await connect({ address: listener.address });
 * console.log(listener.backlog); // { requested: 8, effective: 8 }
 * for await (const connection of listener) {
 *   await connection.end("hello");
 *   await connection.close();
 *   break;
 * }
 * console.log(listener.stats); // { accepted: 1, dropped: 0, retried: 0, causes: {} }
 * await client.close();
 * await listener.close();
 * ```
 */
export class Listener extends ListenerBase implements AsyncIterable<Connection> {
  readonly #waiters = new Waiters<Connection | null>("accept()");
  /** Connections accepted ahead. */
  readonly #ready: Connection[] = [];
  /** How many to accept ahead of the program. */
  #ahead = 0;
  /** The error that ended accepting, unless `close()` did. */
  #failure: unknown;

  /** @internal */
  constructor(engine: Engine, opened: ListeningSockets, options: CheckedListenOptions) {
    super(engine, opened, options);
  }

  /**
   * Waits for a connection.
   *
   * @param options `signal` and `timeout` end the wait; no connection is lost
   * @throws AcceptError named `SocketClosed` after `close()`, or another if the sockets no longer
   * listen
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  async accept(options?: WaitOptions): Promise<Connection> {
    const connection = await this.#next(checkWait(options));
    if (connection === null) throw acceptErrors.fail(this.engine.system, "SocketClosed").error;
    return connection;
  }

  /** The connections, until `close()` is called. Leaving the loop leaves the listener open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void, void> {
    try {
      for (;;) {
        const connection = await this.#next();
        if (connection === null) return;
        yield connection;
      }
    } finally {
      this.#lowerDemand();
    }
  }

  /** @internal */
  protected override onDescriptor(fd: number, info: ProxyInfo | undefined): void {
    const connection = new Connection(this.engine, fd, this);
    if (info !== undefined) connection.setProxyInfo(info);
    this.hold(connection);
    if (this.closed) this.drop(connection);
    else if (!this.#waiters.resolveFirst(connection)) this.#ready.push(connection);
  }

  /**
   * A peer that does not send its header delays no others: another connection is accepted in its
   * place, up to a limit.
   *
   * @internal
   */
  protected override replaceDemand(): void {
    if (this.awaitedHeaders < MOST_AWAITED) this.setDemand(this.#waiters.size);
  }

  /** @internal */
  protected override onStop(reason: StopReason): void {
    // After retire(), connections accepted ahead are still delivered.
    if (reason.kind !== "retired") for (const connection of this.#ready.splice(0)) this.drop(connection);
    if ("error" in reason) {
      this.#failure = reason.error;
      this.#waiters.rejectAll(this.#failure);
    } else {
      this.#waiters.resolveAll(null);
    }
  }

  /** The next connection; null after `close()`. */
  async #next(options?: WaitOptions): Promise<Connection | null> {
    if (options?.signal?.aborted) throw options.signal.reason;
    const ready = this.#ready.shift();
    if (ready !== undefined) return ready;
    if (this.closed) {
      if (this.#failure !== undefined) throw this.#failure;
      return null;
    }
    const waiting = this.#waiters.wait(this.engine.system.clock, options);
    this.#raiseDemand();
    try {
      return await waiting;
    } catch (error) {
      this.#lowerDemand();
      throw error;
    }
  }

  /**
   * A program that comes back for more gets a growing number ahead, up to a few, so that one turn
   * of the event loop delivers more than one connection. The rest stay in the system's queue, where
   * they can be seen.
   */
  #raiseDemand() {
    this.setDemand(this.#waiters.size + this.#ahead);
    this.#ahead = Math.min(MOST_AHEAD, this.#ahead === 0 ? 1 : this.#ahead * 2);
  }

  /**
   * A waiter has left, so connections now stay in the queue, or go to another process that has the
   * sockets.
   */
  #lowerDemand() {
    if (this.closed) return;
    this.#ahead = 0;
    this.limitDemand(this.#waiters.size);
  }
}
