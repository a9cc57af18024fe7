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
import type { WritableOption } from "../options/option.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything that `setsockopt()` can fail with. */
export const setsockoptErrors = new ErrorSet("setsockopt", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    sentence: "The value is not one that the option takes, or not in this state of the socket.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT", "EOPNOTSUPP"],
    sentence: "The system, or the protocol of the socket, does not have the option.",
  },
  PermissionDenied: {
    codes: ["EPERM", "EACCES"],
    sentence: "The process lacks the privilege to set the option to this value.",
  },
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type SetsockoptErrorName = NameOf<typeof setsockoptErrors>;
export type SetsockoptError = ErrorOf<typeof setsockoptErrors>;

/** Whether an error is one that `setsockopt()` threw. */
export const isSetsockoptError = (error: unknown): error is SetsockoptError => setsockoptErrors.has(error);

/**
 * Sets an option of a socket.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param option `SO.REUSEADDR`, `TCP.NODELAY` and so on, or a `rawOption()`; one that can only be read does not compile
 * @param value a value of the option's own type
 * @throws SetsockoptError named `BadFileDescriptor`, `FileDescriptorNotASocket`, `InvalidArgument`,
 * `OptionNotSupported`, `PermissionDenied`, `SocketClosed`, `SystemResources` or `Unexpected`
 * @throws TypeError if the value is of the wrong type
 * @throws RangeError if it is out of range
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * setsockopt(server, SO.REUSEADDR, true);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/setsockopt.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/setsockopt.2.html)
 * @see [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/setsockopt.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=setsockopt&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-setsockopt)
 */
export function setsockopt<Set>(socket: SocketLike, option: WritableOption<Set>, value: NoInfer<Set>): void {
  unwrap(trySetsockopt(socket, option, value), setsockopt);
}

/** The same as {@link setsockopt}, returned instead of thrown. A bad value is thrown all the same. */
export function trySetsockopt<Set>(
  socket: SocketLike,
  option: WritableOption<Set>,
  value: NoInfer<Set>,
): Result<void, SetsockoptError> {
  const { system, fd } = borrow(socket);
  const number = option.numberOn(system);
  option.write.encode(value, system.option, system);
  if (fd < 0) return setsockoptErrors.refusal(system, "SocketClosed");
  if (number === undefined) return setsockoptErrors.refusal(system, "OptionNotSupported");
  const returned = system.setsockopt(fd, number.level, number.number, system.option);
  if (returned < 0) return setsockoptErrors.failure(system, returned);
  return { ok: true, value: undefined };
}
