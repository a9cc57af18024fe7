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

/** Everything that `accept()` can fail with. */
export const acceptErrors = new ErrorSet("accept", {
  BadFileDescriptor,
  BlockedByFirewall: {
    codes: ["EPERM"],
    message: "A firewall rule forbids the connection.",
  },
  ConnectionAborted: {
    codes: ["ECONNABORTED", "ECONNRESET"],
    message: "The connection ended before it was accepted.",
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
    message: "The socket is not of a type that accepts connections.",
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
    message: "No connection waits, and the socket does not block, or its SO.RCVTIMEO is over.",
  },
});

export type AcceptErrorName = NameOf<typeof acceptErrors>;
export type AcceptError = ErrorOf<typeof acceptErrors>;

/** Whether an error is one that `accept()` threw. */
export const isAcceptError = (error: unknown): error is AcceptError => acceptErrors.has(error);

/** A connection, and who made it. */
export interface Accepted {
  /** A new Socket, connected to the peer. */
  readonly socket: Socket;
  /** The peer's address. */
  readonly address: Address;
}

/**
 * Takes the first connection out of the queue of a listening socket, waiting for one if there is
 * none, through signals too. It fails with `WouldBlock` if the socket does not block, or once its
 * SO.RCVTIMEO is over (which counts from the first signal, if there are any).
 *
 * On Linux a connection that failed while it waited fails the call that takes it; the errors that
 * say so advise to accept the next one. One that ended while it waited may be handed out all the
 * same, and then tells so when it is read.
 *
 * The new socket blocks and closes on exec unless told otherwise, whatever the listener does.
 *
 * @param socket a listening socket; a borrowed one stays the caller's
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

/** The same as {@link accept}, returned instead of thrown. */
export function tryAccept(
  socket: SocketLike,
  options: DescriptorOptions = {},
): Result<Accepted, AcceptError> {
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const flags = descriptorFlags(options);
  // After the options' getters, which may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return acceptErrors.fail(system, "SocketClosed");
  let returned = system.accept(fd, system.address, flags);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "receiving", () => system.accept(fd, system.address, flags));
  }
  if (returned < 0) {
    return acceptErrors.failure(system, returned, {
      // EOPNOTSUPP of a socket that does listen is a pending error of the connection: accept(2),
      // Error handling.
      ask: () => (readOption(system, fd, SO.ACCEPTCONN) ? "ProtocolFailure" : "OperationNotSupported"),
      where: () => localEndpoint(borrowed),
    });
  }
  const address = decodeAddress(system, system.address);
  return { ok: true, value: { socket: accepted(socket, borrowed, returned), address } };
}

/** A connection is of its listener's family, type and protocol. */
function accepted(listener: SocketLike, { system, fd }: Borrowed, connection: number): Socket {
  if (listener instanceof Socket) {
    return adopt(system, connection, listener.domain, listener.type, listener.protocol);
  }
  const { AF, SOCK } = system.constants;
  const domain = readOption(system, fd, SO.DOMAIN) ?? AF.UNSPEC;
  return adopt(system, connection, domain, readOption(system, fd, SO.TYPE) ?? SOCK.STREAM, 0);
}
