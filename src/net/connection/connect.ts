import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { AddressInput } from "../../address/address.ts";
import { isLocalhost, localhostAddresses } from "../../address/localhost.ts";
import { machineClock, type Timer } from "../../clock/clock.ts";
import { engine } from "../../engine/choice.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { onAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { ipAddress } from "../open.ts";
import {
  type ConnectEndpoint,
  type ConnectOptions,
  checkConnectOptions,
} from "../options/connect-options.ts";
import { type AttemptSettings, ConnectAttempt } from "./connect-attempt.ts";
import { Connection } from "./connection.ts";
import { PulledStream } from "./pulled-stream.ts";

/** RFC 8305, section 8: the Connection Attempt Delay that it recommends, in milliseconds. */
const ATTEMPT_DELAY = 250;

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
  const { endpoint: place, options: values, wait, engine: wanted } = checkConnectOptions(options);
  // Before a name is looked up.
  checkNetPermission(place.kind === "address" ? place.address : place);
  const chosen = engine(wanted);
  throwIfAborted(wait.signal);
  const { localAddress = undefined, localPort = 0 } = place.kind === "port" ? place : {};
  const settings = { engine: chosen, options: values, localAddress, localPort };
  const isName = place.kind === "port" && isIP(place.host) === 0;
  const socket = await firstOf(addressesOf(place), settings, wait, isName ? place.host : undefined);
  return new Connection(new PulledStream(chosen, socket.detach(), null));
}

/**
 * The addresses to try, in the order of RFC 8305, section 4: the families in turn, beginning with
 * that of the resolver's first.
 */
async function addressesOf(place: ConnectEndpoint): Promise<AddressInput[]> {
  if (place.kind === "address") return [place.address];
  const { host, port, localAddress } = place;
  if (isIP(host) !== 0) return [ipAddress(host, port)];
  const localFamily = localAddress === undefined ? 0 : isIP(localAddress);
  const family = localFamily === 4 || localFamily === 6 ? localFamily : place.family;
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

/**
 * What came of every address of a name: the code is the first one's, as in node:net
 * (NodeAggregateError in lib/internal/errors.js).
 */
function failureOf(
  name: string,
  addresses: readonly AddressInput[],
  errors: readonly unknown[],
): AggregateError {
  const codes = errors.map((error) => (error instanceof SocketError ? error.code : undefined));
  const code = codes.find((each) => each !== undefined) ?? "UNKNOWN";
  const tried = addresses.map((address) => ("address" in address ? String(address.address) : address.family));
  const [first] = addresses;
  const port = first !== undefined && "port" in first ? first.port : 0;
  const others = [...new Set(codes)].filter((each) => each !== undefined && each !== code);
  const also = others.length === 0 ? "" : `, also ${others.join(", ")}`;
  const message = `connect ${code} ${name}:${port} (tried ${tried.join(", ")}${also})`;
  return Object.assign(new AggregateError(errors, message), { code, syscall: "connect", port });
}

/** @param name the name that the addresses are of, if they are of one */
function firstOf(
  found: Promise<readonly AddressInput[]>,
  settings: AttemptSettings,
  wait: WaitOptions,
  name: string | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const attempts = new Set<ConnectAttempt>();
    const errors: unknown[] = [];
    let addresses: readonly AddressInput[] = [];
    let next = 0;
    let given = false;
    let timer: Timer | undefined;
    const stop = onAbort("connect()", wait, (reason) => {
      end();
      reject(reason);
    });
    function end() {
      given = true;
      stop();
      machineClock.clearTimeout(timer);
      for (const attempt of attempts) attempt.cancel();
    }
    function begin() {
      machineClock.clearTimeout(timer);
      const address = addresses[next++];
      if (address === undefined) return;
      const attempt = new ConnectAttempt(address, settings, (outcome) => {
        attempts.delete(attempt);
        if (outcome.ok) {
          end();
          resolve(outcome.socket);
        } else failed(outcome.error);
      });
      attempts.add(attempt);
      if (next < addresses.length) timer = machineClock.setTimeout(begin, ATTEMPT_DELAY);
    }
    function failed(error: unknown) {
      errors.push(error);
      if (next < addresses.length) {
        begin();
      } else if (attempts.size === 0) {
        end();
        reject(name === undefined ? error : failureOf(name, addresses, errors));
      }
    }
    found.then(
      (all) => {
        addresses = all;
        if (!given) begin();
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
