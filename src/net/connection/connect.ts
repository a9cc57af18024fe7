import type { Engine } from "../../engine/engine.ts";
import { engineOf } from "../../engine/engines.ts";
import { tryClose } from "../../posix/close.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { currentSystem } from "../../system/current.ts";
import { throwIfAborted, type WaitOptions } from "../abort.ts";
import { channels } from "../channels.ts";
import { connectToFirst } from "../happy-eyeballs.ts";
import { adopted, setOptionValues } from "../open.ts";
import {
  type CheckedConnectOptions,
  type ConnectEndpoint,
  type ConnectOptions,
  checkConnectOptions,
} from "../options/connect-options.ts";
import type { AnyOptionValues } from "../options/listen-options.ts";
import { addressesToTry, isName } from "../resolve.ts";
import { Connection } from "./connection.ts";
import type { ConnectionBase } from "./connection-base.ts";
import { HandledConnection } from "./handled-connection.ts";
import { type ConnectionHandlers, checkHandlers } from "./handlers.ts";

/**
 * Opens a connection, or takes over a connected socket: `connect({ socket })`.
 *
 * Looks up a name, and tries its addresses in the order of RFC 8305 ("happy eyeballs"): IPv6 and
 * IPv4 alternate, and the next attempt starts when the last one fails or after 250 milliseconds.
 * The first to connect wins. If the queue of a unix listener is full, it retries until there is
 * room.
 *
 * @param options where and how to connect: see ConnectOptions; `signal` and `timeout` end the
 * attempt. A `socket` that cannot be taken over is closed, but errors about the arguments leave it
 * open
 * @returns a Connection, which the program closes
 * @throws ConnectError for an address or path, or the error of socket(), setsockopt() or bind() to
 * the local address
 * @throws AggregateError for a name: `errors` has one for each address, and `code` is the first
 * one's, as in node:net
 * @throws Error of node:dns if a host cannot be found
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @throws TypeError or RangeError if an option is malformed, before any call; TypeError if `socket`
 * listens, or is not of type SOCK.STREAM
 * @throws GetpeernameError named `SocketNotConnected`, with `socket` left open
 * @throws Error with code ERR_INVALID_STATE if a `socket` given as a number belongs to another
 * object of this thread
 * @throws Error if the requested engine is unavailable here
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * await using server = await listen({ host: "localhost" }, {
 *   open: (connection) => connection.end("hello"),
 * });
 * const port = "port" in server.address ? server.address.port : 0;
 * await using connection = await connect({ port, timeout: 5000 });
 * for await (const bytes of connection) console.log(`${Buffer.from(bytes)}`); // hello
 * ```
 * @example
 * ```ts
 * import { connect } from "berkeley";
 * import { AF, send, SOCK, socketpair } from "berkeley/posix";
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * send(right, Buffer.from("hello"));
 * right[Symbol.dispose]();
 * await using connection = await connect({ socket: left });
 * for await (const bytes of connection) console.log(`${Buffer.from(bytes)}`); // hello
 * ```
 * @see [connect](https://pubs.opengroup.org/onlinepubs/9699919799/functions/connect.html)
 */
export async function connect<const Values extends readonly unknown[]>(
  options: ConnectOptions<Values>,
): Promise<Connection>;
/**
 * Opens a connection and calls handlers for its events, as `listen(options, handlers)` does. No
 * promise is allocated per event, and received data that is sent back or forwarded is not copied.
 *
 * @param options where and how to connect: see ConnectOptions
 * @param handlers see ConnectionHandlers. `open()` is called before the promise resolves, and
 * nothing is received before it returns
 * @throws the errors of `connect(options)`; or, without a handler `error()`, the error that
 * `open()` threw
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * const server = await listen({ host: "127.0.0.1" }, { open: (connection) => connection.end("hello") });
 * await connect(
 *   { address: server.address },
 *   { data: (_, bytes) => console.log(`${Buffer.from(bytes)}`) }, // hello
 * );
 * await server.close({ drain: 1000 });
 * ```
 */
export async function connect<State, const Values extends readonly unknown[]>(
  options: ConnectOptions<Values>,
  handlers: ConnectionHandlers<State>,
): Promise<HandledConnection<State>>;
export async function connect<State>(
  options: ConnectOptions,
  handlers?: ConnectionHandlers<State>,
): Promise<Connection | HandledConnection<State>> {
  const checked = checkConnectOptions(options);
  if (handlers === undefined)
    return connected(options, checked, (chosen, fd) => new Connection(chosen, fd, null));
  checkHandlers(handlers);
  const connection = await connected(
    options,
    checked,
    (chosen, fd) => new HandledConnection(chosen, fd, null, handlers),
  );
  connection.start();
  return connection;
}

/** Makes a connection from a connected descriptor, which it then owns. */
type Make<Made> = (chosen: Engine, fd: number) => Made;

function connected<Made extends ConnectionBase>(
  given: ConnectOptions,
  { endpoint: where, options, wait, engine: wanted, busyPoll }: CheckedConnectOptions,
  make: Make<Made>,
): Promise<Made> {
  // Checked before a name is looked up.
  checkNetPermission(where.kind === "address" ? where.address : where);
  const chosen = engineOf(currentSystem(), wanted, busyPoll);
  if (where.kind === "socket")
    return announced(given, () => onSocket(chosen, where.socket, options, wait, make));
  return announced(given, () => toEndpoint(chosen, where, options, wait, make));
}

/** Makes a connection to one of the addresses that the endpoint stands for. */
async function toEndpoint<Made>(
  chosen: Engine,
  where: ConnectEndpoint,
  options: AnyOptionValues,
  wait: WaitOptions,
  make: Make<Made>,
): Promise<Made> {
  const { localAddress = undefined, localPort = 0 } = where.kind === "port" ? where : {};
  const settings = { engine: chosen, options, localAddress, localPort };
  const name = where.kind === "port" && isName(where.host) ? where.host : undefined;
  throwIfAborted(wait.signal);
  const socket = await connectToFirst(addressesToTry(chosen.system, where), settings, wait, name);
  return make(chosen, socket.detach());
}

/** Makes a connection from a connected socket. Closes the socket if that fails. */
function onSocket<Made>(
  chosen: Engine,
  given: Socket | number,
  options: AnyOptionValues,
  { signal }: WaitOptions,
  make: Make<Made>,
): Made {
  const socket = adopted(chosen.system, given);
  try {
    throwIfAborted(signal);
    setOptionValues(socket, options);
    socket.system.setNonblocking(socket.fd, true);
    // An inherited socket is not close-on-exec; a child would keep the connection open.
    socket.system.setCloseOnExec(socket.fd, true);
    return make(chosen, socket.detach());
  } catch (error) {
    if (!socket.closed) tryClose(socket);
    throw error;
  }
}

/** Publishes the result to the channel. */
async function announced<Made extends ConnectionBase>(
  options: ConnectOptions,
  make: () => Made | Promise<Made>,
): Promise<Made> {
  let connection: Made;
  try {
    connection = await make();
  } catch (error) {
    if (channels.connect.hasSubscribers) channels.connect.publish({ options, connection: null, error });
    throw error;
  }
  if (channels.connect.hasSubscribers) channels.connect.publish({ options, connection, error: null });
  return connection;
}
