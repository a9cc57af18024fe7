import { builtin } from "../../builtin.ts";
import { checkObject, integer, outOfRange } from "../../errors/argument.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { defined } from "../../invariant.ts";
import type { PortRange } from "../../options/structures/port-range.ts";
import { currentSystem } from "../../system/current.ts";
import { checkListenOptions, type ListenOnPort } from "../options/listen-options.ts";
import { NOT_OF_RESERVE_PORT, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { openListeningSockets } from "./listening-sockets.ts";
import { ReservedPort } from "./reserved-port.ts";

/**
 * Options of `reservePort()`: those of `listen()` for a port, without the ones that would let
 * others take it.
 */
export interface ReservePortOptions<Values extends readonly unknown[] = readonly unknown[]>
  extends Pick<ListenOnPort<Values>, "host" | "ipv6Only" | "backlog" | "options" | "signal"> {
  /**
   * 0 to 65535; 0, the default, chooses a free port. A range, `{ min: 3000, max: 3999 }`, chooses a
   * free one in it at random.
   */
  readonly port?: number | PortRange | undefined;
}

/**
 * Takes a port, and holds it until you pass it on: to `listen({ socket: reserved })`, to Node's own
 * servers with `reserved.detach()`, or to a child process that inherits it. No other program can
 * take it in the meantime, as it could if you had merely looked for a free port.
 *
 * Its sockets already listen, since only a listening socket is safe: on Linux, another socket with
 * SO_REUSEADDR can bind a port that is only bound, and whichever listens first gets it. An early
 * connection is therefore not refused, but waits for the port's new owner. Without a host, one
 * socket covers both families; `localhost` takes two sockets.
 *
 * A child process inherits the descriptor, and takes it with `listenersFromEnvironment()`. If a
 * descriptor cannot be inherited, pass `reserved.sockets` with SCM_RIGHTS, as `sendmsg()` does.
 *
 * @param options `port`, `host` and so on
 * @throws AggregateError if every port of a range is taken or not permitted: each of its `errors`
 * explains who holds the port
 * @throws the errors of `listen()` for a single port: a BindError or ListenError named
 * `AddressInUse`, which explains who holds it, and so on
 * @throws TypeError or RangeError if an option is malformed
 * @example
 * ```ts
 * import http from "node:http";
 * import { reservePort } from "berkeley";
 * const reserved = await reservePort({ host: "127.0.0.1" });
 * console.log(reserved.port > 0); // true
 * const server = http.createServer().listen({ fd: reserved.detach() });
 * server.close();
 * ```
 * @example
 * ```ts
 * import { spawn } from "node:child_process";
 * import { reservePort } from "berkeley";
 * using reserved = await reservePort({ host: "127.0.0.1", port: { min: 20_000, max: 29_999 } });
 * // The child takes the port with listenersFromEnvironment().
 * spawn(process.execPath, ["--eval", ""], {
 *   stdio: ["ignore", "inherit", "inherit", ...reserved.sockets.map(({ fd }) => fd)],
 *   env: { ...process.env, LISTEN_FDS: "1" },
 * });
 * ```
 */
export async function reservePort<const Values extends readonly unknown[]>(
  options: ReservePortOptions<Values> = {},
): Promise<ReservedPort> {
  checkObject("options", "{ port?, host?, … }", options);
  refuseOptionsOfOthers("reservePort()", options, NOT_OF_RESERVE_PORT);
  const { host, port = 0, ipv6Only, backlog, signal } = options;
  const settings = { host, ipv6Only, backlog, signal, ...(options.options && { options: options.options }) };
  const system = currentSystem();
  const open = async (port: number) => {
    const { sockets } = await openListeningSockets(system, checkListenOptions({ ...settings, port }));
    return new ReservedPort(sockets);
  };
  if (typeof port !== "object") return open(port);
  const { min, max } = checkRange(port);
  const errors: SocketError[] = [];
  for (const each of inRandomOrder(min, max)) {
    try {
      return await open(each);
    } catch (error) {
      if (!isTaken(error)) throw error;
      errors.push(error);
    }
  }
  const where = host ?? "all addresses of this host";
  const message = `reservePort: no port from ${min} to ${max} of ${where} is available`;
  throw Object.assign(new AggregateError(errors, message), { code: errors[0]?.code });
}

function checkRange(range: PortRange): PortRange {
  checkObject("port", "a number or { min, max }", range);
  const min = integer("port.min", range.min, 1, 0xffff);
  const max = integer("port.max", range.max, 1, 0xffff);
  if (min > max) throw outOfRange(`port.min must not be above port.max: ${min} to ${max}`);
  return { min, max };
}

/** Another port of the range may do: a range may well include ports that are not permitted. */
const isTaken = (error: unknown): error is SocketError =>
  error instanceof SocketError && (error.name === "AddressInUse" || error.name === "AccessDenied");

/**
 * Visits each port once, with the Fisher-Yates shuffle, so that concurrent processes do not all try
 * the same port.
 */
function* inRandomOrder(min: number, max: number): Generator<number> {
  const crypto = defined(builtin("node:crypto"), "only a browser lacks it");
  const ports = Array.from({ length: max - min + 1 }, (_, index) => min + index);
  for (let left = ports.length; left > 0; left--) {
    const at = crypto.randomInt(left);
    const [port = min] = ports.splice(at, 1, ports[left - 1] ?? min);
    yield port;
  }
}
