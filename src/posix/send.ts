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

/** Everything `send()` can fail with. */
export const sendErrors = new ErrorSet("send", {
  AccessDenied: {
    codes: ["EACCES", "ENOKEY"],
    message:
      "The unix socket is not writable; a broadcast address needs SO.BROADCAST; a route or the network " +
      "prohibits the address; or a cipher of AF.ALG has no key.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL", "EAGAIN"],
    message:
      "The address is not available from this machine, or every port of the ephemeral range is in use.",
  },
  AlreadyConnected: {
    codes: ["EISCONN"],
    message: "MSG.FASTOPEN opens a connection, but the socket is already connected or listening.",
  },
  BadFileDescriptor,
  BrokenPipe: {
    codes: ["EPIPE", "ESHUTDOWN"],
    message: "The connection is shut down for sending, by either side.",
  },
  ConnectionAborted,
  ConnectionPending: {
    codes: ["EALREADY", "EINPROGRESS"],
    message: "The connection is in progress.",
  },
  // Windows reports an undelivered datagram this way (recvfrom, WSAECONNRESET).
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
    message: "The data is too long for one message, or larger than the path MTU.",
  },
  NetworkSubsystemFailed,
  NetworkUnreachable,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The socket does not support sending, or one of the flags.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message:
      "The unix datagram socket accepts messages only from its own peer; or a firewall rule or security " +
      "policy blocked the message.",
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
    // Windows returns ETIMEDOUT when a timeout expires.
    codes: [...WouldBlock.codes, "ETIMEDOUT"],
    message:
      "The send buffer is full, or the connection still in progress: the socket is non-blocking, or its " +
      "SO.SNDTIMEO expired.",
  },
});

export type SendErrorName = NameOf<typeof sendErrors>;
export type SendError = ErrorOf<typeof sendErrors>;

/** Whether an error was thrown by `send()`. */
export const isSendError = (error: unknown): error is SendError => sendErrors.has(error);

/**
 * Sends bytes to the peer of a connected socket. On a stream it may send only some of them; a
 * message is sent whole or not at all. SIGPIPE is never raised: MSG.NOSIGNAL is always set. A
 * blocking socket waits for buffer space, resumes after signals, and fails with `WouldBlock` when
 * its SO.SNDTIMEO expires (counted from the first signal, if any).
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param data at most 2147483647 bytes, in memory that is neither shared nor resizable
 * @param flags `MSG.DONTWAIT`, `MSG.MORE`, `MSG.OOB` and so on
 * @returns the number of bytes accepted for sending
 * @throws SendError named `AccessDenied`, `AddressNotAvailable`, `AlreadyConnected`,
 * `BadFileDescriptor`, `BrokenPipe`, `ConnectionAborted`, `ConnectionPending`, `ConnectionRefused`,
 * `ConnectionResetByPeer`, `ConnectionTimedOut`, `DestinationAddressRequired`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`,
 * `NetworkSubsystemFailed`, `NetworkUnreachable`, `OperationNotSupported`, `PermissionDenied`,
 * `ProtocolFailure`, `SocketClosed`, `SocketNotConnected`, `SystemResources`, `Unexpected` or
 * `WouldBlock`
 * @throws TypeError if `data` is not a Uint8Array over plain memory
 * @throws RangeError if it is too long, or `flags` has `MSG.ZEROCOPY`, which would let the kernel
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

/** Like {@link send}, but returns errors instead of throwing them. Still throws on bad data. */
export function trySend(socket: SocketLike, data: Uint8Array, flags = 0): Result<number, SendError> {
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  const quietFlags = sendFlags(system, flags);
  // Last: a socket of Node's may have getters, which could transfer the data.
  checkData(data);
  if (fd < 0) return sendErrors.fail(system, "SocketClosed");
  let returned = system.send(fd, data, quietFlags);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "sending", () => system.send(fd, data, quietFlags));
  }
  if (returned >= 0) return { ok: true, value: returned };
  return sendErrors.failure(system, returned, { ask: (code) => sendErrorName(borrowed, code) });
}
