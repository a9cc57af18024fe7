import type { Address } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import {
  BadFileDescriptor,
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

/** Everything `getpeername()` can fail with. */
export const getpeernameErrors = new ErrorSet("getpeername", {
  BadFileDescriptor,
  ConnectionResetByPeer,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  OperationNotSupported,
  SocketClosed,
  SocketNotConnected,
  SocketShutDown: {
    codes: ["EINVAL"],
    message: "The socket has been shut down.",
  },
  SystemResources,
  Unexpected,
});

export type GetpeernameErrorName = NameOf<typeof getpeernameErrors>;
export type GetpeernameError = ErrorOf<typeof getpeernameErrors>;

/** Whether an error was thrown by `getpeername()`. */
export const isGetpeernameError = (error: unknown): error is GetpeernameError => getpeernameErrors.has(error);

/**
 * Returns the address of the peer that a socket is connected to.
 *
 * An unbound unix peer has an empty path.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @throws GetpeernameError named `BadFileDescriptor`, `ConnectionResetByPeer`,
 * `FileDescriptorNotASocket`, `NetworkSubsystemFailed`, `OperationNotSupported`, `SocketClosed`,
 * `SocketNotConnected`, `SocketShutDown`, `SystemResources` or `Unexpected`
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * console.log(getpeername(left)); // { family: "unix", path: "" }
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getpeername.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/getpeername.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/getpeername.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=getpeername&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-getpeername)
 */
export function getpeername(socket: SocketLike): Address {
  return unwrap(tryGetpeername(socket), getpeername);
}

/** Like {@link getpeername}, but returns errors instead of throwing them. */
export function tryGetpeername(socket: SocketLike): Result<Address, GetpeernameError> {
  const { system, fd } = borrow(socket);
  if (fd < 0) return getpeernameErrors.fail(system, "SocketClosed");
  const returned = system.getpeername(fd, system.address);
  if (returned < 0) return getpeernameErrors.failure(system, returned);
  return { ok: true, value: decodeAddress(system, system.address) };
}
