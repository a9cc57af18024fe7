import { argumentType, foreignKind } from "../errors/argument.ts";
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
import { Descriptor } from "./owned-descriptor.ts";

/** Everything `close()` can fail with. */
export const closeErrors = new ErrorSet("close", {
  BadFileDescriptor,
  ConnectionResetByPeer: {
    codes: ["ECONNRESET"],
    message: "The peer reset the connection before everything was sent; the descriptor is closed anyway.",
    advice: "FreeBSD reports this; Linux does not.",
  },
  FileDescriptorNotASocket,
  InputOutput: {
    codes: ["EIO", "ENOSPC", "EDQUOT"],
    message: "Data written to the descriptor earlier could not be stored.",
    advice: "Linux reports this for files only, never for sockets.",
  },
  NetworkSubsystemFailed,
  SocketClosed,
  Unexpected,
});

export type CloseErrorName = NameOf<typeof closeErrors>;
export type CloseError = ErrorOf<typeof closeErrors>;

/** Whether an error was thrown by `close()`. */
export const isCloseError = (error: unknown): error is CloseError => closeErrors.has(error);

/**
 * Closes a socket. The kernel keeps sending any unsent data (see `SO.LINGER`).
 *
 * The Socket ends up closed even if the call fails. A call interrupted by a signal is not retried:
 * Linux has already released the descriptor, and another thread may have reused its number.
 *
 * @param socket a Socket, or a received Descriptor. Node's own sockets and descriptor numbers are
 * rejected: close them where they were opened, or adopt a number with `Socket.from()`.
 * @throws CloseError named `BadFileDescriptor`, `ConnectionResetByPeer`,
 * `FileDescriptorNotASocket`, `InputOutput`, `NetworkSubsystemFailed`, `SocketClosed` or
 * `Unexpected`
 * @throws TypeError if it is neither
 * @example
 * ```ts
 * const client = socket(AF.INET, SOCK.STREAM);
 * close(client);
 * console.log(client.closed); // true
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/close.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/close.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/close.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=close&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-closesocket)
 */
export function close(socket: Descriptor): void {
  unwrap(tryClose(socket), close);
}

/** Like {@link close}, but returns errors instead of throwing them. */
export function tryClose(socket: Descriptor): Result<void, CloseError> {
  if (!(socket instanceof Descriptor)) {
    throw argumentType(
      "socket must be a Socket or Descriptor, which close() owns, " +
        `not ${foreignKind(socket, ["Socket", "Descriptor"])}; adopt a number with Socket.from()`,
    );
  }
  const { system } = socket;
  if (socket.closed) return closeErrors.fail(system, "SocketClosed");
  const returned = system.close(socket.detach());
  if (returned >= 0 || system.errnoName(-returned) === "EINTR") return { ok: true, value: undefined };
  return closeErrors.failure(system, returned);
}
