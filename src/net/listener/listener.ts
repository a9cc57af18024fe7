import type { Engine } from "../../engine/engine.ts";
import { checkWait, type WaitOptions } from "../abort.ts";
import { Connection } from "../connection/connection.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import { Waiters } from "../waiters.ts";
import { Listening } from "./listener-base.ts";
import { acceptingClosed, ListeningCore, type Taker } from "./listening-core.ts";
import type { ListeningSockets } from "./listening-sockets.ts";

/** How many connections are accepted ahead of a program that asks for them steadily. */
const MOST_AHEAD = 16;

/** Connections on their way from the sockets to a program that asks for them. */
class Pulling implements Taker {
  readonly core: ListeningCore;
  readonly #waiters = new Waiters<Connection | null>("accept()");
  /** Accepted ahead. */
  readonly #ready: Connection[] = [];
  #ahead = 0;
  #ended = false;
  #reason: unknown;

  constructor(engine: Engine, opened: ListeningSockets, options: CheckedListenOptions) {
    this.core = new ListeningCore(engine, opened, options, this);
  }

  taken(fd: number): void {
    const stream = new Connection(this.core.engine, fd, this.core);
    this.core.hold(stream);
    if (this.#ended) this.core.drop(stream);
    else if (!this.#waiters.resolveFirst(stream)) this.#ready.push(stream);
  }

  over(reason: unknown): void {
    this.#ended = true;
    this.#reason = reason;
    for (const stream of this.#ready.splice(0)) this.core.drop(stream);
    if (reason === undefined) this.#waiters.resolveAll(null);
    else this.#waiters.rejectAll(reason);
  }

  /** What was accepted ahead is still given. */
  left(): void {
    this.#ended = true;
    this.#waiters.resolveAll(null);
  }

  /** Those who wait have been told. */
  failed(): void {}

  /** The next connection; null once `close()` was called. */
  async next(options?: WaitOptions): Promise<Connection | null> {
    if (options?.signal?.aborted) throw options.signal.reason;
    const ready = this.#ready.shift();
    if (ready !== undefined) return ready;
    if (this.#ended) {
      if (this.#reason !== undefined) throw this.#reason;
      return null;
    }
    const waiting = this.#waiters.wait(options);
    this.#setDemand();
    try {
      return await waiting;
    } catch (error) {
      this.askedNoMore();
      throw error;
    }
  }

  /**
   * A program that comes again for more gets as many ahead, up to a few, so that one turn of the
   * event loop brings more than one connection; what waits beyond that stays in the system's queue,
   * where it can be seen.
   */
  #setDemand() {
    this.core.setDemand(this.#waiters.size + this.#ahead);
    this.#ahead = Math.min(MOST_AHEAD, this.#ahead === 0 ? 1 : this.#ahead * 2);
  }

  /**
   * Somebody asks no more: what comes from now on stays in the queue, or goes to another process
   * that has the sockets.
   */
  askedNoMore(): void {
    if (this.#ended) return;
    this.#ahead = 0;
    this.core.limitDemand(this.#waiters.size);
  }
}

/**
 * Sockets that listen, and whose connections the program asks for: `listen(options)` gives one.
 *
 * Connections are taken from the system only as fast as they are asked for, and a few ahead of a
 * program that asks steadily (16 at most), so the backlog keeps its meaning, and overload shows in
 * `queue`. Where descriptors or memory run out, accepting is tried again after 5 milliseconds, and
 * then ever later up to a second, or as soon as a connection of the listener has ended.
 *
 * It ends with `close()`, at the end of an `await using` scope, or by its signal.
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
export class Listener extends Listening implements AsyncIterable<Connection> {
  readonly #pulling: Pulling;

  private constructor(pulling: Pulling) {
    super(pulling.core);
    this.#pulling = pulling;
  }

  /** @internal */
  static serve(engine: Engine, opened: ListeningSockets, options: CheckedListenOptions): Listener {
    return new Listener(new Pulling(engine, opened, options));
  }

  /**
   * Waits for a connection.
   *
   * @param options `signal` and `timeout`: who gives up loses no connection
   * @throws AcceptError named `SocketClosed` once `close()` was called; or another, if the sockets
   * listen no more
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  async accept(options?: WaitOptions): Promise<Connection> {
    checkWait(options);
    const stream = await this.#pulling.next(options);
    if (stream === null) throw acceptingClosed();
    return stream;
  }

  /** The connections, until `close()` is called. Leaving the loop leaves the listener open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void, void> {
    try {
      for (;;) {
        const stream = await this.#pulling.next();
        if (stream === null) return;
        yield stream;
      }
    } finally {
      this.#pulling.askedNoMore();
    }
  }
}
