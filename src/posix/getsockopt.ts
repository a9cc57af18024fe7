import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/rows.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { ReadableOption } from "../options/option.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything that `getsockopt()` can fail with. */
export const getsockoptErrors = new ErrorSet("getsockopt", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    sentence: "The option cannot be read in this state of the socket, or not with this length.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT", "EOPNOTSUPP"],
    sentence: "The system, or the protocol of the socket, does not have the option.",
  },
  PermissionDenied: {
    codes: ["EPERM", "EACCES"],
    sentence: "The process lacks the privilege to read the option.",
  },
  SocketClosed,
  SocketNotConnected: {
    codes: ["ENOTCONN"],
    sentence: "The option tells something of a connection, and the socket is not connected.",
  },
  SystemResources,
  Unexpected,
});

export type GetsockoptErrorName = NameOf<typeof getsockoptErrors>;
export type GetsockoptError = ErrorOf<typeof getsockoptErrors>;

/** Whether an error is one that `getsockopt()` threw. */
export const isGetsockoptError = (error: unknown): error is GetsockoptError => getsockoptErrors.has(error);

/**
 * Reads an option of a socket.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param option `SO.RCVBUF`, `TCP.INFO` and so on, or a `rawOption()`; one that can only be set does not compile
 * @returns the value, of the option's own type
 * @throws GetsockoptError named `BadFileDescriptor`, `FileDescriptorNotASocket`, `InvalidArgument`,
 * `OptionNotSupported`, `PermissionDenied`, `SocketClosed`, `SocketNotConnected`, `SystemResources` or
 * `Unexpected`
 * @example
 * ```ts
 * using client = socket(AF.INET, SOCK.STREAM);
 * console.log(getsockopt(client, SO.REUSEADDR)); // false
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getsockopt.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/getsockopt.2.html)
 * @see [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/getsockopt.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=getsockopt&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-getsockopt)
 */
export function getsockopt<Get>(socket: SocketLike, option: ReadableOption<Get>): Get {
  return unwrap(tryGetsockopt(socket, option), getsockopt);
}

/** The same as {@link getsockopt}, returned instead of thrown. */
export function tryGetsockopt<Get>(
  socket: SocketLike,
  option: ReadableOption<Get>,
): Result<Get, GetsockoptError> {
  const { system, fd } = borrow(socket);
  const number = option.numberOn(system);
  if (fd < 0) return getsockoptErrors.refusal(system, "SocketClosed");
  if (number === undefined) return getsockoptErrors.refusal(system, "OptionNotSupported");
  system.option.length = option.read.size;
  const returned = system.getsockopt(fd, number.level, number.number, system.option);
  if (returned < 0) return getsockoptErrors.failure(system, returned);
  return { ok: true, value: option.read.decode(system.option, system) };
}
