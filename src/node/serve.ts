import type net from "node:net";
import type { Engine } from "../engine/engine.ts";
import { engineOf } from "../engine/engines.ts";
import { argumentType, kind } from "../errors/argument.ts";
import { throwIfAborted } from "../net/abort.ts";
import { type ListeningSockets, openListeningSockets } from "../net/listener/listening-sockets.ts";
import {
  type CheckedListenOptions,
  checkListenOptions,
  type ListenOptions,
} from "../net/options/listen-options.ts";
import { tryClose } from "../posix/close.ts";
import { getsockname } from "../posix/getsockname.ts";
import { checkNetPermission } from "../posix/net-permission.ts";
import { currentSystem } from "../system/current.ts";
import { coded } from "./net/errors.ts";
import { nodeNetIsNodes, notNode } from "./net/internals.ts";
import type { OpenedToListen } from "./net/listen-handle.ts";
import type { ListeningServer } from "./net/server.ts";
import { ServedConnections } from "./served-connections.ts";
import { ServedServer } from "./served-server.ts";

/**
 * Makes a Node server (`net`, `http`, `https`, `http2` or `tls`) listen through our `listen()`,
 * with its options. The server behaves as if its own `listen()` had been called: `listening`,
 * `address()`, `close()`, `getConnections()` and the time limits of http work. With
 * `proxyProtocol`, a socket's `remoteAddress` is the client's, and so is Express's `req.ip`.
 *
 * Connections of `net` and `http` are Sockets of `berkeley/net`. Those of `tls`, `https` and
 * `http2` are Node's own, made from the accepted descriptor. On Bun, whose node:net is built
 * differently, it throws ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
 *
 * @param server a server that is not listening yet
 * @param options where and how to listen: see ListenOptions
 * @returns a promise that resolves once the server listens
 * @throws the errors of `listen(options)`, and the signal's `reason`
 * @throws Error with code ERR_SERVER_ALREADY_LISTEN if the server is already listening. The server
 * emits it as `error` if its own `listen()` was called before, and was still looking up a name
 * @throws TypeError with code ERR_INVALID_ARG_TYPE if it is not a server
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
  // Loaded here, because importing berkeley must not fail where node:net is built differently.
  if (!nodeNetIsNodes) throw notNode("serve()");
  const { isServer, listenOnOpened } = await import("./net/server.ts");
  if (!isServer(server)) throw argumentType(`server must be a server of Node's, not ${kind(server)}`);
  const checked = checkListenOptions(options);
  checkNetPermission(options);
  checkIdle(server);
  const system = currentSystem();
  const chosen = engineOf(system, checked.engine, checked.busyPoll);
  const opened = await openListeningSockets(system, checked);
  const connections = new ServedConnections(server, system.clock);
  try {
    throwIfAborted(checked.signal);
    // It may have been told to listen while a name was looked up.
    checkIdle(server);
    const handle = start(server, chosen, opened, checked, listenOnOpened);
    refuseLateListen(server);
    await listening(server, checked.signal);
    return new ServedServer(server, handle.handle, handle.addresses, opened.backlog, connections);
  } catch (error) {
    connections.forget();
    for (const socket of opened.sockets) if (!socket.closed) tryClose(socket);
    if (opened.sockets.every(({ closed }) => closed)) opened.path?.remove();
    throw error;
  }
}

function checkIdle(server: ListeningServer): void {
  if (server._handle)
    throw coded(
      "ERR_SERVER_ALREADY_LISTEN",
      "the server is already listening: close it first, or serve() it instead of calling its listen()",
    );
}

/**
 * A `listen()` of the server's own, called before serve(), may still be looking up a name: Node
 * keeps no sign of it. It would listen on the same handle, and accept half of the connections.
 */
function refuseLateListen(server: ListeningServer): void {
  const listen = () => {
    const error = coded(
      "ERR_SERVER_ALREADY_LISTEN",
      "listen() was called before serve(), and has now found the address of its host: serve() listens " +
        "already, so leave the call of listen() out",
    );
    server.emit("error", error);
  };
  Object.defineProperty(server, "_listen2", { value: listen, configurable: true, writable: true });
  server.once("close", () => Reflect.deleteProperty(server, "_listen2"));
}

function start(
  server: ListeningServer,
  chosen: Engine,
  { sockets, path }: ListeningSockets,
  { onRetry, proxyProtocol }: CheckedListenOptions,
  listenOnOpened: typeof import("./net/server.ts").listenOnOpened,
) {
  const addresses = sockets.map(getsockname);
  const [first, ...others] = sockets;
  if (first === undefined) throw argumentType("there is no socket to listen on");
  const [address] = addresses;
  const name = address?.family === "unix" ? String(address.path) : undefined;
  const key = addresses.map((each) => ("port" in each ? `${each.family}:${each.port}` : each.family)).join();
  const toListen: OpenedToListen = { sockets: [first, ...others], path, name, key };
  const handle = listenOnOpened(server, chosen, toListen, { onRetry, proxyProtocol });
  if (name !== undefined) server._pipeName = name;
  return { handle, addresses };
}

/** Resolves when the server emits `listening`, and closes it when the signal is aborted. */
function listening(server: net.Server, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => server.close();
    const onListening = () => {
      server.off("close", onClose);
      server.once("close", () => signal?.removeEventListener("abort", abort));
      resolve();
    };
    function onClose() {
      server.off("listening", onListening);
      signal?.removeEventListener("abort", abort);
      reject(signal?.aborted ? signal.reason : coded("ERR_SERVER_NOT_RUNNING", "the server was closed"));
    }
    server.once("listening", onListening);
    server.once("close", onClose);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
