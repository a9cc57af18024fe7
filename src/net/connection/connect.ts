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
 * Makes a connection.
 *
 * A name is looked up, and its addresses are tried in the order of RFC 8305 ("happy eyeballs"):
 * IPv6 and IPv4 in turn, the next one when the last has failed or 250 milliseconds have passed; the
 * first that connects is taken. A unix listener whose queue is full is tried again until there is
 * room.
 *
 * @param options where to, and how: see ConnectOptions; `signal` and `timeout` give it up
 * @returns a Connection, which the program closes
 * @throws ConnectError of an address or path; or what socket(), setsockopt() or bind() of the local
 * address threw
 * @throws AggregateError of a name: its `errors` are those of every address, its `code` that of the
 * first, as node:net's
 * @throws Error of node:dns where a host cannot be found
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @throws TypeError or RangeError if an option is malformed, before any call
 * @throws Error if the engine that is wanted cannot be used here
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
  // Before a name is looked up.
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
