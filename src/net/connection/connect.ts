import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { AddressInput } from "../../address/address.ts";
import { isLocalhost, localhostAddresses } from "../../address/localhost.ts";
import { machineClock } from "../../clock/clock.ts";
import { engine } from "../../engine/choice.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import { throwIfAborted } from "../abort.ts";
import { channels } from "../channels.ts";
import { connectToFirst } from "../happy-eyeballs.ts";
import { ipAddress } from "../open.ts";
import {
  type ConnectEndpoint,
  type ConnectOptions,
  checkConnectOptions,
} from "../options/connect-options.ts";
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
  const name = where.kind === "port" && isIP(where.host) === 0 ? where.host : undefined;
  let connection: Connection;
  try {
    throwIfAborted(wait.signal);
    const socket = await connectToFirst(addressesOf(where), settings, wait, name);
    connection = new Connection(chosen, socket.detach(), null);
  } catch (error) {
    if (channels.connect.hasSubscribers) channels.connect.publish({ options, connection: null, error });
    throw error;
  }
  if (channels.connect.hasSubscribers) channels.connect.publish({ options, connection, error: null });
  return connection;
}

/**
 * The addresses to try, in the order of RFC 8305, section 4: the families in turn, beginning with
 * that of the resolver's first.
 */
async function addressesOf(where: ConnectEndpoint): Promise<AddressInput[]> {
  if (where.kind === "address") return [where.address];
  const { host, port, localAddress } = where;
  if (isIP(host) !== 0) return [ipAddress(host, port)];
  const localFamily = localAddress === undefined ? 0 : isIP(localAddress);
  const family = localFamily === 4 || localFamily === 6 ? localFamily : where.family;
  const found = await lookUp(host, family);
  const first = found.filter((one) => one.family === found[0]?.family);
  const other = found.filter((one) => one.family !== found[0]?.family);
  const inTurn = first.flatMap((one, index) => [one, other[index]]).concat(other.slice(first.length));
  return inTurn.filter((one) => one !== undefined).map(({ address }) => ipAddress(address, port));
}

/** RFC 6761, 6.3: localhost is the loopback addresses, whatever the resolver knows. */
async function lookUp(host: string, family: 0 | 4 | 6): Promise<LookupAddress[]> {
  if (!isLocalhost(host)) return lookup(host, { all: true, family, verbatim: true });
  return loopback.filter((one) => family === 0 || one.family === family);
}

/** IPv6 first, which RFC 8305 prefers. */
const loopback: readonly LookupAddress[] = localhostAddresses
  .map(({ family, address }) => ({ address, family: family === "ipv6" ? 6 : 4 }))
  .reverse();
