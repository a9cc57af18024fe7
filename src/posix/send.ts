import {
  BadFileDescriptor,
  ConnectionAborted,
  ConnectionRefused,
  ConnectionResetByPeer,
  ConnectionTimedOut,
  DeviceNotFound,
  FileDescriptorNotASocket,
  HostUnreachable,
  InputOutput,
  NetworkSubsystemFailed,
  NetworkUnreachable,
  ProtocolFailure,
  SocketClosed,
  SystemResources,
  Unexpected,
  WouldBlock,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { checkData } from "./buffer.ts";
import { isInterrupted } from "./interrupted.ts";
import { retryInterrupted } from "./retry-interrupted.ts";
import { sendErrorName } from "./send-errno.ts";
import { sendFlags } from "./send-flags.ts";

/** Everything that `send()` can fail with. */
export const sendErrors = new ErrorSet("send", {
  AccessDenied: {
    codes: ["EACCES"],
    message:
      "The unix socket may not be written; a broadcast address needs SO.BROADCAST; or a route or the network prohibits the address.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL", "EAGAIN"],
    message: "The address cannot be had from this machine, or every port of the ephemeral range is in use.",
  },
  AlreadyConnected: {
    codes: ["EISCONN"],
    message: "MSG.FASTOPEN begins a connection, and the socket is connected or listening already.",
  },
  BadFileDescriptor,
  BrokenPipe: {
    codes: ["EPIPE", "ESHUTDOWN"],
    message: "The connection is closed for sending, by us or by the peer.",
  },
  ConnectionAborted,
  ConnectionPending: {
    codes: ["EALREADY", "EINPROGRESS"],
    message: "The connection is under way.",
  },
  // Windows says so of a datagram that nobody took (recvfrom, WSAECONNRESET).
  ConnectionRefused: { ...ConnectionRefused, codes: [...ConnectionRefused.codes, "ECONNRESET"] },
  ConnectionResetByPeer,
  ConnectionTimedOut: { ...ConnectionTimedOut, codes: [...ConnectionTimedOut.codes, "ENETRESET"] },
  DestinationAddressRequired: {
    codes: ["EDESTADDRREQ", "ENOTCONN"],
    message: "The datagram socket has no peer.",
    advice: "connect() it, or use sendto().",
  },
  DeviceNotFound,
  FileDescriptorNotASocket,
  HostUnreachable: { ...HostUnreachable, codes: [...HostUnreachable.codes, "ENETRESET"] },
  InputOutput,
  InvalidArgument: {
    // EFAULT: a raw ICMP message without its header (raw_probe_proto_opt in net/ipv4/raw.c).
    codes: ["EINVAL", "EFAULT"],
    message: "The flags or the data are not valid for this socket.",
  },
  MessageTooBig: {
    codes: ["EMSGSIZE"],
    message: "The data is too long to be sent as one message, or than a packet of the path may be.",
  },
  NetworkSubsystemFailed,
  NetworkUnreachable,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The socket does not support sending, or a flag.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message:
      "The unix datagram socket takes messages from its own peer only; or a firewall rule or a security policy forbids the message.",
  },
  ProtocolFailure,
  SocketClosed,
  SocketNotConnected: {
    codes: ["ENOTCONN", "EPIPE"],
    message: "The socket is not connected.",
    advice: "Call connect() first.",
  },
  SystemResources,
  Unexpected,
  WouldBlock: {
    // Windows says ETIMEDOUT of a time-out that is over.
    codes: [...WouldBlock.codes, "ETIMEDOUT"],
    message:
      "The send buffer is full, or the connection still under way, and the socket does not block, or its SO.SNDTIMEO is over.",
  },
});

export type SendErrorName = NameOf<typeof sendErrors>;
export type SendError = ErrorOf<typeof sendErrors>;

/** Whether an error is one that `send()` threw. */
export const isSendError = (error: unknown): error is SendError => sendErrors.has(error);

/**
 * Sends bytes to the peer of a connected socket. It may send fewer than it was given on a stream; a
 * message is sent whole or not at all. SIGPIPE is never raised: MSG.NOSIGNAL is always set. A
 * blocking socket waits for room, through signals too; once its SO.SNDTIMEO is over (which then
 * counts from the first of them) it fails with `WouldBlock`.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param data at most 2147483647 bytes, in memory that is neither shared nor resizable
 * @param flags `MSG.DONTWAIT`, `MSG.MORE`, `MSG.OOB` and so on
 * @returns how many bytes were taken
 * @throws SendError named `AccessDenied`, `AddressNotAvailable`, `AlreadyConnected`,
 * `BadFileDescriptor`, `BrokenPipe`, `ConnectionAborted`, `ConnectionPending`, `ConnectionRefused`,
 * `ConnectionResetByPeer`, `ConnectionTimedOut`, `DestinationAddressRequired`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`,
 * `NetworkSubsystemFailed`, `NetworkUnreachable`, `OperationNotSupported`, `PermissionDenied`,
 * `ProtocolFailure`, `SocketClosed`, `SocketNotConnected`, `SystemResources`, `Unexpected` or
 * `WouldBlock`
 * @throws TypeError if `data` is not a Uint8Array over plain memory
 * @throws RangeError if it is too long, or `flags` has `MSG.ZEROCOPY`, with which the kernel would
 * read the memory after the call
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * console.log(send(left, Buffer.from("hello"))); // 5
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/send.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/send.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/send.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=send&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-send)
 */
export function send(socket: SocketLike, data: Uint8Array, flags = 0): number {
  return unwrap(trySend(socket, data, flags), send);
}

/** The same as {@link send}, returned instead of thrown. Bad data is thrown all the same. */
export function trySend(socket: SocketLike, data: Uint8Array, flags = 0): Result<number, SendError> {
  checkData(data);
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  const quietFlags = sendFlags(system, flags);
  if (fd < 0) return sendErrors.fail(system, "SocketClosed");
  let returned = system.send(fd, data, quietFlags);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "sending", () => system.send(fd, data, quietFlags));
  }
  if (returned >= 0) return { ok: true, value: returned };
  return sendErrors.failure(system, returned, { ask: (code) => sendErrorName(borrowed, code) });
}
