import { int } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { isInterrupted } from "./interrupted.ts";
import {
  type MessageBuffers,
  prepareToReceive,
  type ReceivedMessage,
  readBuffer,
  receive,
  received,
  whyTruncated,
} from "./received-message.ts";
import { recvErrors } from "./recv.ts";
import { recvErrorName } from "./recv-errno.ts";
import { retryInterrupted } from "./retry-interrupted.ts";

/**
 * Everything `recvmsg()` can fail with: the errors of `recv()`, and those of truncated control
 * messages.
 */
export const recvmsgErrors = new ErrorSet("recvmsg", {
  ...recvErrors.entries,
  ControlTruncated: {
    codes: [],
    code: "EMSGSIZE",
    message:
      "The control messages did not fit their buffer. Descriptors that did arrive are closed, and the " +
      "message is lost.",
    advice: "Pass a larger controlLength, or omit it.",
  },
  MessageTooBig: {
    codes: ["EMSGSIZE"],
    message: "The message has too many data buffers.",
  },
  ProcessFdQuotaExceeded: {
    codes: ["EMFILE"],
    message:
      "The process is at its descriptor limit, or a security policy rejected a descriptor. Descriptors " +
      "that did arrive are closed, and the message is lost.",
    advice: "Close some, or raise the limit (ulimit -n).",
  },
});

export type RecvmsgErrorName = NameOf<typeof recvmsgErrors>;
export type RecvmsgError = ErrorOf<typeof recvmsgErrors>;

/** Whether an error was thrown by `recvmsg()`. */
export const isRecvmsgError = (error: unknown): error is RecvmsgError => recvmsgErrors.has(error);

/**
 * Receives a message: its data (into one or more buffers), its sender and its control messages.
 * Blocks until one arrives.
 *
 * Received descriptors are owned by the receiver and close-on-exec; close each of them. With
 * `MSG.ERRQUEUE` it takes an error from the queue that `IP.RECVERR` enables.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param buffer buffers for the data, and the space for control messages
 * @param flags `MSG.DONTWAIT`, `MSG.PEEK`, `MSG.ERRQUEUE` and so on
 * @throws RecvmsgError named `AccessDenied`, `BadFileDescriptor`, `ConnectionAborted`,
 * `ConnectionRefused`, `ConnectionResetByPeer`, `ConnectionTimedOut`, `FileDescriptorNotASocket`,
 * `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`, `NetworkSubsystemFailed`,
 * `NetworkUnreachable`, `OperationNotSupported`, `ProtocolFailure`, `SocketClosed`,
 * `SocketNotBound`, `SocketNotConnected`, `SocketShutDown`, `SystemResources`, `Unexpected`,
 * `WouldBlock`, `ControlTruncated` or `ProcessFdQuotaExceeded`
 * @throws TypeError if the buffers are malformed
 * @throws RangeError if a length is out of range
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * setsockopt(receiver, IP.PKTINFO, true);
 * using sender = socket(AF.INET, SOCK.DGRAM);
 * sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
 * const { bytes, control } = recvmsg(receiver, { data: [new Uint8Array(1500)] });
 * console.log(bytes); // 5
 * for (const message of control) if (message.type === "IP_PKTINFO") console.log(message.addr); // 127.0.0.1
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/recvmsg.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/recv.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/recvmsg.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=recvmsg&sektion=2)
 */
export function recvmsg(socket: SocketLike, buffer: MessageBuffers, flags = 0): ReceivedMessage {
  return unwrap(tryRecvmsg(socket, buffer, flags), recvmsg);
}

/**
 * Like {@link recvmsg}, but returns errors instead of throwing them. Still throws on malformed
 * buffers.
 */
export function tryRecvmsg(
  socket: SocketLike,
  buffer: MessageBuffers,
  flags = 0,
): Result<ReceivedMessage, RecvmsgError> {
  int("flags", flags);
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const header = readBuffer(buffer);
  // Only now: the buffers' getters may have closed the socket.
  const { fd } = borrowed;
  prepareToReceive(header, 0, system);
  if (fd < 0) return recvmsgErrors.fail(system, "SocketClosed");
  const call = () => receive(system, fd, flags, (flags) => system.recvmsg(fd, header, flags));
  let bytes = call();
  if (isInterrupted(system, bytes)) bytes = retryInterrupted(system, fd, "receiving", call);
  if (bytes < 0)
    return recvmsgErrors.failure(system, bytes, { ask: (code) => recvErrorName(borrowed, code) });
  const message = received(header, bytes, system);
  if ((message.flags & system.constants.MSG.CTRUNC) === 0) return { ok: true, value: message };
  const [name, detail] = whyTruncated(header, system);
  return recvmsgErrors.fail(system, name, undefined, undefined, detail);
}
