import { int } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  ConnectionAborted,
  ConnectionRefused,
  ConnectionResetByPeer,
  ConnectionTimedOut,
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
import { checkBuffer } from "./buffer.ts";
import { isInterrupted } from "./interrupted.ts";
import { recvErrorName } from "./recv-errno.ts";
import { retryInterrupted } from "./retry-interrupted.ts";

/** Everything `recv()` can fail with. */
export const recvErrors = new ErrorSet("recv", {
  AccessDenied: {
    codes: ["EACCES", "ENOKEY"],
    message:
      "The network prohibits the address of an earlier message (reported by ICMPv6); or a cipher of " +
      "AF.ALG has no key.",
  },
  BadFileDescriptor,
  ConnectionAborted,
  // Windows reports an undelivered datagram this way (recvfrom, WSAECONNRESET).
  ConnectionRefused: { ...ConnectionRefused, codes: [...ConnectionRefused.codes, "ECONNRESET"] },
  ConnectionResetByPeer,
  ConnectionTimedOut: { ...ConnectionTimedOut, codes: [...ConnectionTimedOut.codes, "ENETRESET"] },
  FileDescriptorNotASocket,
  HostUnreachable: { ...HostUnreachable, codes: [...HostUnreachable.codes, "ENETRESET"] },
  InputOutput,
  InvalidArgument: {
    codes: ["EINVAL"],
    message:
      "The flags are not valid for this socket, or MSG.OOB was given and no out-of-band data is pending.",
  },
  MessageTooBig: {
    codes: ["EMSGSIZE"],
    message: "An earlier message was larger than the path MTU.",
  },
  NetworkSubsystemFailed,
  NetworkUnreachable,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message:
      "The socket does not support receiving, or one of the flags; or the source route of an earlier " +
      "message failed.",
  },
  ProtocolFailure: {
    codes: [...ProtocolFailure.codes, "EBADMSG"],
    message:
      "An ICMP error reported that the peer does not support the protocol, or could not parse a packet; " +
      "or what the kernel decrypts is not authentic.",
  },
  SocketClosed,
  SocketNotBound: {
    codes: ["EINVAL"],
    message: "The datagram socket is not bound (an error only on Windows).",
    advice: "Call bind() first.",
  },
  SocketNotConnected: {
    codes: ["ENOTCONN", "EINVAL"],
    message: "The socket is not connected.",
    advice: "Call connect() first, or accept() on a listener.",
  },
  SocketShutDown: {
    codes: ["ESHUTDOWN"],
    message:
      "shutdown() ended receiving. Only Windows reports an error; other systems report the end of data.",
  },
  SystemResources,
  Unexpected,
  WouldBlock: {
    // Windows returns ETIMEDOUT when a timeout expires.
    codes: [...WouldBlock.codes, "ETIMEDOUT"],
    message: "No data is available: the socket is non-blocking, or its SO.RCVTIMEO expired.",
  },
});

export type RecvErrorName = NameOf<typeof recvErrors>;
export type RecvError = ErrorOf<typeof recvErrors>;

/** Whether an error was thrown by `recv()`. */
export const isRecvError = (error: unknown): error is RecvError => recvErrors.has(error);

/**
 * Receives bytes from a socket, blocking until some arrive. If a message does not fit the buffer,
 * the rest is lost; with `MSG.TRUNC`, Linux returns its full length. Fails with `WouldBlock` when
 * SO.RCVTIMEO expires; on Windows the socket is then in an undefined state and should be closed.
 * The call resumes after signals; SO.RCVTIMEO then counts from the first one.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param buffer receives the bytes: at most 2147483647, in memory that is neither shared nor
 * resizable
 * @param flags `MSG.DONTWAIT`, `MSG.PEEK`, `MSG.WAITALL` and so on
 * @returns the number of bytes; 0 at the end of a stream and for an empty message
 * @throws RecvError named `AccessDenied`, `BadFileDescriptor`, `ConnectionAborted`,
 * `ConnectionRefused`, `ConnectionResetByPeer`, `ConnectionTimedOut`, `FileDescriptorNotASocket`,
 * `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`, `NetworkSubsystemFailed`,
 * `NetworkUnreachable`, `OperationNotSupported`, `ProtocolFailure`, `SocketClosed`,
 * `SocketNotBound`, `SocketNotConnected`, `SocketShutDown`, `SystemResources`, `Unexpected` or
 * `WouldBlock`
 * @throws TypeError if `buffer` is not a Uint8Array over plain memory
 * @throws RangeError if it is too long
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * send(left, Buffer.from("hello"));
 * const buffer = new Uint8Array(1024);
 * console.log(buffer.subarray(0, recv(right, buffer)));
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/recv.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/recv.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/recv.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=recv&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-recv)
 */
export function recv(socket: SocketLike, buffer: Uint8Array, flags = 0): number {
  return unwrap(tryRecv(socket, buffer, flags), recv);
}

/** Like {@link recv}, but returns errors instead of throwing them. Still throws on a bad buffer. */
export function tryRecv(socket: SocketLike, buffer: Uint8Array, flags = 0): Result<number, RecvError> {
  int("flags", flags);
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  // Last: a socket of Node's may have getters, which could transfer the buffer.
  checkBuffer("buffer", buffer);
  if (fd < 0) return recvErrors.fail(system, "SocketClosed");
  let returned = system.recv(fd, buffer, flags);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "receiving", () => system.recv(fd, buffer, flags));
  }
  if (returned >= 0) return { ok: true, value: returned };
  return recvErrors.failure(system, returned, { ask: (code) => recvErrorName(borrowed, code) });
}
