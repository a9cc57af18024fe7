// Tracks the connections of a server under serve(), and ends them for closeGracefully().
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Session } from "node:http2";
import type net from "node:net";
import type { Clock } from "../clock/clock.ts";
import { coded } from "./net/errors.ts";

/**
 * How long a connection must have been idle to be closed, in milliseconds: a client that has just
 * read a response may be sending its next request. nginx has keepalive_min_timeout for that.
 */
const QUIET = 100;

/** A GOAWAY that allows every stream so far (RFC 9113, 6.8). */
const ANY_STREAM = 2 ** 31 - 1;

/** The state of Node's HTTP parser that matters here. */
interface Parser {
  readonly socket: HttpSocket | null;
}

type HttpSocket = net.Socket & { readonly _httpMessage?: ServerResponse | null };

interface TimeLimits {
  readonly headersTimeout?: number;
  readonly requestTimeout?: number;
}

/** Node's list of the connections of an HTTP server. */
interface ConnectionsList {
  all(): readonly Parser[];
  idle(): readonly Parser[];
  /** Those whose request takes longer than the server allows. */
  expired(headersTimeout: number, requestTimeout: number): readonly Parser[];
}

/** The connections of a server. */
export class ServedConnections {
  readonly #clock: Clock;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #sessions = new Set<Http2Session>();
  /** The latest response on each HTTP/1 connection. */
  readonly #answers = new WeakMap<net.Socket, ServerResponse>();
  /** The bytes received by each connection that was idle at the last check. */
  #idle = new Map<net.Socket, number>();
  /** The sessions seen by the last check. */
  readonly #told = new WeakSet<Http2Session>();
  #looked = false;
  #state: "open" | "finishing" | "closed" = "open";
  #whenEnded: (() => void)[] = [];

  constructor(server: net.Server, clock: Clock) {
    this.#clock = clock;
    this.#server = server;
    server.on("connection", this.#onConnection);
    server.on("session", this.#onSession);
    // A `request` listener would switch an HTTP/2 server to the compatibility API.
    if (!("updateSettings" in server)) server.prependListener("request", this.#onRequest);
    server.once("close", this.#onClose);
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Ends HTTP connections after the requests already in flight. */
  finish(): void {
    this.#state = "finishing";
    for (const { socket } of this.#parsers?.all() ?? []) if (socket !== null) this.#announce(socket);
    for (const session of this.#sessions) goAway(session);
  }

  /** Closes HTTP connections as they become idle. */
  closeIdle(): void {
    this.#clock.setImmediate(() => this.#look());
  }

  /** Resolves with the number of connections destroyed because they did not end in time. */
  async ended(milliseconds: number): Promise<number> {
    if (this.#state === "closed") return 0;
    let destroyed = 0;
    const end = () => {
      destroyed = this.#sockets.size;
      for (const socket of this.#sockets) socket.destroy();
    };
    const ended = new Promise<void>((resolve) => this.#whenEnded.push(resolve));
    const timer =
      milliseconds === Number.POSITIVE_INFINITY ? undefined : this.#clock.setTimeout(end, milliseconds);
    await ended;
    this.#clock.clearTimeout(timer);
    return destroyed;
  }

  /** Stops tracking the server. */
  forget(): void {
    const server = this.#server;
    server.off("connection", this.#onConnection);
    server.off("session", this.#onSession);
    server.off("request", this.#onRequest);
    server.off("close", this.#onClose);
  }

  readonly #onConnection = (socket: net.Socket) => {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  };

  readonly #onSession = (session: Http2Session) => {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    if (this.#state === "finishing") goAway(session);
  };

  readonly #onRequest = ({ socket }: IncomingMessage, response: ServerResponse) => {
    this.#answers.set(socket, response);
    if (this.#state === "finishing") this.#announce(socket);
  };

  readonly #onClose = () => {
    this.#state = "closed";
    // The last connection emits its `close` after the server's.
    this.#sockets.clear();
    this.forget();
    for (const resolve of this.#whenEnded) resolve();
    this.#whenEnded = [];
  };

  /** Marks the last response on a connection with `connection: close`. */
  #announce(socket: HttpSocket) {
    const response = this.#answers.get(socket) ?? socket._httpMessage;
    // Answers to pipelined requests are queued; only the newest may close the connection.
    if (response && !response.headersSent && !response.writableEnded)
      response.setHeader("connection", "close");
  }

  /**
   * Closes connections that have been idle since the last check. A check runs in the turn after its
   * timer fired, so data that had arrived has been read.
   */
  #look() {
    if (this.#state === "closed") return;
    // Deno has no such list.
    if (this.#parsers === undefined && this.#looked) closeIdleConnections(this.#server);
    this.#looked = true;
    this.#timeOut();
    const idleNow = new Map<net.Socket, number>();
    const idle = new Set(this.#parsers?.idle());
    for (const parser of this.#parsers?.all() ?? []) {
      const { socket } = parser;
      if (socket === null || socket.destroyed || socket._httpMessage) continue;
      // For Node, a connection that has sent nothing yet is waiting for its first request.
      if (!idle.has(parser) && socket.bytesRead > 0) continue;
      if (this.#idle.get(socket) === socket.bytesRead) socket.destroy();
      else idleNow.set(socket, socket.bytesRead);
    }
    this.#idle = idleNow;
    // Streams that were in flight at GOAWAY have started by the second check.
    for (const session of this.#sessions) {
      if (this.#told.has(session)) session.close();
      else this.#told.add(session);
    }
    this.#clock.setTimeout(() => {
      this.#clock.setImmediate(() => this.#clock.setImmediate(() => this.#look()));
    }, QUIET);
  }

  /**
   * Ends requests that take too long, which Node looks for only until its server is closed. Its
   * error listener responds with 408.
   */
  #timeOut() {
    const server: net.Server & TimeLimits = this.#server;
    const { headersTimeout = 0, requestTimeout = 0 } = server;
    for (const { socket } of this.#parsers?.expired(headersTimeout, requestTimeout) ?? [])
      socket?.emit("error", coded("ERR_HTTP_REQUEST_TIMEOUT", "Request timeout"));
  }

  get #parsers(): ConnectionsList | undefined {
    const symbol = Object.getOwnPropertySymbols(this.#server).find(
      ({ description }) => description === "http.server.connections",
    );
    const list: unknown = symbol && Reflect.get(this.#server, symbol);
    return isList(list) ? list : undefined;
  }
}

function isList(value: unknown): value is ConnectionsList {
  return (
    typeof value === "object" && value !== null && "all" in value && "idle" in value && "expired" in value
  );
}

function goAway(session: Http2Session): void {
  if (!session.destroyed && !session.closed) session.goaway(0, ANY_STREAM);
}

function closeIdleConnections(server: net.Server & { closeIdleConnections?(): void }): void {
  server.closeIdleConnections?.();
}
