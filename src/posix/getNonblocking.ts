import { BadFileDescriptor, SocketClosed, Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { getDescriptorFlag } from "./get-descriptor-flag.ts";
import type { Descriptor } from "./owned-descriptor.ts";

/** Everything `getNonblocking()` can fail with. */
export const getNonblockingErrors = new ErrorSet("getNonblocking", {
  BadFileDescriptor,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The system has no call that reads the non-blocking mode.",
    advice: "On Windows, set the mode that you need.",
  },
  SocketClosed,
  Unexpected,
});

export type GetNonblockingErrorName = NameOf<typeof getNonblockingErrors>;
export type GetNonblockingError = ErrorOf<typeof getNonblockingErrors>;

/** Whether an error was thrown by `getNonblocking()`. */
export const isGetNonblockingError = (error: unknown): error is GetNonblockingError =>
  getNonblockingErrors.has(error);

/**
 * Returns whether the non-blocking mode (O_NONBLOCK) is set, in which calls that would block fail
 * with `WouldBlock`.
 *
 * The mode belongs to the open file, which all duplicates of the descriptor share. Another process
 * may have changed it, so check a socket that was inherited or received.
 *
 * Not supported on Windows, whose sockets do not reveal the mode.
 *
 * @param socket a Socket or Descriptor, or the number of one that was inherited
 * @throws GetNonblockingError named `BadFileDescriptor`, `OperationNotSupported`, `SocketClosed` or
 * `Unexpected`
 * @throws TypeError if the argument is not of its type
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * console.log(getNonblocking(receiver)); // false
 * setNonblocking(receiver, true);
 * console.log(getNonblocking(receiver)); // true
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/F_GETFL.2const.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=fcntl&sektion=2)
 */
export function getNonblocking(socket: Descriptor | number): boolean {
  return unwrap(tryGetNonblocking(socket), getNonblocking);
}

/** Like {@link getNonblocking}, but returns errors instead of throwing them. */
export function tryGetNonblocking(socket: Descriptor | number): Result<boolean, GetNonblockingError> {
  return getDescriptorFlag(getNonblockingErrors, socket, (system, fd) => system.getNonblocking(fd));
}
