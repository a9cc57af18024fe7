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
 * Everything that `sendmsg()` can fail with: what `sendto()` can, and what control messages add.
 */
export const sendmsgErrors = new ErrorSet("sendmsg", {
  ...sendtoErrors.entries,
  BadFileDescriptor: {
    codes: ["EBADF"],
    message: "The descriptor, or one that the message carries, is not open.",
  },
  InvalidArgument: {
    codes: ["EINVAL", "EFAULT"],
    message: "The flags, the address, the data or a control message is not valid for this socket.",
    advice: "A message carries at most 253 descriptors.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT"],
    message: "The system does not have a control message of this type.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message:
      "A firewall rule or a security policy forbids the message; the credentials are not the process's own; or the receiver takes no descriptors (SO.PASSRIGHTS).",
  },
  ProcessNotFound: {
    codes: ["ESRCH"],
    message: "No process has the pid of the credentials that the message carries.",
  },
  SocketClosed: {
    codes: [],
    code: "EBADF",
    message:
      "The socket, or a descriptor that the message carries, is closed, or not open yet; no system call was made.",
  },
  SystemResources: {
    codes: ["ENOBUFS", "ENOMEM"],
    message:
      "The system is out of memory or of buffers, or the control messages are longer than net.core.optmem_max.",
  },
  TooManyDescriptors: {
    codes: ["ETOOMANYREFS"],
    message: "Too many descriptors are under way, or sockets that carry sockets are nested too deeply.",
    advice: "The receivers have to take them first; a user may have as many under way as ulimit -n.",
  },
});

export type SendmsgErrorName = NameOf<typeof sendmsgErrors>;
export type SendmsgError = ErrorOf<typeof sendmsgErrors>;

/** Whether an error is one that `sendmsg()` threw. */
export const isSendmsgError = (error: unknown): error is SendmsgError => sendmsgErrors.has(error);

/**
 * Sends a message: data in pieces, to an address or to the peer, and control messages beside it,
 * such as descriptors. SIGPIPE is never raised: MSG.NOSIGNAL is always set.
 *
 * Linux sends control messages over a stream only together with at least one byte of data. A socket
 * that is not of `AF.UNIX` drops descriptors and credentials without a word, as a control message
 * of another protocol is.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param message what to send; its descriptors stay the caller's
 * @param flags `MSG.DONTWAIT`, `MSG.EOR`, `MSG.MORE` and so on
 * @returns how many bytes of data were taken
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
 * sendmsg(left, { data: [Buffer.from("yours")], control: [{ type: "SCM_RIGHTS", descriptors: [listener] }] });
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
 * The same as {@link sendmsg}, returned instead of thrown. A malformed message is thrown all the
 * same.
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
