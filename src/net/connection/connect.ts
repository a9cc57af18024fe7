import { machineClock } from "../../clock/clock.ts";
import { engine } from "../../engine/choice.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import { throwIfAborted } from "../abort.ts";
import { channels } from "../channels.ts";
import { connectToFirst } from "../happy-eyeballs.ts";
import { type ConnectOptions, checkConnectOptions } from "../options/connect-options.ts";
import { addressesToTry, isName } from "../resolve.ts";
import { Connection } from "./connection.ts";

/**
 * Opens a connection.
 *
 * Looks up a name, and tries its addresses in the order of RFC 8305 ("happy eyeballs"): IPv6 and
 * IPv4 alternate, and the next attempt starts when the last one fails or after 250 milliseconds.
 * The first to connect wins. While the queue of a unix listener is full, retries until there is
 * room.
 *
 * @param options where and how: see ConnectOptions; `signal` and `timeout` abort the attempt
 * @returns a Connection, which the program must close
 * @throws ConnectError for an address or path; or the error of socket(), setsockopt(), or bind() to
 * the local address
 * @throws AggregateError for a name: `errors` has one error per address, `code` is that of the
 * first, as in node:net
 * @throws Error of node:dns if a host cannot be found
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @throws TypeError or RangeError if an option is malformed, before any call
 * @throws Error if the engine asked for is unavailable here
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * await using server = await listen({ host: "localhost" }, { open: (connection) => connection.end("hello") });
 * const port = "port" in server.address ? server.address.port : 0;
 * await using connection = await connect({ port, timeout: 5000 });
 * for await (const bytes of connection) console.log(`${Buffer.from(bytes)}`); // hello
 * ```
 * @see [connect](https://pubs.opengroup.org/onlinepubs/9699919799/functions/connect.html)
 */
export async function connect<const Values extends readonly unknown[]>(
  options: ConnectOptions<Values>,
): Promise<Connection> {
  const { endpoint: where, options: values, wait, engine: wanted } = checkConnectOptions(options);
  // Checked before a name is looked up.
  checkNetPermission(where.kind === "address" ? where.address : where);
  const chosen = engine(wanted);
  const { localAddress = undefined, localPort = 0 } = where.kind === "port" ? where : {};
  const settings = { engine: chosen, options: values, localAddress, localPort, clock: machineClock };
  const name = where.kind === "port" && isName(where.host) ? where.host : undefined;
  let connection: Connection;
  try {
    throwIfAborted(wait.signal);
    const socket = await connectToFirst(addressesToTry(where), settings, wait, name);
    connection = new Connection(chosen, socket.detach(), null);
  } catch (error) {
    if (channels.connect.hasSubscribers) channels.connect.publish({ options, connection: null, error });
    throw error;
  }
  if (channels.connect.hasSubscribers) channels.connect.publish({ options, connection, error: null });
  return connection;
}
