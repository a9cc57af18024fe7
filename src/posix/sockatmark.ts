import { BadFileDescriptor, NetworkSubsystemFailed, SocketClosed, Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything that `sockatmark()` can fail with. */
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

/** Whether an error is one that `sockatmark()` threw. */
export const isSockatmarkError = (error: unknown): error is SockatmarkError => sockatmarkErrors.has(error);

/**
 * Whether the next byte to be received is the one that was sent with `MSG.OOB`. Windows tells so of
 * a socket with SO.OOBINLINE alone, and says true also where no such byte is under way.
 *
 * @param socket the socket; a borrowed one stays the caller's
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

/** The same as {@link sockatmark}, returned instead of thrown. */
export function trySockatmark(socket: SocketLike): Result<boolean, SockatmarkError> {
  const { system, fd } = borrow(socket);
  if (fd < 0) return sockatmarkErrors.fail(system, "SocketClosed");
  const returned = system.sockatmark(fd);
  if (returned >= 0) return { ok: true, value: returned === 1 };
  return sockatmarkErrors.failure(system, returned, {
    // The ioctl's "no such request here" of a socket is "no such file" of anything else; some
    // devices say EINVAL.
    ask: () =>
      readOption(system, fd, SO.TYPE) === undefined ? "FileDescriptorNotASocket" : "OperationNotSupported",
  });
}
