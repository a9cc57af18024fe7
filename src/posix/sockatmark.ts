import { BadFileDescriptor, NetworkSubsystemFailed, SocketClosed, Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything `sockatmark()` can fail with. */
export const sockatmarkErrors = new ErrorSet("sockatmark", {
  BadFileDescriptor,
  FileDescriptorNotASocket: {
    codes: ["ENOTTY", "ENOTSOCK", "EINVAL"],
    message: "The descriptor does not refer to a socket.",
  },
  NetworkSubsystemFailed,
  OperationNotSupported: {
    codes: ["ENOTTY", "EINVAL", "EOPNOTSUPP"],
    message: "The socket's protocol has no out-of-band data.",
  },
  SocketClosed,
  Unexpected,
});

export type SockatmarkErrorName = NameOf<typeof sockatmarkErrors>;
export type SockatmarkError = ErrorOf<typeof sockatmarkErrors>;

/** Whether an error was thrown by `sockatmark()`. */
export const isSockatmarkError = (error: unknown): error is SockatmarkError => sockatmarkErrors.has(error);

/**
 * Returns whether the next byte to receive is the one sent with `MSG.OOB`. Windows reports this
 * only with SO.OOBINLINE set, and also returns true when no such byte is in flight.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @throws SockatmarkError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `NetworkSubsystemFailed`, `OperationNotSupported`, `SocketClosed` or `Unexpected`
 * @example
 * ```ts
 * using client = socket(AF.INET, SOCK.STREAM);
 * console.log(sockatmark(client)); // false
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/sockatmark.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/sockatmark.3.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man3/sockatmark.3.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=sockatmark&sektion=3)
 */
export function sockatmark(socket: SocketLike): boolean {
  return unwrap(trySockatmark(socket), sockatmark);
}

/** Like {@link sockatmark}, but returns errors instead of throwing them. */
export function trySockatmark(socket: SocketLike): Result<boolean, SockatmarkError> {
  const { system, fd } = borrow(socket);
  if (fd < 0) return sockatmarkErrors.fail(system, "SocketClosed");
  const returned = system.sockatmark(fd);
  if (returned >= 0) return { ok: true, value: returned === 1 };
  return sockatmarkErrors.failure(system, returned, {
    // ENOTTY on a socket means that it lacks the ioctl, and on anything else that it is not a
    // socket; some devices return EINVAL.
    ask: () =>
      readOption(system, fd, SO.TYPE) === undefined ? "FileDescriptorNotASocket" : "OperationNotSupported",
  });
}
