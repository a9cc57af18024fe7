import { boolean } from "../errors/argument.ts";
import { hostTables } from "../system/this-host.ts";
import type { InternetSocket, OpenSocket, SocketUse, UnixSocket } from "./open-socket.ts";
import { type Holder, holdersOf, userNames } from "./process.ts";
import { internetSockets, unixSockets } from "./socket-table.ts";

/** `listeners()` fails with this error if the system does not list its sockets. */
export class SocketsUnavailableError extends Error {
  override readonly name = "SocketsUnavailableError";
}

/** A socket, and the processes that have it open. */
export interface ListedSocket {
  readonly socket: OpenSocket;
  /** The name of the user that created it; undefined if the system does not say. */
  readonly user: string | undefined;
  /** The processes that have it open, as far as this one may inspect them. */
  readonly holders: readonly Holder[];
}

/** Options of `listeners()`. */
export interface ListenersOptions {
  /** Include UDP sockets, unix sockets, and TCP sockets that are bound but do not listen. */
  readonly all?: boolean;
}

/**
 * Lists the listening TCP sockets of this machine by port, with their processes, accept queues and
 * drops. It neither blocks nor disturbs the listeners.
 *
 * - Linux: from netlink's sock_diag and /proc, for this network namespace; without netlink from
 *   /proc/net, with neither queues nor drops. An accept queue holds one more than its limit.
 * - Windows: from GetExtendedTcpTable() and GetExtendedUdpTable(), without accept queues, drops and
 *   unix sockets.
 * - macOS: from sysctl() and libproc, without drops and unix sockets; written from its headers, not
 *   yet run.
 * - FreeBSD: not supported yet.
 *
 * @param options `all`, to include other sockets that have a name
 * @returns the sockets
 * @throws TypeError if `all` is not a boolean
 * @throws SocketsUnavailableError if the system does not list its sockets, as in a sandbox with
 *   neither netlink nor /proc/net
 * @example
 * ```ts
 * import { listeners } from "berkeley/diagnose";
 *
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 16);
 * const mine = listeners().filter(({ holders }) => holders.some(({ pid }) => pid === process.pid));
 * console.log(mine[0]?.socket.queue); // { pending: 0, limit: 16 }
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/sock_diag.7.html)
 * @see
 * [Windows](https://learn.microsoft.com/windows/win32/api/iphlpapi/nf-iphlpapi-getextendedtcptable)
 */
export function listeners(options: ListenersOptions = {}): ListedSocket[] {
  const all = boolean("all", options.all ?? false);
  const sockets = [...internet(all), ...(all ? unix() : [])];
  const holders = holdersOf(sockets);
  const nameOf = userNames();
  return sockets.map((socket) => {
    const its = holders.of(socket);
    return {
      socket,
      user: socket.uid === undefined ? its[0]?.user : nameOf(socket.uid),
      holders: its,
    };
  });
}

function internet(all: boolean): InternetSocket[] {
  const { internet: reason } = hostTables.sockets.unavailable;
  const uses: readonly SocketUse[] = all ? ["listening", "bound"] : ["listening"];
  const tcp = listed("TCP", reason, internetSockets({ protocol: "tcp", uses }));
  const udp = all ? listed("UDP", reason, internetSockets({ protocol: "udp", uses: ["bound"] })) : [];
  return [...tcp, ...udp].sort(
    (one, other) => one.local.port - other.local.port || (one.protocol < other.protocol ? -1 : 1),
  );
}

/** Those that listen or are bound. */
function unix(): UnixSocket[] {
  if (!hostTables.sockets.listsUnixSockets) return [];
  const sockets = listed("unix", hostTables.sockets.unavailable.unix, unixSockets(["listening", "bound"]));
  return sockets.sort((one, other) =>
    Buffer.compare(Buffer.from(one.local.path), Buffer.from(other.local.path)),
  );
}

function listed<Each>(kind: string, reason: string, sockets: Each[] | undefined): Each[] {
  if (sockets === undefined) throw new SocketsUnavailableError(`cannot list the ${kind} sockets: ${reason}`);
  return sockets;
}
