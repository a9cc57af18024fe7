import { boolean, checkObject, integer } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  ProcessFdQuotaExceeded,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { CLOSE_ON_EXEC } from "../system/descriptor-flags.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { Socket } from "./owned-socket.ts";

/** Everything `dup()` can fail with. */
export const dupErrors = new ErrorSet("dup", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  ProcessFdQuotaExceeded: {
    ...ProcessFdQuotaExceeded,
    // F_DUPFD_CLOEXEC returns EINVAL if `least` is not below the limit (f_dupfd in fs/file.c).
    codes: [...ProcessFdQuotaExceeded.codes, "EINVAL"],
  },
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type DupErrorName = NameOf<typeof dupErrors>;
export type DupError = ErrorOf<typeof dupErrors>;

/** Whether an error was thrown by `dup()`. */
export const isDupError = (error: unknown): error is DupError => dupErrors.has(error);

/** Options of `dup()`. */
export interface DupOptions {
  /** Keeps child programs from inheriting the duplicate. True by default. */
  readonly closeOnExec?: boolean;
  /** The lowest descriptor number for the duplicate; 0 by default. Windows ignores it. */
  readonly least?: number;
}

/**
 * Duplicates a socket's descriptor. Returns a second Socket, owned separately, for the same open
 * socket: both share the address, options, peer, queues and the non-blocking mode. The connection
 * ends when both are closed, or when one is shut down.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param options `closeOnExec`, `least`
 * @throws DupError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `NetworkSubsystemFailed`, `ProcessFdQuotaExceeded`, `SocketClosed`, `SystemResources` or
 * `Unexpected`
 * @throws TypeError if an argument is not of its type
 * @throws RangeError if `least` is not a descriptor number
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * using copy = dup(server);
 * listen(server, 5);
 * console.log(getsockopt(copy, SO.ACCEPTCONN)); // true
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/dup.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/dup.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=dup&sektion=2)
 * @see
 * [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsaduplicatesocketw)
 */
export function dup(socket: SocketLike, options: DupOptions = {}): Socket {
  return unwrap(tryDup(socket, options), dup);
}

/** Like {@link dup}, but returns errors instead of throwing them. */
export function tryDup(socket: SocketLike, options: DupOptions = {}): Result<Socket, DupError> {
  checkObject("options", "{ closeOnExec?, least? }", options);
  const { closeOnExec = true, least = 0 } = options;
  const flags = boolean("closeOnExec", closeOnExec) ? CLOSE_ON_EXEC : 0;
  integer("least", least, 0, 0x7fffffff);
  const { system, fd } = borrow(socket);
  if (fd < 0) return dupErrors.fail(system, "SocketClosed");
  const returned = system.dup(fd, flags, least);
  if (returned < 0) return dupErrors.failure(system, returned);
  const duplicate = Socket.ownIfSocket(system, returned);
  if (duplicate !== undefined) return { ok: true, value: duplicate };
  system.close(returned);
  return dupErrors.fail(system, "FileDescriptorNotASocket");
}
