import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { messagesOf } from "./buffer.ts";
import { endpointOf } from "./endpoint.ts";
import { isInterrupted } from "./interrupted.ts";
import { type Message, type MessageToSend, prepareToSend, readMessage } from "./message-to-send.ts";
import { retryInterrupted } from "./retry-interrupted.ts";
import { sendErrorName } from "./send-errno.ts";
import { sendFlags } from "./send-flags.ts";
import { sendmsgErrors } from "./sendmsg.ts";

/** Everything `sendmmsg()` can fail with: the errors of `sendmsg()`, for the first message. */
export const sendmmsgErrors = new ErrorSet("sendmmsg", sendmsgErrors.entries);

export type SendmmsgErrorName = NameOf<typeof sendmmsgErrors>;
export type SendmmsgError = ErrorOf<typeof sendmmsgErrors>;

/** Whether an error was thrown by `sendmmsg()`. */
export const isSendmmsgError = (error: unknown): error is SendmmsgError => sendmmsgErrors.has(error);

/**
 * Sends several messages in one call, in order, stopping at the first that cannot be sent. The call
 * fails only if that is the very first.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param messages at most 1024 messages; the caller keeps ownership of their descriptors
 * @param flags `MSG.DONTWAIT` and so on
 * @returns the number of messages sent. If it is fewer than given, the reason is lost
 * (__sys_sendmmsg in net/socket.c): an error caused by the message itself recurs when you send the
 * rest, but a pending one, such as ConnectionRefused, was consumed by this call
 * @throws SendmmsgError named `AccessDenied`, `AddressNotAvailable`, `AlreadyConnected`,
 * `BadFileDescriptor`, `BrokenPipe`, `ConnectionAborted`, `ConnectionPending`, `ConnectionRefused`,
 * `ConnectionResetByPeer`, `ConnectionTimedOut`, `DestinationAddressRequired`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`,
 * `NetworkSubsystemFailed`, `NetworkUnreachable`, `OperationNotSupported`, `PermissionDenied`,
 * `ProtocolFailure`, `SocketClosed`, `SocketNotConnected`, `SystemResources`, `Unexpected`,
 * `WouldBlock`, `AddressFamilyNotSupported`, `FileNotFound`, `NameTooLong`, `NotADirectory`,
 * `SymLinkLoop`, `WrongProtocolType`, `OptionNotSupported`, `ProcessNotFound` or
 * `TooManyDescriptors`
 * @throws TypeError if a message is malformed, or one of its control messages cannot be sent
 * @throws RangeError if a value is out of range, the data too long, or there are more than 1024
 * messages
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * using sender = socket(AF.INET, SOCK.DGRAM);
 * connect(sender, getsockname(receiver));
 * console.log(sendmmsg(sender, [{ data: [Buffer.from("one")] }, { data: [Buffer.from("two")] }])); // 2
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/sendmmsg.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=sendmmsg&sektion=2)
 */
export function sendmmsg(socket: SocketLike, messages: readonly Message[], flags = 0): number {
  return unwrap(trySendmmsg(socket, messages, flags), sendmmsg);
}

/**
 * Like {@link sendmmsg}, but returns errors instead of throwing them. Still throws on a malformed
 * message.
 */
export function trySendmmsg(
  socket: SocketLike,
  messages: readonly Message[],
  flags = 0,
): Result<number, SendmmsgError> {
  const given = messagesOf("messages", messages);
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const quietFlags = sendFlags(system, flags);
  const headers: MessageToSend[] = [];
  for (const message of given) {
    const header = readMessage(message, system, headers.at(-1));
    if (typeof header === "string") return sendmmsgErrors.fail(system, header);
    headers.push(header);
  }
  const fd = prepareToSend(headers, borrowed);
  if (fd < 0) return sendmmsgErrors.fail(system, "SocketClosed");
  const call = () => system.sendmmsg(fd, headers, quietFlags);
  let returned = call();
  if (isInterrupted(system, returned)) returned = retryInterrupted(system, fd, "sending", call);
  if (returned >= 0) return { ok: true, value: returned };
  const address = headers[0]?.to;
  return sendmmsgErrors.failure(system, returned, {
    ask: (code) => sendErrorName(borrowed, code),
    where: () => address && endpointOf(address),
  });
}
