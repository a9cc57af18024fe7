import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { endpointOf } from "./endpoint.ts";
import { isInterrupted } from "./interrupted.ts";
import { type Message, prepareToSend, readMessage } from "./message-to-send.ts";
import { retryInterrupted } from "./retry-interrupted.ts";
import { sendErrorName } from "./send-errno.ts";
import { sendFlags } from "./send-flags.ts";
import { sendtoErrors } from "./sendto.ts";

/**
 * Everything `sendmsg()` can fail with: the errors of `sendto()`, and those of control messages.
 */
export const sendmsgErrors = new ErrorSet("sendmsg", {
  ...sendtoErrors.entries,
  BadFileDescriptor: {
    codes: ["EBADF"],
    message: "The descriptor, or one carried by the message, is not open.",
  },
  InvalidArgument: {
    codes: ["EINVAL", "EFAULT"],
    message: "The flags, the address, the data or a control message is not valid for this socket.",
    advice: "A message carries at most 253 descriptors.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT"],
    message: "The system does not support this type of control message.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message:
      "A firewall rule or security policy blocked the message; the credentials are not the process's " +
      "own; or the receiver does not accept descriptors (SO.PASSRIGHTS).",
  },
  ProcessNotFound: {
    codes: ["ESRCH"],
    message: "The pid in the message's credentials does not exist.",
  },
  SocketClosed: {
    codes: [],
    code: "EBADF",
    message:
      "The socket, or a descriptor carried by the message, is closed or not open yet; no system call " +
      "was made.",
  },
  SystemResources: {
    codes: ["ENOBUFS", "ENOMEM"],
    message: "The system is out of memory or buffers, or the control messages exceed net.core.optmem_max.",
  },
  TooManyDescriptors: {
    codes: ["ETOOMANYREFS"],
    message: "Too many descriptors are in flight, or sockets in flight are nested too deeply.",
    advice: "Receive those first; each user may have as many in flight as ulimit -n.",
  },
});

export type SendmsgErrorName = NameOf<typeof sendmsgErrors>;
export type SendmsgError = ErrorOf<typeof sendmsgErrors>;

/** Whether an error was thrown by `sendmsg()`. */
export const isSendmsgError = (error: unknown): error is SendmsgError => sendmsgErrors.has(error);

/**
 * Sends a message to an address or to the peer: data in one or more pieces, and control messages
 * such as descriptors. SIGPIPE is never raised: MSG.NOSIGNAL is always set.
 *
 * On a stream, Linux sends control messages only with at least one byte of data. Sockets other than
 * `AF.UNIX` silently drop descriptors and credentials; any socket silently drops another protocol's
 * control messages.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param message the message; the caller keeps ownership of its descriptors
 * @param flags `MSG.DONTWAIT`, `MSG.EOR`, `MSG.MORE` and so on
 * @returns the number of data bytes accepted for sending
 * @throws SendmsgError named `AccessDenied`, `AddressNotAvailable`, `AlreadyConnected`,
 * `BadFileDescriptor`, `BrokenPipe`, `ConnectionAborted`, `ConnectionPending`, `ConnectionRefused`,
 * `ConnectionResetByPeer`, `ConnectionTimedOut`, `DestinationAddressRequired`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`,
 * `NetworkSubsystemFailed`, `NetworkUnreachable`, `OperationNotSupported`, `PermissionDenied`,
 * `ProtocolFailure`, `SocketClosed`, `SocketNotConnected`, `SystemResources`, `Unexpected`,
 * `WouldBlock`, `AddressFamilyNotSupported`, `FileNotFound`, `NameTooLong`, `NotADirectory`,
 * `SymLinkLoop`, `WrongProtocolType`, `OptionNotSupported`, `ProcessNotFound` or
 * `TooManyDescriptors`
 * @throws TypeError if the message is malformed, or one of its control messages cannot be sent
 * @throws RangeError if a value is out of range, or the data too long or in too many pieces
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * using listener = socket(AF.INET, SOCK.STREAM);
 * listen(listener, 16);
 * sendmsg(left, {
 *   data: [Buffer.from("yours")],
 *   control: [{ type: "SCM_RIGHTS", descriptors: [listener] }],
 * });
 * for (const message of recvmsg(right, { data: [new Uint8Array(16)] }).control) {
 *   if (message.type === "SCM_RIGHTS") for (const descriptor of message.descriptors) close(descriptor);
 * }
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/sendmsg.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/sendmsg.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/sendmsg.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=sendmsg&sektion=2)
 */
export function sendmsg(socket: SocketLike, message: Message, flags = 0): number {
  return unwrap(trySendmsg(socket, message, flags), sendmsg);
}

/**
 * Like {@link sendmsg}, but returns errors instead of throwing them. Still throws on a malformed
 * message.
 */
export function trySendmsg(socket: SocketLike, message: Message, flags = 0): Result<number, SendmsgError> {
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const quietFlags = sendFlags(system, flags);
  const header = readMessage(message, system);
  if (typeof header === "string") return sendmsgErrors.fail(system, header);
  const fd = prepareToSend([header], borrowed);
  if (fd < 0) return sendmsgErrors.fail(system, "SocketClosed");
  const call = () => system.sendmsg(fd, header, quietFlags);
  let returned = call();
  if (isInterrupted(system, returned)) returned = retryInterrupted(system, fd, "sending", call);
  if (returned >= 0) return { ok: true, value: returned };
  return sendmsgErrors.failure(system, returned, {
    ask: (code) => sendErrorName(borrowed, code),

    where: () => header.to && endpointOf(header.to),
  });
}
