import type { Address } from "../address/address.ts";
import { decodeAddress } from "../address/sockaddr.ts";
import { int } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { checkBuffer } from "./buffer.ts";
import { isInterrupted } from "./interrupted.ts";
import { recvErrors } from "./recv.ts";
import { recvErrorName } from "./recv-errno.ts";
import { retryInterrupted } from "./retry-interrupted.ts";

/** Everything `recvfrom()` can fail with: the errors of `recv()` and one more. */
export const recvfromErrors = new ErrorSet("recvfrom", {
  ...recvErrors.entries,
  AlreadyConnected: {
    codes: ["EISCONN"],
    message: "The socket is connected, so it reports no senders.",
    advice: "Use recv().",
  },
});

export type RecvfromErrorName = NameOf<typeof recvfromErrors>;
export type RecvfromError = ErrorOf<typeof recvfromErrors>;

/** Whether an error was thrown by `recvfrom()`. */
export const isRecvfromError = (error: unknown): error is RecvfromError => recvfromErrors.has(error);

/** The received bytes and their sender. */
export interface Received {
  /** The number of bytes; 0 at the end of a stream and for an empty message. */
  readonly bytes: number;
  /**
   * The sender's address; `{ family: "unspecified" }` if the protocol does not provide it, as on a
   * connected stream.
   */
  readonly address: Address;
}

/**
 * Receives bytes and their sender's address, blocking until some arrive. If a message does not fit
 * the buffer, the rest is lost; with `MSG.TRUNC`, Linux returns its full length. Fails with
 * `WouldBlock` when SO.RCVTIMEO expires. The call resumes after signals; SO.RCVTIMEO then counts
 * from the first one.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param buffer receives the bytes: at most 2147483647, in memory that is neither shared nor
 * resizable
 * @param flags `MSG.DONTWAIT`, `MSG.PEEK`, `MSG.WAITALL` and so on
 * @returns the number of bytes and their sender's address
 * @throws RecvfromError named `AccessDenied`, `BadFileDescriptor`, `ConnectionAborted`,
 * `ConnectionRefused`, `ConnectionResetByPeer`, `ConnectionTimedOut`, `FileDescriptorNotASocket`,
 * `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`, `NetworkSubsystemFailed`,
 * `NetworkUnreachable`, `OperationNotSupported`, `ProtocolFailure`, `SocketClosed`,
 * `SocketNotBound`, `SocketNotConnected`, `SocketShutDown`, `SystemResources`, `Unexpected`,
 * `WouldBlock` or `AlreadyConnected`
 * @throws TypeError if `buffer` is not a Uint8Array over plain memory
 * @throws RangeError if it is too long
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * using sender = socket(AF.INET, SOCK.DGRAM);
 * sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
 * const { bytes, address } = recvfrom(receiver, new Uint8Array(1500));
 * console.log(bytes, address); // 5 { family: "ipv4", address: "127.0.0.1", port: 52618 }
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/recvfrom.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/recv.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/recv.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=recvfrom&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-recvfrom)
 */
export function recvfrom(socket: SocketLike, buffer: Uint8Array, flags = 0): Received {
  return unwrap(tryRecvfrom(socket, buffer, flags), recvfrom);
}

/**
 * Like {@link recvfrom}, but returns errors instead of throwing them. Still throws on a bad buffer.
 */
export function tryRecvfrom(
  socket: SocketLike,
  buffer: Uint8Array,
  flags = 0,
): Result<Received, RecvfromError> {
  int("flags", flags);
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  // Last: a socket of Node's may have getters, which could transfer the buffer.
  checkBuffer("buffer", buffer);
  if (fd < 0) return recvfromErrors.fail(system, "SocketClosed");
  let bytes = system.recvfrom(fd, buffer, flags, system.address);
  if (isInterrupted(system, bytes)) {
    bytes = retryInterrupted(system, fd, "receiving", () =>
      system.recvfrom(fd, buffer, flags, system.address),
    );
  }
  if (bytes < 0)
    return recvfromErrors.failure(system, bytes, { ask: (code) => recvErrorName(borrowed, code) });
  return { ok: true, value: { bytes, address: decodeAddress(system, system.address) } };
}
