import { SocketError } from "../../errors/socket-error.ts";
import { SO } from "../../options/so.ts";
import { tryClose } from "../../posix/close.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { listen } from "../../posix/listen.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import type { System } from "../../system/system.ts";
import { throwIfAborted } from "../abort.ts";
import { adopted, ipAddress, openBound, type SocketSetUp, setOptionValues } from "../open.ts";
import type { CheckedListenOptions, ListenEndpoint } from "../options/listen-options.ts";
import { addressesToBind } from "../resolve.ts";
import { explainPathInUse, UnixPath } from "./unix-path.ts";

/** Listening sockets that are not served yet. */
export interface ListeningSockets {
  readonly sockets: readonly Socket[];
  /** The requested backlog; undefined if the socket was already listening and kept its own. */
  readonly backlog: number | undefined;
  /** The path created for a unix socket. */
  readonly path: UnixPath | undefined;
}

/** How often to choose another free port because the other family's is taken. */
const TRIES = 20;

/** Opens the sockets of `listen()`. Closes sockets that were passed if that fails. */
export async function openListeningSockets(
  system: System,
  options: CheckedListenOptions,
): Promise<ListeningSockets> {
  const { SOCK, SOMAXCONN } = system.constants;
  const { endpoint: where, backlog = SOMAXCONN } = options;
  if (where.kind === "sockets") return listenOnSockets(system, where, options);
  throwIfAborted(options.signal);
  switch (where.kind) {
    case "path": {
      const { address } = where;
      const make = () => openBound(system, address, SOCK.STREAM, options, (bound) => listen(bound, backlog));
      const opened = explainPathInUse(system, address, make);
      return { sockets: [opened], backlog, path: UnixPath.made(system, address) };
    }
    case "address": {
      const opened = openBound(system, where.address, SOCK.STREAM, options, (bound) =>
        listen(bound, backlog),
      );
      return { sockets: [opened], backlog, path: undefined };
    }
    case "port":
      return { sockets: await listenOnPort(system, where, options, backlog), backlog, path: undefined };
  }
}

function listenOnSockets(
  system: System,
  where: Extract<ListenEndpoint, { kind: "sockets" }>,
  options: CheckedListenOptions,
): ListeningSockets {
  const sockets: Socket[] = [];
  try {
    for (const each of where.sockets) sockets.push(adopted(system, each));
    throwIfAborted(options.signal);
    const [backlog] = sockets.map((socket) => listenOnSocket(socket, options));
    const [path] = sockets
      .map(getsockname)
      .map((address) =>
        address.family === "unix"
          ? UnixPath.made(system, address, where.ownsPath, where.pathFile)
          : undefined,
      );
    return { sockets, backlog, path };
  } catch (error) {
    for (const socket of sockets) if (!socket.closed) tryClose(socket);
    throw error;
  }
}

/** The requested backlog. */
function listenOnSocket(socket: Socket, { backlog, options }: CheckedListenOptions): number | undefined {
  setOptionValues(socket, options);
  const listens = getsockopt(socket, SO.ACCEPTCONN);
  const wanted = backlog ?? (listens ? undefined : socket.system.constants.SOMAXCONN);
  if (wanted !== undefined) listen(socket, wanted);
  socket.system.setNonblocking(socket.fd, true);
  return wanted;
}

async function listenOnPort(
  system: System,
  where: Extract<ListenEndpoint, { kind: "port" }>,
  { options, signal }: CheckedListenOptions,
  backlog: number,
): Promise<Socket[]> {
  const { host, port, reusePort, exclusive } = where;
  // Set explicitly, because an administrator can change the system's default (net.ipv6.bindv6only).
  const ipv6Only = where.ipv6Only ?? false;
  const server = exclusive ? "exclusive" : "not exclusive";
  const setUp: SocketSetUp = { options, reusePort, server, ipv6Only };
  const open = (address: string, at: number) =>
    openBound(system, ipAddress(address, at), system.constants.SOCK.STREAM, setUp, (bound) =>
      listen(bound, backlog),
    );
  if (host === undefined) return [openOnEveryAddress(open, port, ipv6Only)];
  const [first, second] = await addressesToBind(system, host, "listen()", { signal });
  return second === undefined ? [open(first, port)] : openBoth(open, [first, second], port);
}

type Open = (address: string, port: number) => Socket;

export function openOnEveryAddress(open: Open, port: number, ipv6Only: boolean): Socket {
  try {
    return open("::", port);
  } catch (error) {
    if (ipv6Only || !lacksFamily(error)) throw error;
    return open("0.0.0.0", port);
  }
}

/**
 * Binds both families to one port. If the port was ours to choose and the other family's is taken,
 * chooses another.
 */
function openBoth(open: Open, [first, second]: readonly [string, string], port: number): Socket[] {
  for (let tries = 1; ; tries++) {
    const one = ifFamily(() => open(first, port));
    if (one === undefined) return [open(second, port)];
    try {
      const at = getsockname(one);
      const other = ifFamily(() => open(second, "port" in at ? at.port : port));
      return other === undefined ? [one] : [one, other];
    } catch (error) {
      tryClose(one);
      const isTaken = error instanceof SocketError && error.name === "AddressInUse";
      if (port !== 0 || !isTaken || tries === TRIES) throw error;
    }
  }
}

/** Undefined if the system, or this host, lacks the address's family. */
function ifFamily(open: () => Socket): Socket | undefined {
  try {
    return open();
  } catch (error) {
    if (lacksFamily(error)) return undefined;
    throw error;
  }
}

/** An interface with IPv6 disabled (net.ipv6.conf.*.disable_ipv6) lacks IPv6 addresses. */
function lacksFamily(error: unknown): boolean {
  return (
    error instanceof SocketError &&
    (error.name === "AddressFamilyNotSupported" || error.name === "AddressNotAvailable")
  );
}
