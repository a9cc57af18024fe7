import type { AcceptQueue } from "../system/system.ts";
import { borrow, type SocketLike } from "./borrow.ts";

export type { AcceptQueue };

/**
 * What waits in a listener's accept queue, and how much may: what `listen()` granted.
 *
 * - Linux: TCP tells it in TCP_INFO, unix sockets through netlink's sock_diag. The queue holds one
 *   connection more than its limit.
 * - Windows tells nobody.
 * - macOS: the kernel tells it of the descriptor (proc_pidfdinfo). FreeBSD: SO_LISTENQLEN and
 *   SO_LISTENQLIMIT; the queue holds one and a half times its limit.
 *
 * @param socket a listener; a borrowed one stays the caller's
 * @returns undefined where the socket does not listen, or the system cannot tell
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
 * @returns undefined where the socket does not listen, or the system cannot tell
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
