import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  SocketClosed,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { Descriptor } from "./owned-descriptor.ts";
import { setDescriptorFlag } from "./set-descriptor-flag.ts";

/** Everything `setNonblocking()` can fail with. */
export const setNonblockingErrors = new ErrorSet("setNonblocking", {
  BadFileDescriptor,
  FileDescriptorNotASocket: {
    codes: [...FileDescriptorNotASocket.codes, "ENOTTY"],
    message: "The descriptor does not refer to a socket, or to a file that has this mode.",
  },
  NetworkSubsystemFailed,
  SocketClosed,
  Unexpected,
});

export type SetNonblockingErrorName = NameOf<typeof setNonblockingErrors>;
export type SetNonblockingError = ErrorOf<typeof setNonblockingErrors>;

/** Whether an error was thrown by `setNonblocking()`. */
export const isSetNonblockingError = (error: unknown): error is SetNonblockingError =>
  setNonblockingErrors.has(error);

/**
 * Sets the non-blocking mode (O_NONBLOCK), in which calls that would block fail with `WouldBlock`.
 *
 * The mode belongs to the open file, so it also changes for every duplicate of the descriptor, even
 * in other processes. A listener, connection or datagram socket of the async API is non-blocking,
 * and must stay so. {@link getNonblocking} reads the mode, except on Windows, where it belongs to the
 * socket in the same way but cannot be read.
 *
 * @param socket a Socket or Descriptor, or the number of one that was inherited
 * @param nonblocking true if calls are to fail instead of blocking
 * @throws SetNonblockingError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `NetworkSubsystemFailed`, `SocketClosed` or `Unexpected`
 * @throws TypeError if an argument is not of its type
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * setNonblocking(receiver, true);
 * const result = tryRecv(receiver, new Uint8Array(1));
 * console.log(result.ok ? "" : result.error.name); // WouldBlock
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/F_GETFL.2const.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=fcntl&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-ioctlsocket)
 */
export function setNonblocking(socket: Descriptor | number, nonblocking: boolean): void {
  unwrap(trySetNonblocking(socket, nonblocking), setNonblocking);
}

/** Like {@link setNonblocking}, but returns errors instead of throwing them. */
export function trySetNonblocking(
  socket: Descriptor | number,
  nonblocking: boolean,
): Result<void, SetNonblockingError> {
  return setDescriptorFlag(setNonblockingErrors, socket, "nonblocking", nonblocking, (system, fd) =>
    system.setNonblocking(fd, nonblocking),
  );
}
