import type { Address } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import {
  BadFileDescriptor,
  ConnectionResetByPeer,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  OperationNotSupported,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { socketState } from "./socket-state.ts";

/** Everything `getsockname()` can fail with. */
export const getsocknameErrors = new ErrorSet("getsockname", {
  BadFileDescriptor,
  ConnectionResetByPeer,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  OperationNotSupported,
  SocketClosed,
  SocketNotBound: {
    codes: ["EINVAL"],
    message: "The socket is not bound (an error only on Windows).",
    advice: "Call bind() or connect() first.",
  },
  SocketShutDown: {
    codes: ["EINVAL"],
    message: "The socket has been shut down.",
  },
  SystemResources,
  Unexpected,
});

export type GetsocknameErrorName = NameOf<typeof getsocknameErrors>;
export type GetsocknameError = ErrorOf<typeof getsocknameErrors>;

/** Whether an error was thrown by `getsockname()`. */
export const isGetsocknameError = (error: unknown): error is GetsocknameError => getsocknameErrors.has(error);

/**
 * Returns a socket's local address: the one it is bound to, including a port chosen by the system.
 *
 * An unbound socket has its family's unspecified address and port 0, or an empty path.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @throws GetsocknameError named `BadFileDescriptor`, `ConnectionResetByPeer`,
 * `FileDescriptorNotASocket`, `NetworkSubsystemFailed`, `OperationNotSupported`, `SocketClosed`,
 * `SocketNotBound`, `SocketShutDown`, `SystemResources` or `Unexpected`
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * console.log(getsockname(server)); // { family: "ipv4", address: "127.0.0.1", port: 41237 }
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getsockname.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/getsockname.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/getsockname.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=getsockname&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-getsockname)
 */
export function getsockname(socket: SocketLike): Address {
  return unwrap(tryGetsockname(socket), getsockname);
}

/** Like {@link getsockname}, but returns errors instead of throwing them. */
export function tryGetsockname(socket: SocketLike): Result<Address, GetsocknameError> {
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  if (fd < 0) return getsocknameErrors.fail(system, "SocketClosed");
  const returned = system.getsockname(fd, system.address);
  if (returned < 0) {
    return getsocknameErrors.failure(system, returned, {
      ask: () => (socketState(borrowed) === "shut down" ? "SocketShutDown" : "SocketNotBound"),
    });
  }
  return { ok: true, value: decodeAddress(system, system.address) };
}
