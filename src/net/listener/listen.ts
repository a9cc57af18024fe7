import type { Engine } from "../../engine/engine.ts";
import { engineOf } from "../../engine/engines.ts";
import { tryClose } from "../../posix/close.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import { currentSystem } from "../../system/current.ts";
import { throwIfAborted } from "../abort.ts";
import { channels } from "../channels.ts";
import { type ConnectionHandlers, checkHandlers } from "../connection/handlers.ts";
import {
  type CheckedListenOptions,
  checkListenOptions,
  type ListenOptions,
} from "../options/listen-options.ts";
import { Listener } from "./listener.ts";
import { type ListeningSockets, openListeningSockets } from "./listening-sockets.ts";
import { Server } from "./server.ts";

/**
 * Starts listening. Take connections from the returned Listener with `accept()` or `for await`.
 *
 * @param options where and how to listen: see ListenOptions
 * @throws SocketCallError, SetsockoptError, BindError or ListenError of the call that failed; if a
 * unix path is in use, the message says what uses it
 * @throws Error of node:dns if a host cannot be found
 * @throws TypeError or RangeError if an option is malformed, before any call
 * @throws Error if the requested engine is unavailable here
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * await using listener = await listen({ host: "127.0.0.1", backlog: 64 });
 * const client = await connect({ address: listener.address });
 * const connection = await listener.accept();
 * await connection.end("hello");
 * console.log(String(Buffer.from((await client.read()) ?? []))); // hello
 * await Promise.all([client.close(), connection.close()]);
 * ```
 * @see [listen](https://pubs.opengroup.org/onlinepubs/9699919799/functions/listen.html)
 */
export async function listen<const Values extends readonly unknown[]>(
  options: ListenOptions<Values>,
): Promise<Listener>;
/**
 * Starts listening, and calls handlers for the connections. No promise is allocated per event, and
 * echoed data is not copied.
 *
 * @param options where and how to listen: see ListenOptions
 * @param handlers see ConnectionHandlers
 * @throws the errors of `listen(options)`
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * const server = await listen({ host: "127.0.0.1" }, {
 *   data: (connection, bytes) => connection.write(bytes),
 * });
 * const client = await connect({ address: server.address });
 * await client.end("echo");
 * for await (const bytes of client) console.log(`${Buffer.from(bytes)}`); // echo
 * await server.close();
 * ```
 */
export async function listen<State, const Values extends readonly unknown[]>(
  options: ListenOptions<Values>,
  handlers: ConnectionHandlers<State>,
): Promise<Server>;
export async function listen<State>(
  options: ListenOptions,
  handlers?: ConnectionHandlers<State>,
): Promise<Listener | Server> {
  const checked = checkListenOptions(options);
  checkNetPermission(options);
  if (handlers !== undefined) checkHandlers(handlers);
  const system = currentSystem();
  const engine = engineOf(system, checked.engine, checked.busyPoll);
  const listener = serve(engine, await openListeningSockets(system, checked), checked, handlers);
  if (channels.listen.hasSubscribers) channels.listen.publish({ listener });
  return listener;
}

/** Closes the sockets if they cannot be served. */
function serve<State>(
  engine: Engine,
  opened: ListeningSockets,
  options: CheckedListenOptions,
  handlers: ConnectionHandlers<State> | undefined,
): Listener | Server {
  try {
    throwIfAborted(options.signal);
    return handlers === undefined
      ? new Listener(engine, opened, options)
      : new Server(engine, opened, options, handlers);
  } catch (error) {
    for (const socket of opened.sockets) tryClose(socket);
    opened.path?.remove();
    throw error;
  }
}
