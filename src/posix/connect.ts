import type { AddressInput } from "../address/address.ts";
import { encodeAddress } from "../address/sockaddr.ts";
import {
  AddressFamilyNotSupported,
  BadFileDescriptor,
  ConnectionResetByPeer,
  ConnectionTimedOut,
  DeviceNotFound,
  FileDescriptorNotASocket,
  FileNotFound,
  HostUnreachable,
  InputOutput,
  NameTooLong,
  NetworkSubsystemFailed,
  NetworkUnreachable,
  NotADirectory,
  ProtocolFailure,
  SocketClosed,
  SymLinkLoop,
  SystemResources,
  Unexpected,
  WrongProtocolType,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { int } from "../options/codecs.ts";
import { readOnly } from "../options/option.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { ValueResult } from "../system/system.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { aboutAddress, endpointOf } from "./endpoint.ts";
import { isInterrupted } from "./interrupted.ts";
import { checkNetPermission } from "./net-permission.ts";
import { timeoutOf } from "./retry-interrupted.ts";
import { wait } from "./wait.ts";

/** Everything `connect()` can fail with. */
export const connectErrors = new ErrorSet("connect", {
  AccessDenied: {
    codes: ["EACCES"],
    message:
      "The unix socket is not writable, or its directory not searchable; a broadcast address needs " +
      "SO.BROADCAST; or a route prohibits the address.",
  },
  AddressFamilyNotSupported,
  AddressInUse: {
    codes: ["EADDRINUSE"],
    message: "The local address already has a connection to the same peer.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL", "EAGAIN"],
    message:
      "The address is not available from this machine, or every port of the ephemeral range is in use.",
  },
  AlreadyConnected: {
    codes: ["EISCONN"],
    message: "The socket is already connected.",
  },
  BadFileDescriptor,
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The pending connection was established, but the peer has since closed and reset it.",
    advice: "Connect again with a new socket.",
  },
  ConnectionAborted: {
    codes: ["ECONNABORTED"],
    message: "The pending connection attempt failed.",
    advice: "SO.ERROR already reported why. POSIX requires a new socket; Linux lets this one try again.",
  },
  ConnectionPending: {
    codes: ["EINPROGRESS", "EALREADY"],
    message: "The connection is in progress.",
    advice: "poll() the socket for POLL.OUT, then read SO.ERROR.",
  },
  ConnectionRefused: {
    codes: ["ECONNREFUSED"],
    message: "No socket is listening on the address.",
  },
  ConnectionResetByPeer: {
    ...ConnectionResetByPeer,
    // virtio_transport_recv_connecting() in net/vmw_vsock/virtio_transport_common.c
    message: "The peer reset the connection; for a vsock address, no socket is listening on the port.",
  },
  ConnectionTimedOut,
  DeviceNotFound,
  FileDescriptorNotASocket,
  FileNotFound,
  HostUnreachable,
  InputOutput,
  InvalidArgument: {
    codes: ["EINVAL", "EFAULT"],
    message:
      "The address is not valid for this socket, such as a link-local one without its scopeId; or a " +
      "route discards packets to it.",
  },
  NameTooLong,
  NetworkSubsystemFailed,
  NetworkUnreachable,
  NotADirectory,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "This type of socket cannot be connected.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message:
      "The unix datagram socket at the address accepts messages only from its own peer; or a firewall " +
      "rule or security policy blocked the connection.",
  },
  ProtocolFailure,
  SocketClosed,
  SocketListening: {
    codes: ["EINVAL", "EISCONN", "EOPNOTSUPP"],
    message: "The socket is listening.",
    advice: "Use a new socket to connect.",
  },
  SymLinkLoop,
  SystemResources,
  Unexpected,
  WouldBlock: {
    codes: ["EAGAIN"],
    message:
      "The listener's accept queue is full: the unix socket is non-blocking, or its SO.SNDTIMEO expired.",
  },
  WrongProtocolType,
});

export type ConnectErrorName = NameOf<typeof connectErrors>;
export type ConnectError = ErrorOf<typeof connectErrors>;

/** Whether an error was thrown by `connect()`. */
export const isConnectError = (error: unknown): error is ConnectError => connectErrors.has(error);

/**
 * Connects a socket to an address. A stream socket establishes a connection; a datagram socket only
 * sets its peer.
 *
 * A blocking socket waits until the connection is established, and resumes after signals. A
 * non-blocking socket fails with `ConnectionPending` while the connection proceeds in the
 * background; so does a blocking one when SO.SNDTIMEO expires (counted from the first signal, if
 * any). A unix socket cannot be pending: it fails with `WouldBlock`, having done nothing. The
 * address `{ family: "unspecified" }` disconnects a datagram socket.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param address an address of the socket's family
 * @throws ConnectError named `AccessDenied`, `AddressFamilyNotSupported`, `AddressInUse`,
 * `AddressNotAvailable`, `AlreadyConnected`, `BadFileDescriptor`, `BrokenPipe`,
 * `ConnectionAborted`, `ConnectionPending`, `ConnectionRefused`, `ConnectionResetByPeer`,
 * `ConnectionTimedOut`, `DeviceNotFound`, `FileDescriptorNotASocket`, `FileNotFound`,
 * `HostUnreachable`, `InputOutput`, `InvalidArgument`, `NameTooLong`, `NetworkSubsystemFailed`,
 * `NetworkUnreachable`, `NotADirectory`, `OperationNotSupported`, `PermissionDenied`,
 * `ProtocolFailure`, `SocketClosed`, `SocketListening`, `SymLinkLoop`, `SystemResources`,
 * `Unexpected`, `WouldBlock` or `WrongProtocolType`
 * @throws TypeError if the address is malformed
 * @throws RangeError if its port is out of range, or its path too long
 * @example
 * ```ts
 * using client = socket(AF.INET, SOCK.STREAM);
 * const result = tryConnect(client, { family: "ipv4", address: "127.0.0.1", port: 1 });
 * if (!result.ok && result.error.name === "ConnectionRefused") console.log(result.error.message);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/connect.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/connect.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/connect.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=connect&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-connect)
 */
export function connect(socket: SocketLike, address: AddressInput): void {
  unwrap(tryConnect(socket, address), connect);
}

/**
 * Like {@link connect}, but returns errors instead of throwing them. Still throws on a bad address.
 */
export function tryConnect(socket: SocketLike, address: AddressInput): Result<void, ConnectError> {
  checkNetPermission(address);
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const sockaddr = encodeAddress(address, system, system.address);
  // Only now: the address's getters may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return connectErrors.fail(system, "SocketClosed", endpointOf(address));
  let returned = system.connect(fd, sockaddr);
  if (isInterrupted(system, returned)) returned = goOnConnecting(borrowed, sockaddr);
  if (returned >= 0) return { ok: true, value: undefined };
  return connectErrors.failure(system, returned, {
    ask: (code) => whichOf(borrowed, code),
    where: () => endpointOf(address),
    about: aboutAddress(address),
  });
}

const pendingErrno = readOnly("SO_ERROR", int);

/**
 * In POSIX, an interrupted connect() continues in the background, and a second one returns
 * EALREADY. Two kinds do not: a unix socket still waiting for space in the queue
 * (unix_stream_connect in net/unix/af_unix.c), and vsock, which aborts (vsock_connect in
 * net/vmw_vsock/af_vsock.c). Those are retried.
 */
function goOnConnecting(borrowed: Borrowed, sockaddr: ValueResult): number {
  const { system, fd } = borrowed;
  const { AF } = system.constants;
  const timeout = timeoutOf(borrowed, "sending");
  const domain = readOption(system, fd, SO.DOMAIN);
  if (domain !== AF.UNIX && domain !== AF.VSOCK) return outcome(borrowed, timeout);
  const deadline = system.clock.now() + timeout;
  while (system.clock.now() < deadline) {
    const returned = system.connect(fd, sockaddr);
    if (!isInterrupted(system, returned)) return returned;
  }
  return -system.errnos.EAGAIN;
}

/** Waits for a pending connection. Returns 0 or its negative errno. */
function outcome({ system, fd }: Borrowed, timeout: number): number {
  const ready = wait(system, [{ fd, events: system.constants.POLL.OUT, revents: 0 }], timeout);
  if (ready < 0) return ready;
  if (ready === 0) return -system.errnos.EINPROGRESS;
  return -(readOption(system, fd, pendingErrno) ?? system.errnos.EBADF);
}

/** Resolves an errno that has several meanings. */
function whichOf(borrowed: Borrowed, code: string): ConnectErrorName {
  const { system, fd } = borrowed;
  switch (code) {
    case "EAGAIN":
      // With no port left, inet_autobind in net/ipv4/af_inet.c returns EAGAIN for a datagram
      // socket.
      return readOption(system, fd, SO.DOMAIN) === system.constants.AF.UNIX
        ? "WouldBlock"
        : "AddressNotAvailable";
    // POSIX specifies EOPNOTSUPP for a listener; on Linux TCP returns EISCONN, and a unix socket
    // EINVAL.
    case "EINVAL":
      return isListening(borrowed) ? "SocketListening" : "InvalidArgument";
    case "EISCONN":
      return isListening(borrowed) ? "SocketListening" : "AlreadyConnected";
    case "EOPNOTSUPP":
      return isListening(borrowed) ? "SocketListening" : "OperationNotSupported";
    default:
      return "Unexpected";
  }
}

function isListening({ system, fd }: Borrowed): boolean {
  return readOption(system, fd, SO.ACCEPTCONN) === true;
}
