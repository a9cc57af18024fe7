import { int } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  ConnectionAborted,
  ConnectionResetByPeer,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  OperationNotSupported,
  SocketClosed,
  SocketNotConnected,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything `shutdown()` can fail with. */
export const shutdownErrors = new ErrorSet("shutdown", {
  BadFileDescriptor,
  ConnectionAborted,
  ConnectionResetByPeer,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "`how` is not SHUT.RD, SHUT.WR or SHUT.RDWR.",
  },
  NetworkSubsystemFailed,
  OperationNotSupported,
  SocketClosed,
  SocketNotConnected,
  SystemResources,
  Unexpected,
});

export type ShutdownErrorName = NameOf<typeof shutdownErrors>;
export type ShutdownError = ErrorOf<typeof shutdownErrors>;

/** Whether an error was thrown by `shutdown()`. */
export const isShutdownError = (error: unknown): error is ShutdownError => shutdownErrors.has(error);

/**
 * Shuts down receiving, sending or both on a connected socket, for every process that shares it.
 * The socket stays open.
 *
 * - `SHUT.WR`: the peer reads the data in flight, then the end.
 * - `SHUT.RD`: `recv()` reports the end. On Linux a listener stops listening: a TCP socket can
 *   listen again, a unix socket refuses connections for good.
 * - On an unconnected TCP socket it fails with `SocketNotConnected`, but Linux shuts down that
 *   direction anyway: after a later connect the socket still cannot send. Create a new one.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param how `SHUT.RD`, `SHUT.WR` or `SHUT.RDWR`
 * @throws ShutdownError named `BadFileDescriptor`, `ConnectionAborted`, `ConnectionResetByPeer`,
 * `FileDescriptorNotASocket`, `InvalidArgument`, `NetworkSubsystemFailed`, `OperationNotSupported`,
 * `SocketClosed`, `SocketNotConnected`, `SystemResources` or `Unexpected`
 * @throws TypeError if `how` is not a number
 * @throws RangeError if it is not an integer of 32 bits
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * shutdown(left, SHUT.WR);
 * console.log(recv(right, new Uint8Array(16))); // 0: the end
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/shutdown.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/shutdown.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/shutdown.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=shutdown&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-shutdown)
 */
export function shutdown(socket: SocketLike, how: number): void {
  unwrap(tryShutdown(socket, how), shutdown);
}

/**
 * Like {@link shutdown}, but returns errors instead of throwing them. Still throws on a bad `how`.
 */
export function tryShutdown(socket: SocketLike, how: number): Result<void, ShutdownError> {
  int("how", how);
  const { system, fd } = borrow(socket);
  if (fd < 0) return shutdownErrors.fail(system, "SocketClosed");
  const returned = system.shutdown(fd, how);
  if (returned < 0) return shutdownErrors.failure(system, returned);
  return { ok: true, value: undefined };
}
