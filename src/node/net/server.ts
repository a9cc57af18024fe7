import cluster from "node:cluster";
import diagnostics from "node:diagnostics_channel";
import net, { isIP } from "node:net";
import { nextTick } from "../../clock/next-tick.ts";
import type { Engine } from "../../engine/engine.ts";
import { engineOf } from "../../engine/engines.ts";
import { channels } from "../../net/channels.ts";
import { heldListeners } from "../../net/handoff/held-listeners.ts";
import type { ProxyInfo } from "../../net/proxy-protocol/proxy-info.ts";
import type { CheckedProxyProtocol } from "../../net/proxy-protocol/proxy-protocol-options.ts";
import { reportClient } from "../../net/proxy-protocol/report-client.ts";
import { currentSystem, machineSystem } from "../../system/current.ts";
import {
  announceAccept,
  announceClose,
  announceListen,
  announceRefusal,
  announceRetry,
  announceStop,
} from "./announce.ts";
import { emptyContext, inOwnContext } from "./connecting.ts";
import { asCallOfNode } from "./errors.ts";
import { methodOfNode, NodeServer, type NodeServerMembers, NodeSocket } from "./internals.ts";
import {
  type ListenArguments,
  ListenHandle,
  type ListenOwner,
  type OpenedToListen,
  openToListen,
} from "./listen-handle.ts";
import { EngineSocket } from "./socket.ts";
import { setKeepAlive, setNoDelay } from "./socket-options.ts";

// `listen()` publishes that it was called, and Node publishes the outcome.
const listenEnd = diagnostics.channel("tracing:net.server.listen:asyncEnd");
const listenError = diagnostics.channel("tracing:net.server.listen:error");

const serverSockets = diagnostics.channel("net.server.socket");

/** A Server of Node's whose `_listen2()` listens on our engine. */
export type ListeningServer = net.Server & NodeServerMembers;

const nodeListen = methodOfNode<NodeServerMembers["_listen2"]>(net.Server.prototype, "_listen2");

const nodeEmitClose = methodOfNode<() => void>(net.Server.prototype, "_emitCloseIfDrained");

/**
 * The last step of Node's `listen()`, after arguments are checked and a name is resolved, on our
 * engine instead of libuv. An existing handle, such as one from a cluster's primary process, stays
 * Node's.
 */
export function listenOnEngine(server: ListeningServer, args: ListenArguments): void {
  if (server._handle || isOfCluster(server)) {
    const { address, port, family, backlog, fd, flags } = args;
    nodeListen.call(server, address, port, family, backlog, fd, flags);
    return;
  }
  try {
    const system = currentSystem();
    const isReal = system === machineSystem();
    const held = isReal ? heldListeners()?.take(server, args.address, args.port, args.fd) : undefined;
    const opened = openToListen(system, args, held);
    listenOnOpened(server, engineOf(system), opened);
    if (listenEnd.hasSubscribers) listenEnd.publish({ server });
  } catch (error) {
    const failure = asCallOfNode(error, "listen");
    if (listenError.hasSubscribers) listenError.publish({ server, error: failure });
    nextTick(() => server.emit("error", failure));
  }
}

export function isServer(value: unknown): value is ListeningServer {
  return value instanceof net.Server;
}

/** The settings that serve() adds to those of Node's `listen()`. */
export interface ServeSettings {
  readonly onRetry?: ListenOwner["retried"];
  readonly proxyProtocol?: CheckedProxyProtocol | undefined;
}

/** Makes a Server listen on sockets that already listen. */
export function listenOnOpened(
  server: ListeningServer,
  chosen: Engine,
  opened: OpenedToListen,
  { onRetry, proxyProtocol }: ServeSettings = {},
): ListenHandle {
  const owner: ListenOwner = {
    accepted: (fd, info) => accepted(server, handle, fd, info),
    failed: (error) => server.emit("error", error),
    retried: (error, delay) => {
      announceRetry(server, error, delay);
      onRetry?.(error, delay);
    },
    refused: (error) => announceRefusal(server, error),
    closing: () => {
      closing.set(server, []);
      announceStop(server);
    },
    closed: () => {
      const calls = closing.get(server) ?? [];
      closing.delete(server);
      for (const call of calls) call();
    },
  };
  const handle = new ListenHandle(chosen, opened, owner, proxyProtocol);
  server._handle = handle.native;
  server._connectionKey = opened.key;
  if (server._unref) server.unref();
  announceListen(server);
  nextTick(() => {
    // The server may have been closed meanwhile.
    if (server._handle) server.emit("listening");
  });
  return handle;
}

/**
 * Whether a cluster's primary process accepts with it for its workers, which get libuv handles
 * (RoundRobinHandle in lib/internal/cluster/round_robin_handle.js).
 */
function isOfCluster(server: net.Server): boolean {
  return cluster.isPrimary && server.listeners("connection")[0]?.name === "fail";
}

/**
 * Servers whose descriptor is being closed, and what makes them emit `close` afterwards, in the
 * async context of each call of `close()`, or of the end of the last connection.
 */
const closing = new WeakMap<net.Server, (() => void)[]>();

/** Node's `close()`, but it waits until the descriptor is closed, so that the port is free. */
export function emitCloseIfDrained(server: ListeningServer): void {
  const calls = closing.get(server);
  if (calls === undefined) nodeEmitClose.call(server);
  else if (!server._handle && server._connections === 0)
    calls.push(inOwnContext("TCPWRAP", () => server._emitCloseIfDrained?.()));
}

/** Whether it has reached its limit of connections. On Node 20, 0 means no limit. */
function isFull({ maxConnections, _connections }: ListeningServer): boolean {
  if (maxConnections == null || _connections < maxConnections) return false;
  return maxConnections !== 0 || !process.versions.node.startsWith("20.");
}

function accepted(
  server: ListeningServer,
  handle: ListenHandle,
  fd: number,
  info: ProxyInfo | undefined,
): void {
  if (isFull(server)) {
    server.emit("drop", handle.isUnix ? undefined : handle.ends(fd, info));
    handle.engine.system.close(fd);
    return;
  }
  if (server.blockList !== undefined && (!handle.isUnix || info !== undefined)) {
    const { remoteAddress = "" } = handle.ends(fd, info);
    const family = isIP(remoteAddress);
    if (family !== 0 && server.blockList.check(remoteAddress, family === 4 ? "ipv4" : "ipv6")) {
      handle.engine.system.close(fd);
      return;
    }
  }
  const socket = takesNodeHandle(server, handle) ? nodeSocket(server, fd) : engineSocket(server, handle, fd);
  if (info !== undefined) reportClient(socket, info);
  server._connections++;
  socket.server = server;
  socket._server = server;
  announceAccept(server, socket);
  server.emit("connection", socket);
  if (serverSockets.hasSubscribers) serverSockets.publish({ socket });
}

/**
 * Whether a server's connections need a libuv handle: the protocols of `tls`, `https` and `http2`
 * run in Node's C++ code, and are slower over any other Duplex, without the peer's address. With
 * `pauseOnConnect` the program passes them on, to child processes or as their output.
 */
function takesNodeHandle(server: ListeningServer, { engine }: ListenHandle): boolean {
  if (!engine.system.capabilities.serversTakeDescriptors) return false;
  return "setSecureContext" in server || "updateSettings" in server || server.pauseOnConnect;
}

function socketOptions(server: ListeningServer) {
  const { highWaterMark } = server;
  return {
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readable: true,
    writable: true,
    ...(highWaterMark !== undefined && {
      readableHighWaterMark: highWaterMark,
      writableHighWaterMark: highWaterMark,
    }),
  };
}

function nodeSocket(server: ListeningServer, fd: number) {
  const socket = new NodeSocket({ ...socketOptions(server), fd });
  if (server.noDelay) socket.setNoDelay(true);
  if (server.keepAlive) socket.setKeepAlive(true, server.keepAliveInitialDelay * 1000);
  if (channels.close.hasSubscribers) socket.once("close", () => announceClose(socket, socket.errored));
  return socket;
}

function engineSocket(server: ListeningServer, handle: ListenHandle, fd: number): EngineSocket {
  const socket = new EngineSocket(socketOptions(server));
  const connection = socket._accepted(handle.engine, fd, emptyContext(), handle);
  if (server.noDelay) setNoDelay(connection.socket, true);
  if (server.keepAlive) setKeepAlive(connection.socket, true, server.keepAliveInitialDelay);
  if (server.pauseOnConnect) Reflect.set(socket, "readableFlowing", false);
  else socket._startReading();
  return socket;
}

/** A net.Server that listens on our engine. */
export class EngineServer extends NodeServer {
  override _listen2(
    address: string | null,
    port: number | null,
    family: number | null,
    backlog: number,
    fd?: number,
    flags?: number,
  ): void {
    listenOnEngine(this, { address, port, family, backlog, fd, flags });
  }

  override _emitCloseIfDrained(): void {
    emitCloseIfDrained(this);
  }
}
