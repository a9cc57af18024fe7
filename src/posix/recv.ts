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

/** Everything that `recv()` can fail with. */
export const recvErrors = new ErrorSet("recv", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The network reports that it prohibits an earlier message's address (ICMPv6).",
  },
  BadFileDescriptor,
  ConnectionAborted,
  // Windows says so of a datagram that nobody took (recvfrom, WSAECONNRESET).
  ConnectionRefused: { ...ConnectionRefused, codes: [...ConnectionRefused.codes, "ECONNRESET"] },
  ConnectionResetByPeer,
  ConnectionTimedOut: { ...ConnectionTimedOut, codes: [...ConnectionTimedOut.codes, "ENETRESET"] },
  FileDescriptorNotASocket,
  HostUnreachable: { ...HostUnreachable, codes: [...HostUnreachable.codes, "ENETRESET"] },
  InputOutput,
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The flags are not valid for this socket, or MSG.OOB was given and no out-of-band data waits.",
  },
  MessageTooBig: {
    codes: ["EMSGSIZE"],
    message: "An earlier message was longer than a packet of the path may be.",
  },
  NetworkSubsystemFailed,
  NetworkUnreachable,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message:
      "The socket does not support receiving, or a flag; or a source route of an earlier message failed.",
  },
  ProtocolFailure,
  SocketClosed,
  SocketNotBound: {
    codes: ["EINVAL"],
    message: "The datagram socket is not bound to an address, which only Windows minds.",
    advice: "Call bind() first.",
  },
  SocketNotConnected: {
    codes: ["ENOTCONN", "EINVAL"],
    message: "The socket is not connected.",
    advice: "Call connect() first, or accept() on a listener.",
  },
  SocketShutDown: {
    codes: ["ESHUTDOWN"],
    message: "Receiving was ended by shutdown(). Elsewhere than on Windows, that is the end of data.",
  },
  SystemResources,
  Unexpected,
  WouldBlock: {
    // Windows says ETIMEDOUT of a time-out that is over.
    codes: [...WouldBlock.codes, "ETIMEDOUT"],
    message: "No data waits, and the socket does not block, or its SO.RCVTIMEO is over.",
  },
});

export type RecvErrorName = NameOf<typeof recvErrors>;
export type RecvError = ErrorOf<typeof recvErrors>;

/** Whether an error is one that `recv()` threw. */
export const isRecvError = (error: unknown): error is RecvError => recvErrors.has(error);

/**
 * Receives bytes from a socket, waiting for some if there are none. Of a message that is longer
 * than the buffer, the rest is lost; with `MSG.TRUNC`, Linux gives its real length. Once
 * SO.RCVTIMEO is over it fails with `WouldBlock`; on Windows the socket is then in no certain
 * state, and should be closed. Through signals it goes on waiting; SO.RCVTIMEO then counts from the
 * first of them.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param buffer where the bytes go: at most 2147483647, in memory that is neither shared nor
 * resizable
 * @param flags `MSG.DONTWAIT`, `MSG.PEEK`, `MSG.WAITALL` and so on
 * @returns the number of bytes; 0 at the end of a stream, and for an empty message
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

/** The same as {@link recv}, returned instead of thrown. A bad buffer is thrown all the same. */
export function tryRecv(socket: SocketLike, buffer: Uint8Array, flags = 0): Result<number, RecvError> {
  checkBuffer("buffer", buffer);
  int("flags", flags);
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  if (fd < 0) return recvErrors.fail(system, "SocketClosed");
  let returned = system.recv(fd, buffer, flags);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "receiving", () => system.recv(fd, buffer, flags));
  }
  if (returned >= 0) return { ok: true, value: returned };
  return recvErrors.failure(system, returned, { ask: (code) => recvErrorName(borrowed, code) });
}
