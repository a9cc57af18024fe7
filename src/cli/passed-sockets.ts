import { fstatSync, lstatSync } from "node:fs";
import { waitsForConnections } from "../diagnose/process.ts";
import { untakenListeners } from "../net/handoff/listeners-from-environment.ts";
import { effectiveBacklog } from "../posix/accept-queue.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { tryDup } from "../posix/dup.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { preload } from "./preload.ts";
import { UsageError } from "./usage-error.ts";
import { WaitingAcceptors } from "./waiting-acceptors.ts";

/** SD_LISTEN_FDS_START of sd-daemon.h. */
const FIRST = 3;

/**
 * The lowest number of the second descriptors. When Node starts, it sets close-on-exec on every
 * descriptor up to the first free number above 15 (uv_disable_stdio_inheritance), and a channel to
 * its parent, such as a watcher, gets number 3 or one soon after.
 */
const HIGH = 64;

/**
 * Listening sockets that a command inherits: from descriptor 3 on, as in sd_listen_fds(3), and
 * again at high numbers, for the file that every Node process of the command loads first
 * (node/held/preload.cts).
 */
export class PassedSockets {
  readonly inodes: readonly number[];
  /** The processes that inherited them. */
  readonly acceptors: WaitingAcceptors;
  readonly #sockets: readonly (Socket | BorrowedSocket)[];
  readonly #described: string;
  #limits: readonly (number | undefined)[] = [];

  constructor(sockets: readonly (Socket | BorrowedSocket)[]) {
    this.#sockets = sockets;
    this.acceptors = new WaitingAcceptors(sockets);
    this.inodes = sockets.map(({ fd }) => fstatSync(fd).ino);
    const described = sockets.map((socket, index) => {
      const high = duplicated(socket);
      const inode = String(fstatSync(high, { bigint: true }).ino);
      return { low: FIRST + index, high, pid: process.pid, inode, ...endpointOf(socket) };
    });
    // Also the sockets of a hold that started this one.
    this.#described = JSON.stringify([...described, ...untakenListeners()]);
  }

  /** Prepares the sockets for the next start of the command. */
  prepare(): void {
    // O_NONBLOCK belongs to the socket, not to the descriptor; an earlier process may have set it.
    for (const { system, fd } of this.#sockets) system.setNonblocking(fd, false);
    this.#limits = this.#sockets.map(effectiveBacklog);
  }

  /**
   * Whether a program has begun to use one of them since `prepare()`: it made the socket
   * non-blocking, as event loops do, called listen(2), which changes the queue's limit, or waits
   * for connections. Undefined if the system does not report that.
   */
  get areTaken(): boolean | undefined {
    if (this.#limits.includes(undefined)) return undefined;
    const isChanged = this.#sockets.some(
      (socket, index) =>
        effectiveBacklog(socket) !== this.#limits[index] || socket.system.getNonblocking(socket.fd) === 1,
    );
    return isChanged || waitsForConnections(this.inodes);
  }

  /** The command's environment, without the variables of a service manager that started us. */
  environment(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { LISTEN_PID, LISTEN_PIDFDID, LISTEN_FDNAMES, NODE_OPTIONS, ...own } = from;
    // Within quotes, spaces are allowed and a backslash escapes (ParseNodeOptionsEnvVar in
    // src/node_options.cc).
    const load = `--require "${preload().replaceAll(/["\\]/g, "\\$&")}"`;
    return {
      ...own,
      LISTEN_FDS: `${this.inodes.length}`,
      BERKELEY_HOLD: this.#described,
      NODE_OPTIONS: NODE_OPTIONS?.includes(load)
        ? NODE_OPTIONS
        : [NODE_OPTIONS, load].filter(Boolean).join(" "),
    };
  }
}

/** The endpoint on which a server must listen to get this socket. */
function endpointOf(socket: Socket | BorrowedSocket): object {
  const named = getsockname(socket);
  if (named.family === "ipv4" || named.family === "ipv6") return { address: named.address, port: named.port };
  if (named.family !== "unix" || named.path === undefined) return {};
  const { path } = named;
  // An abstract name has no file; a path that is not UTF-8 is a Uint8Array.
  if (typeof path !== "string" || path.startsWith("\0")) return { path };
  // Identify the file, since programs may run in another folder and write the path differently.
  const { dev, ino } = lstatSync(path, { bigint: true });
  return { path, file: `${dev} ${ino}` };
}

/** The duplicate stays open until this process ends, for every start of the command. */
function duplicated(socket: Socket | BorrowedSocket): number {
  const made = tryDup(socket, { closeOnExec: false, least: HIGH });
  if (made.ok) return made.value.detach();
  if (made.error.name !== "ProcessFdQuotaExceeded") throw made.error;
  throw new UsageError(
    `hold needs descriptors from ${HIGH} on, and this process may not open that many. Raise the limit, ` +
      "as with `ulimit -n 1024`.",
  );
}
