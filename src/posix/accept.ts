import type { Address } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  ProcessFdQuotaExceeded,
  SocketClosed,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
  WouldBlock,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { adopt, type DescriptorOptions, descriptorFlags } from "./descriptor.ts";
import { localEndpoint } from "./endpoint.ts";
import { isInterrupted } from "./interrupted.ts";
import { Socket } from "./owned-socket.ts";
import { retryInterrupted } from "./retry-interrupted.ts";

/** Everything `accept()` can fail with. */
export const acceptErrors = new ErrorSet("accept", {
  BadFileDescriptor,
  BlockedByFirewall: {
    codes: ["EPERM"],
    message: "A firewall rule blocked the connection.",
  },
  ConnectionAborted: {
    codes: ["ECONNABORTED", "ECONNRESET"],
    message: "The connection was aborted before it was accepted.",
    advice: "Accept the next one.",
  },
  ConnectionTimedOut: {
    codes: ["ETIMEDOUT"],
    message: "The connection failed before it was accepted: its peer did not answer in time.",
    advice: "Accept the next one.",
  },
  FileDescriptorNotASocket,
  HostUnreachable: {
    codes: ["EHOSTUNREACH", "EHOSTDOWN", "ENONET"],
    message: "The connection failed before it was accepted: its host cannot be reached.",
    advice: "Accept the next one.",
  },
  NetworkSubsystemFailed: {
    ...NetworkSubsystemFailed,
    message: "The connection failed before it was accepted: the interface is down.",
    advice: "Accept the next one.",
  },
  NetworkUnreachable: {
    codes: ["ENETUNREACH"],
    message: "The connection failed before it was accepted: its network cannot be reached.",
    advice: "Accept the next one.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "This type of socket cannot accept connections.",
  },
  ProcessFdQuotaExceeded,
  ProtocolFailure: {
    codes: ["EPROTO", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP"],
    message: "The connection failed before it was accepted: a protocol error.",
    advice: "Accept the next one.",
  },
  SocketClosed,
  SocketNotListening: {
    codes: ["EINVAL"],
    message: "The socket is not listening.",
    advice: "Call listen() first.",
  },
  SystemFdQuotaExceeded,
  SystemResources: { ...SystemResources, codes: [...SystemResources.codes, "ENOSR"] },
  Unexpected,
  WouldBlock: {
    ...WouldBlock,
    message: "No connection is pending: the socket is non-blocking, or its SO.RCVTIMEO expired.",
  },
});

export type AcceptErrorName = NameOf<typeof acceptErrors>;
export type AcceptError = ErrorOf<typeof acceptErrors>;

/** Whether an error was thrown by `accept()`. */
export const isAcceptError = (error: unknown): error is AcceptError => acceptErrors.has(error);

/** An accepted connection and its peer's address. */
export interface Accepted {
  /** A new Socket, connected to the peer. */
  readonly socket: Socket;
  /** The peer's address. */
  readonly address: Address;
}

/**
 * Accepts the first pending connection on a listening socket. Blocks until there is one, and
 * resumes after signals. Fails with `WouldBlock` on a non-blocking socket, or when SO.RCVTIMEO
 * expires (counted from the first signal, if any).
 *
 * On Linux, if a connection failed while it was queued, the `accept()` that takes it fails with
 * that connection's error; the error's advice is to accept the next one. A connection that was
 * closed while queued may still be returned; reading from it then reports the end.
 *
 * The new socket is blocking and close-on-exec by default, regardless of the listener's flags.
 *
 * @param socket a listening socket; if borrowed, the caller keeps ownership
 * @param options `nonblocking` and `closeOnExec` of the new socket
 * @returns the new socket, and the address of its peer
 * @throws AcceptError named `BadFileDescriptor`, `BlockedByFirewall`, `ConnectionAborted`,
 * `ConnectionTimedOut`, `FileDescriptorNotASocket`, `HostUnreachable`, `NetworkSubsystemFailed`,
 * `NetworkUnreachable`, `OperationNotSupported`, `ProcessFdQuotaExceeded`, `ProtocolFailure`,
 * `SocketClosed`, `SocketNotListening`, `SystemFdQuotaExceeded`, `SystemResources`, `Unexpected` or
 * `WouldBlock`
 * @throws TypeError if the options are of the wrong type
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 16);
 * using client = socket(AF.INET, SOCK.STREAM);
 * connect(client, getsockname(server));
 * const connection = accept(server);
 * console.log(connection.address); // { family: "ipv4", address: "127.0.0.1", port: 36180 }
 * close(connection.socket);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/accept.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/accept.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/accept.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=accept&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-accept)
 */
export function accept(socket: SocketLike, options: DescriptorOptions = {}): Accepted {
  return unwrap(tryAccept(socket, options), accept);
}

/** Like {@link accept}, but returns errors instead of throwing them. */
export function tryAccept(
  socket: SocketLike,
  options: DescriptorOptions = {},
): Result<Accepted, AcceptError> {
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const flags = descriptorFlags(options);
  // Only now: the options' getters may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return acceptErrors.fail(system, "SocketClosed");
  let returned = system.accept(fd, system.address, flags);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "receiving", () => system.accept(fd, system.address, flags));
  }
  if (returned < 0) {
    return acceptErrors.failure(system, returned, {
      // On a listening socket, EOPNOTSUPP is a pending error of the connection: accept(2), Error
      // handling.
      ask: () => (readOption(system, fd, SO.ACCEPTCONN) ? "ProtocolFailure" : "OperationNotSupported"),
      where: () => localEndpoint(borrowed),
    });
  }
  const address = decodeAddress(system, system.address);
  return { ok: true, value: { socket: accepted(socket, borrowed, returned), address } };
}

/** A connection has its listener's family, type and protocol. */
function accepted(listener: SocketLike, { system, fd }: Borrowed, connection: number): Socket {
  if (listener instanceof Socket) {
    return adopt(system, connection, listener.domain, listener.type, listener.protocol);
  }
  const { AF, SOCK } = system.constants;
  const domain = readOption(system, fd, SO.DOMAIN) ?? AF.UNSPEC;
  return adopt(system, connection, domain, readOption(system, fd, SO.TYPE) ?? SOCK.STREAM, 0);
}
