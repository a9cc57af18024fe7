import type { UnixAddress } from "../address/address.ts";
import "../engine/choice.ts";
import { listen } from "../net/listener/listen.ts";
import { reservePort } from "../net/listener/reserve-port.ts";
import type { Server } from "../net/listener/server.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { cannotListen } from "./cannot-listen.ts";
import { parseHostAndPort, parseUnixPath, resolve } from "./endpoint.ts";

/** Where and how `hold` listens. */
export interface HeldSocketsOptions {
  readonly unix?: string;
  readonly backlog: number;
  readonly reuseport?: true;
}

/** Sockets that listen and accept nothing. */
export interface HeldSockets {
  readonly sockets: readonly (Socket | BorrowedSocket)[];
  /** Closes them, and removes the path of a unix socket. */
  close(): Promise<void> | void;
}

export async function open(
  endpoint: string | undefined,
  { unix, backlog }: HeldSocketsOptions,
): Promise<HeldSockets> {
  if (unix !== undefined) return openPath(parseUnixPath(unix), backlog);
  const asked = parseHostAndPort(endpoint);
  const address = await resolve(asked);
  try {
    // Pass the name, not an address, since localhost means both families.
    const reserved = await reservePort({ ...asked, backlog });
    return { sockets: reserved.sockets, close: () => reserved[Symbol.dispose]() };
  } catch (error) {
    throw cannotListen(error, address);
  }
}

/** One set of sockets for all workers, or with `--reuseport` one for each. */
export async function openForWorkers(
  endpoint: string | undefined,
  workers: number,
  options: HeldSocketsOptions,
): Promise<readonly [HeldSockets, ...HeldSockets[]]> {
  if (options.reuseport === undefined) return [await open(endpoint, options)];
  const { host, port } = parseHostAndPort(endpoint);
  const first = await openReuseport(host, port, options.backlog);
  const others: HeldSockets[] = [];
  const [chosen] = first.sockets.map((socket) => getsockname(socket));
  const same = chosen !== undefined && "port" in chosen ? chosen.port : port;
  while (others.length < workers - 1) others.push(await openReuseport(host, same, options.backlog));
  return [first, ...others];
}

/** The sockets of a worker; workers that share sockets get the same array. */
export const socketsOf = (opened: readonly [HeldSockets, ...HeldSockets[]], index: number) =>
  (opened[index] ?? opened[0]).sockets;

async function openReuseport(host: string, port: number, backlog: number): Promise<HeldSockets> {
  try {
    return paused(await listen({ host, port, backlog, reusePort: true }, {}));
  } catch (error) {
    throw cannotListen(error, await resolve({ host, port }));
  }
}

/** Must be called before the event loop turns, so that nothing has been accepted. */
function paused(server: Server): HeldSockets {
  server.pause();
  return { sockets: server.sockets, close: () => server.close() };
}

async function openPath(address: UnixAddress, backlog: number): Promise<HeldSockets> {
  try {
    return paused(await listen({ path: address.path, backlog }, {}));
  } catch (error) {
    throw cannotListen(error, address);
  }
}
