import type { AcceptQueue } from "../system/system.ts";
import { borrow, type SocketLike } from "./borrow.ts";

export type { AcceptQueue };

/**
 * Returns how many connections wait in a listener's accept queue, and the limit that `listen()`
 * granted.
 *
 * - Linux: read from TCP_INFO for TCP, and through netlink's sock_diag for unix sockets. The queue
 *   holds one connection more than its limit.
 * - Windows: not supported.
 * - macOS: read with proc_pidfdinfo.
 * - FreeBSD: read from SO_LISTENQLEN and SO_LISTENQLIMIT. The queue holds one and a half times its
 *   limit.
 *
 * @param socket a listener; a borrowed one stays the caller's
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
 * The backlog that `listen()` granted, which the system may have capped: on Linux at
 * `net.core.somaxconn`.
 *
 * @param socket a listener; a borrowed one stays the caller's
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
