import type net from "node:net";
import type { Address } from "../address/address.ts";
import { checkObject } from "../errors/argument.ts";
import { milliseconds } from "../net/abort.ts";
import { type Backlog, backlogOf, queueOf } from "../net/listener/accept-queues.ts";
import { type CloseOptions, checkCloseOptions } from "../net/listener/close-options.ts";
import type { ListenStatistics } from "../net/listener/listener-base.ts";
import { TransferableListener } from "../net/listener/transferable-listener.ts";
import type { AcceptQueue } from "../posix/accept-queue.ts";
import { BorrowedSocket } from "../posix/borrowed-socket.ts";
import type { FileNumber } from "../system/services.ts";
import type { ListenHandle } from "./net/listen-handle.ts";
import type { ServedConnections } from "./served-connections.ts";

/** Options of `closeGracefully()`. */
export interface GracefulCloseOptions {
  /**
   * How many milliseconds to wait for the connections to end; then the rest are destroyed. Waits
   * forever by default.
   */
  readonly timeout?: number | undefined;
}

/**
 * A Node server that listens on our sockets: `serve()` returns one. It has the members of Server,
 * and is closed by `close()`, `closeGracefully()`, the server's own `close()`, its signal, or at
 * the end of an `await using` scope.
 */
export class ServedServer extends TransferableListener implements AsyncDisposable {
  /** The server passed to `serve()`. */
  readonly server: net.Server;
  /** The addresses it listens on: two for `localhost`, if the host has both families. */
  readonly addresses: readonly Address[];
  readonly #handle: ListenHandle;
  readonly #requestedBacklog: number | undefined;
  readonly #connections: ServedConnections;
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(
    server: net.Server,
    handle: ListenHandle,
    addresses: readonly Address[],
    backlog: number | undefined,
    connections: ServedConnections,
  ) {
    super();
    this.server = server;
    this.addresses = addresses;
    this.#handle = handle;
    this.#requestedBacklog = backlog;
    this.#connections = connections;
  }

  /** The first address. */
  get address(): Address {
    return this.addresses[0] ?? { family: "unspecified" };
  }

  /** The port of the first address; 0 if it has none, such as that of a unix socket. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** The listening sockets, one for each address, for options. The server still owns them. */
  override get sockets(): readonly BorrowedSocket[] {
    return this.#handle.loops.map((loop) => new BorrowedSocket(this.#handle.engine.system, loop));
  }

  /** The requested backlog, and the one in effect. */
  get backlog(): Backlog {
    return backlogOf(this.sockets, this.#requestedBacklog);
  }

  /**
   * How many connections the accept queues hold now, and how many they can; undefined if the system
   * does not say, or the server is closed.
   */
  get queue(): AcceptQueue | undefined {
    return queueOf(this.sockets);
  }

  /** Counts of connections since the start. */
  get stats(): ListenStatistics {
    return this.#handle.stats;
  }

  /** How many accepted connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Whether it has stopped listening. */
  override get closed(): boolean {
    return this.#handle.loops.every(({ fd }) => fd < 0);
  }

  /** Stops accepting until `resume()`: connections wait in the system's queue. None is lost. */
  pause(): this {
    for (const loop of this.#handle.loops) loop.pause();
    return this;
  }

  /** Starts accepting again. */
  resume(): this {
    for (const loop of this.#handle.loops) loop.resume();
    return this;
  }

  /** Keeps the process running while it listens, as it does by default. */
  ref(): this {
    if (!this.closed) this.server.ref();
    return this;
  }

  /** Lets the process exit while it listens. */
  unref(): this {
    if (!this.closed) this.server.unref();
    return this;
  }

  /**
   * Stops listening, like the server's own `close()`, which ends idle HTTP connections.
   *
   * @returns a promise that resolves when the sockets are closed and, with `drain`, all connections
   * have ended
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const drain = checkCloseOptions(options);
    if (!this.closed) this.server.close();
    await this.#handle.whenClosed;
    if (drain !== undefined) await this.#connections.ended(drain);
  }

  /**
   * Stops listening, and ends HTTP connections without losing a request. Connections in the
   * system's queue are still accepted; each response that has not started says `connection: close`;
   * HTTP/2 sessions get a GOAWAY; idle connections are closed when no request has come for a
   * moment. Connections of other protocols, such as WebSocket, are waited for.
   *
   * @returns a promise that resolves, once all have ended, to the number of connections that the
   * timeout destroyed
   * @example
   * ```ts
   * import { createServer } from "node:http";
   * import { serve } from "berkeley";
   * const served = await serve(createServer(() => {}), { host: "127.0.0.1" });
   * const request = fetch(`http://127.0.0.1:${served.port}/`).catch(() => {}); // it fails
   * await new Promise((resolve) => served.server.once("request", resolve));
   * console.log(await served.closeGracefully({ timeout: 10 })); // 1
   * await request;
   * ```
   */
  async closeGracefully(options: GracefulCloseOptions = {}): Promise<number> {
    checkObject("options", "{ timeout? }", options);
    const { timeout = Number.POSITIVE_INFINITY } = options;
    milliseconds("timeout", timeout);
    const { clock } = this.#handle.engine.system;
    const begun = clock.now();
    this.#stopping ??= this.#stop(() => this.#handle.acceptRest());
    await this.#stopped(timeout);
    const left = Math.max(0, timeout - (clock.now() - begun));
    return this.#connections.ended(left);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether close() removes the path. @internal */
  override get ownsPath(): boolean {
    return this.#handle.ownsPath;
  }

  /** The file at that path when it was created. @internal */
  override get pathFile(): FileNumber | undefined {
    return this.#handle.pathFile;
  }

  /** Its connections end as in `closeGracefully()`. @internal */
  override async retire(drain: number | undefined): Promise<void> {
    this.#stopping ??= this.#stop(() => this.#handle.retire());
    await this.#stopped(drain ?? Number.POSITIVE_INFINITY);
    if (drain !== undefined) await this.#connections.ended(drain);
  }

  /** Waits until it has stopped; closes connections whose PROXY header is late. */
  async #stopped(timeout: number): Promise<void> {
    const { clock } = this.#handle.engine.system;
    const isLate =
      timeout === Number.POSITIVE_INFINITY
        ? undefined
        : clock.setTimeout(() => this.#handle.abandonHeaders(), timeout);
    try {
      await this.#stopping;
    } finally {
      clock.clearTimeout(isLate);
    }
  }

  /** @param stopAccepting what happens to the connections that wait in the queue */
  async #stop(stopAccepting: () => Promise<void>) {
    this.#connections.finish();
    await stopAccepting();
    if (!this.closed) closeOnly(this.server);
    this.#connections.closeIdle();
    await this.#handle.whenClosed;
  }
}

/**
 * net's `close()` rather than http's, which destroys idle connections immediately, although a
 * request may be in flight.
 */
function closeOnly(server: net.Server): void {
  const own = Object.getOwnPropertyDescriptor(server, "closeIdleConnections");
  Object.defineProperty(server, "closeIdleConnections", { value: () => {}, configurable: true });
  try {
    server.close();
  } finally {
    Reflect.deleteProperty(server, "closeIdleConnections");
    if (own !== undefined) Object.defineProperty(server, "closeIdleConnections", own);
  }
}
