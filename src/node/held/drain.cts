// Ends the servers of a worker without losing a request, for programs that know nothing of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Session } from "node:http2";

const net: typeof import("node:net") = require("node:net");

type Server = import("node:net").Server;
type Socket = import("node:net").Socket;

/** The state of Node's HTTP parser that matters here. */
interface Parser {
  readonly socket: (Socket & { readonly _httpMessage?: ServerResponse | null }) | null;
}

/** Node's list of the connections of an HTTP server. */
interface ConnectionsList {
  all(): readonly Parser[];
}

/** A GOAWAY that allows every stream so far (RFC 9113, 6.8). */
const ANY_STREAM = 2 ** 31 - 1;

/** The servers that listen on a held socket. */
const servers = new Set<Server>();
const sessions = new Set<Http2Session>();
let isDraining = false;

/** Notes a server that is about to listen on a held socket. */
function drainLater(server: Server): void {
  if (servers.has(server)) return;
  servers.add(server);
  server.once("close", () => servers.delete(server));
  if (!isHttp2(server)) return;
  server.on("session", (session: Http2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    if (isDraining) goAway(session);
  });
}

/**
 * Stops accepting, and lets connections end by themselves. Responses that have not started say
 * `connection: close`. Idle connections end after the `keepAliveTimeout` that the server announced:
 * closing one earlier could cut off a request on its way.
 *
 * @param done called once no connection is left
 */
function drain(done: () => void): void {
  isDraining = true;
  let left = servers.size;
  if (left === 0) done();
  for (const server of servers) {
    server.once("close", () => {
      left -= 1;
      if (left === 0) done();
    });
    if (!isHttp2(server)) finishRequests(server);
    // net's close(), because http's ends idle connections immediately.
    net.Server.prototype.close.call(server);
  }
  for (const session of sessions) goAway(session);
}

function finishRequests(server: Server): void {
  for (const { socket } of connectionsOf(server)?.all() ?? []) {
    const answer = socket?._httpMessage;
    if (answer && !answer.headersSent) answer.shouldKeepAlive = false;
  }
  server.prependListener("request", (_request: IncomingMessage, answer: ServerResponse) => {
    answer.shouldKeepAlive = false;
  });
}

function goAway(session: Http2Session): void {
  if (session.destroyed || session.closed) return;
  session.goaway(0, ANY_STREAM);
  // The pong follows every stream that the client opened before it received the GOAWAY.
  session.ping(() => session.close());
}

const isHttp2 = (server: object): boolean => "updateSettings" in server;

function connectionsOf(server: object): ConnectionsList | undefined {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === "http.server.connections",
  );
  const list: unknown = symbol && Reflect.get(server, symbol);
  return isList(list) ? list : undefined;
}

const isList = (value: unknown): value is ConnectionsList =>
  typeof value === "object" && value !== null && "all" in value;

export interface Drain {
  readonly drain: typeof drain;
  readonly drainLater: typeof drainLater;
}
const exported: Drain = { drain, drainLater };
module.exports = exported;
