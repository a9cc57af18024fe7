import type { AcceptQueue } from "../system/system.ts";
import { borrow, type SocketLike } from "./borrow.ts";

export type { AcceptQueue };

/**
 * Returns the number of connections pending in a listener's accept queue, and the limit granted by
 * `listen()`.
 *
 * - Linux: read from TCP_INFO for TCP, and through netlink's sock_diag for unix sockets. The queue
 *   holds one more connection than its limit.
 * - Windows: not supported.
 * - macOS: read with proc_pidfdinfo.
 * - FreeBSD: read from SO_LISTENQLEN and SO_LISTENQLIMIT. The queue holds 1.5 times its limit.
 *
 * @param socket a listener; if borrowed, the caller keeps ownership
 * @returns undefined if the socket is not listening, or the system does not report it
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 16);
 * console.log(acceptQueue(server)); // { pending: 0, limit: 16 }
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/sock_diag.7.html)
 */
export function acceptQueue(socket: SocketLike): AcceptQueue | undefined {
  const { system, fd } = borrow(socket);
  return fd < 0 ? undefined : system.acceptQueue(fd);
}

/**
 * Returns the backlog granted by `listen()`. The system may have capped it: on Linux at
 * `net.core.somaxconn`.
 *
 * @param socket a listener; if borrowed, the caller keeps ownership
 * @returns undefined if the socket is not listening, or the system does not report it
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 1_000_000);
 * console.log(effectiveBacklog(server)); // 4096
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/listen.2.html)
 */
export function effectiveBacklog(socket: SocketLike): number | undefined {
  return acceptQueue(socket)?.limit;
}
