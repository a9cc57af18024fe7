import { randomInt } from "node:crypto";
import { checkObject, integer, outOfRange } from "../../errors/argument.ts";
import { SocketError } from "../../errors/socket-error.ts";
import type { PortRange } from "../../options/structures/port-range.ts";
import { checkListenOptions, type ListenOnPort } from "../options/listen-options.ts";
import { openListeningSockets } from "./listening-sockets.ts";
import { ReservedPort } from "./reserved-port.ts";

/**
 * What `reservePort()` takes: what `listen()` does of a port, less what others could take it by.
 */
export interface ReservePortOptions<Values extends readonly unknown[] = readonly unknown[]>
  extends Pick<ListenOnPort<Values>, "host" | "ipv6Only" | "backlog" | "options" | "signal"> {
  /**
   * 0 to 65535; 0, the default, is a free one. Of a range, `{ min: 3000, max: 3999 }`, any that is
   * free, at random.
   */
  readonly port?: number | PortRange | undefined;
}

/**
 * Takes a port, and keeps it until it is handed on: to `listen({ socket: reserved })`, to Node's
 * own servers by `reserved.detach()`, or to a program that inherits it. Nobody can take it in
 * between, as can happen to a port that was only found free.
 *
 * Its sockets listen already, since only one that listens is safe: of a socket that is bound alone,
 * Linux gives the port to another with SO_REUSEADDR, too, and whichever listens first has it. So a
 * connection that comes early is not refused: it waits for whoever gets the port. Left without a
 * host, one socket has the port in both families; `localhost` is two sockets.
 *
 * A program that is started inherits it by its descriptor, and takes it by
 * `listenersFromEnvironment()`. Where a descriptor cannot be inherited, SCM_RIGHTS passes
 * `reserved.sockets`, as `sendmsg()` does.
 *
 * @param options `port`, `host` and so on
 * @throws AggregateError where every port of a range is taken, or may not be had: its `errors` are
 * those of the ports, each of which tells who holds it
 * @throws what `listen()` throws of a single port: a BindError or ListenError named `AddressInUse`,
 * which tells who holds it, and so on
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
 * // What it runs takes the port by listenersFromEnvironment().
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
  const { host, port = 0, ipv6Only, backlog, signal } = options;
  const settings = { host, ipv6Only, backlog, signal, ...(options.options && { options: options.options }) };
  const open = async (port: number) => {
    const { sockets } = await openListeningSockets(checkListenOptions({ ...settings, port }));
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
  const where = host ?? "every address of this machine";
  const message = `reservePort: none of the ports ${min} to ${max} of ${where} can be had`;
  throw Object.assign(new AggregateError(errors, message), { code: errors[0]?.code });
}

function checkRange(range: PortRange): PortRange {
  checkObject("port", "a number or { min, max }", range);
  const min = integer("port.min", range.min, 1, 0xffff);
  const max = integer("port.max", range.max, 1, 0xffff);
  if (min > max) throw outOfRange(`port.min must not be above port.max: ${min} to ${max}`);
  return { min, max };
}

/** Another port of the range may do: who asks for a range may well have forbidden ones in it. */
const isTaken = (error: unknown): error is SocketError =>
  error instanceof SocketError && (error.name === "AddressInUse" || error.name === "AccessDenied");

/**
 * Each once, by the shuffle of Fisher and Yates, as far as it is walked: processes that ask at once
 * do not all try the same one.
 */
function* inRandomOrder(min: number, max: number): Generator<number> {
  const ports = Array.from({ length: max - min + 1 }, (_, index) => min + index);
  for (let left = ports.length; left > 0; left--) {
    const at = randomInt(left);
    const [port = min] = ports.splice(at, 1, ports[left - 1] ?? min);
    yield port;
  }
}
