import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type net from "node:net";
import type { Address } from "../address/address.ts";
import { machineClock } from "../clock/clock.ts";
import { engine } from "../engine/choice.ts";
import { argumentType, checkObject, invalidState, kind } from "../errors/argument.ts";
import { milliseconds } from "../net/abort.ts";
import { openListeningSockets } from "../net/listener/listening-sockets.ts";
import { checkListenOptions, type ListenOptions } from "../net/options/listen-options.ts";
import { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { getsockname } from "../posix/getsockname.ts";
import { host } from "../system/host.ts";
import type { ListenHandle } from "./net/listen-handle.ts";
import type { ListeningServer } from "./net/server.ts";

/** What `closeGracefully()` takes. */
export interface GracefulCloseOptions {
  /**
   * How many milliseconds the connections may take to end; those that have not by then are closed.
   * Left out, they are waited for without a limit.
   */
  readonly timeout?: number | undefined;
}

/**
 * Has a server of Node's (`net`, `http`, `https`, `http2` or `tls`) listen as our `listen()` does,
 * with its options. To the server it is as if its own `listen()` had been called: `listening`,
 * `address()`, `close()`, `getConnections()` and the time limits of http work.
 *
 * @param server one that does not listen yet
 * @param options where and how: see ListenOptions
 * @returns once it listens
 * @throws what `listen(options)` throws
 * @throws Error with code ERR_INVALID_STATE if the server listens already
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { serve } from "berkeley";
 * const server = createServer((request, response) => response.end("hello"));
 * const served = await serve(server, { host: "127.0.0.1", backlog: 4096 });
 * console.log(await (await fetch(`http://127.0.0.1:${served.port}/`)).text()); // hello
 * await served.closeGracefully({ timeout: 5000 });
 * ```
 */
export async function serve<const Values extends readonly unknown[]>(
  server: net.Server,
  options: ListenOptions<Values>,
): Promise<ServedServer> {
  // Loaded here, since other runtimes' node:net has no such insides, and importing berkeley must not
  // fail there.
  const { isServer, listenOnOpened } = await import("./net/server.ts");
  if (!isServer(server)) throw argumentType(`server must be a server of Node's, not ${kind(server)}`);
  const checked = checkListenOptions(options);
  if (server.listening) throw invalidState("the server listens already");
  const chosen = engine(checked.engine);
  const { sockets, path } = await openListeningSockets(checked);
  const [first, ...others] = sockets;
  if (first === undefined) throw invalidState("there is no socket to listen on");
  const addresses = sockets.map(getsockname);
  const [address] = addresses;
  const name = address?.family === "unix" ? String(address.path) : undefined;
  if (name !== undefined) server._pipeName = name;
  const open = new OpenRequests(server);
  const handle = listenOnOpened(server, chosen, {
    sockets: [first, ...others],
    path,
    name,
    key: addresses.map((each) => ("port" in each ? `${each.family}:${each.port}` : each.family)).join(),
  });
  const abort = () => void server.close();
  checked.signal?.addEventListener("abort", abort, { once: true });
  server.once("close", () => checked.signal?.removeEventListener("abort", abort));
  await once(server, "listening");
  return new ServedServer(server, handle, addresses, open);
}

/**
 * A server of Node's that listens on our sockets: `serve()` gives one. It ends with `close()`,
 * `closeGracefully()`, the server's own `close()`, or at the end of an `await using` scope.
 */
export class ServedServer implements AsyncDisposable {
  /** The server that it was given. */
  readonly server: net.Server;
  /** The addresses that it listens on: two for `localhost`, if the machine has both families. */
  readonly addresses: readonly Address[];
  readonly #handle: ListenHandle;
  readonly #open: OpenRequests;

  /** @internal */
  constructor(server: net.Server, handle: ListenHandle, addresses: readonly Address[], open: OpenRequests) {
    this.server = server;
    this.addresses = addresses;
    this.#handle = handle;
    this.#open = open;
  }

  /** The first of the addresses. */
  get address(): Address {
    return this.addresses[0] ?? { family: "unspecified" };
  }

  /** The port of the first address; 0 where that has none, as a unix socket's. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** The sockets that listen, one for each address, for options. They stay the server's. */
  get sockets(): readonly BorrowedSocket[] {
    return this.#handle.loops.map((loop) => new BorrowedSocket(host, loop));
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return !this.server.listening;
  }

  /** Accepts no more connections until `resume()`: they wait in the system's queue. */
  pause(): this {
    for (const loop of this.#handle.loops) loop.pause();
    return this;
  }

  /** Accepts again. */
  resume(): this {
    for (const loop of this.#handle.loops) loop.resume();
    return this;
  }

  /**
   * Listens no more, as the server's own `close()`.
   *
   * @returns a promise that resolves when all connections have ended, too
   */
  async close(): Promise<void> {
    if (this.#open.isClosed) return;
    const closed = once(this.server, "close");
    if (this.server.listening) this.server.close();
    await closed;
  }

  /**
   * Listens no more, and has the connections end: idle ones at once, the others after the answer to
   * the request that they are at, which says `connection: close`. What is not HTTP is waited for.
   *
   * @returns a promise that resolves when all have ended, or were closed after the time-out
   */
  async closeGracefully(options: GracefulCloseOptions = {}): Promise<void> {
    checkObject("options", "{ timeout? }", options);
    const { timeout } = options;
    if (timeout !== undefined) milliseconds("timeout", timeout);
    const closed = this.close();
    this.#open.finish();
    const timer =
      timeout === undefined ? undefined : machineClock.setTimeout(() => this.#open.destroy(), timeout);
    try {
      await closed;
    } finally {
      machineClock.clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The connections of a server, and the answers of HTTP that are under way on them. */
class OpenRequests {
  readonly #sockets = new Map<net.Socket, Set<ServerResponse>>();
  #finishing = false;
  #closed = false;

  constructor(server: net.Server) {
    server.on("connection", (socket: net.Socket) => {
      this.#sockets.set(socket, new Set());
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.prependListener("request", (request: IncomingMessage, response: ServerResponse) =>
      this.#began(request, response),
    );
    server.once("close", () => {
      this.#closed = true;
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Lets no connection of HTTP be used for another request. */
  finish(): void {
    this.#finishing = true;
    for (const responses of this.#sockets.values())
      for (const response of responses) endsConnection(response);
  }

  destroy(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #began({ socket }: IncomingMessage, response: ServerResponse) {
    if (this.#finishing) endsConnection(response);
    // Over TLS it is another socket than the connection's.
    const responses = this.#sockets.get(socket) ?? this.#sockets.get(underTls(socket));
    if (responses === undefined) return;
    responses.add(response);
    response.once("close", () => {
      responses.delete(response);
      if (this.#finishing && responses.size === 0) socket.end();
    });
  }
}

function underTls(socket: net.Socket): net.Socket {
  const parent: unknown = Reflect.get(socket, "_parent");
  return parent instanceof Object && "destroySoon" in parent ? Object(parent) : socket;
}

function endsConnection(response: ServerResponse): void {
  // HTTP/2 has no such header, and ends its session when the server is closed.
  if (response.req.httpVersionMajor === 1 && !response.headersSent) response.setHeader("connection", "close");
}
