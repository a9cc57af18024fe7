import type { AddressInput } from "../address/address.ts";
import { encodeAddress } from "../address/sockaddr.ts";
import {
  AddressFamilyNotSupported,
  FileNotFound,
  NameTooLong,
  NotADirectory,
  SymLinkLoop,
  WrongProtocolType,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { checkData } from "./buffer.ts";
import { endpointOf } from "./endpoint.ts";
import { isInterrupted } from "./interrupted.ts";
import { checkNetPermission } from "./net-permission.ts";
import { retryInterrupted } from "./retry-interrupted.ts";
import { sendErrors } from "./send.ts";
import { sendErrorName } from "./send-errno.ts";
import { sendFlags } from "./send-flags.ts";

/** Everything `sendto()` can fail with: the errors of `send()`, and those of the address. */
export const sendtoErrors = new ErrorSet("sendto", {
  ...sendErrors.entries,
  AddressFamilyNotSupported,
  AlreadyConnected: {
    codes: ["EISCONN"],
    message:
      "The socket is connected and does not accept an address, or it is listening and cannot open a " +
      "connection.",
    advice: "On a connected socket, use send().",
  },
  FileNotFound,
  NameTooLong,
  NotADirectory,
  SocketNotConnected: {
    ...sendErrors.entries.SocketNotConnected,
    codes: [...sendErrors.entries.SocketNotConnected.codes, "EOPNOTSUPP"],
  },
  SymLinkLoop,
  WrongProtocolType,
});

export type SendtoErrorName = NameOf<typeof sendtoErrors>;
export type SendtoError = ErrorOf<typeof sendtoErrors>;

/** Whether an error was thrown by `sendto()`. */
export const isSendtoError = (error: unknown): error is SendtoError => sendtoErrors.has(error);

/**
 * Sends a message to an address. The socket need not be connected; on a connected datagram socket,
 * the address overrides the peer for this message. Linux ignores the address on a connected TCP or
 * SOCK.SEQPACKET socket, and rejects it on a connected unix stream.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param data at most 2147483647 bytes, in memory that is neither shared nor resizable
 * @param flags `MSG.DONTWAIT`, `MSG.CONFIRM` and so on; 0 for none
 * @param address the destination
 * @returns the number of bytes accepted for sending
 * @throws SendtoError named `AccessDenied`, `AddressNotAvailable`, `AlreadyConnected`,
 * `BadFileDescriptor`, `BrokenPipe`, `ConnectionAborted`, `ConnectionPending`, `ConnectionRefused`,
 * `ConnectionResetByPeer`, `ConnectionTimedOut`, `DestinationAddressRequired`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`,
 * `NetworkSubsystemFailed`, `NetworkUnreachable`, `OperationNotSupported`, `PermissionDenied`,
 * `ProtocolFailure`, `SocketClosed`, `SocketNotConnected`, `SystemResources`, `Unexpected`,
 * `WouldBlock`, `AddressFamilyNotSupported`, `FileNotFound`, `NameTooLong`, `NotADirectory`,
 * `SymLinkLoop` or `WrongProtocolType`
 * @throws TypeError if `data` is not a Uint8Array over plain memory, or the address is malformed
 * @throws RangeError if the data is too long, the address is out of range, or `flags` has
 * `MSG.ZEROCOPY`
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * using sender = socket(AF.INET, SOCK.DGRAM);
 * sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/sendto.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/send.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/send.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=sendto&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-sendto)
 */
export function sendto(socket: SocketLike, data: Uint8Array, flags: number, address: AddressInput): number {
  return unwrap(trySendto(socket, data, flags, address), sendto);
}

/**
 * Like {@link sendto}, but returns errors instead of throwing them. Still throws on bad data or a
 * bad address.
 */
export function trySendto(
  socket: SocketLike,
  data: Uint8Array,
  flags: number,
  address: AddressInput,
): Result<number, SendtoError> {
  checkNetPermission(address);
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const quietFlags = sendFlags(system, flags);
  const sockaddr = encodeAddress(address, system, system.address);
  // Only now: the address's getters may have detached the data or closed the socket.
  checkData(data);
  const { fd } = borrowed;
  if (fd < 0) return sendtoErrors.fail(system, "SocketClosed", endpointOf(address));
  let returned = system.sendto(fd, data, quietFlags, sockaddr);
  if (isInterrupted(system, returned)) {
    returned = retryInterrupted(system, fd, "sending", () => system.sendto(fd, data, quietFlags, sockaddr));
  }
  if (returned >= 0) return { ok: true, value: returned };
  return sendtoErrors.failure(system, returned, {
    ask: (code) => sendErrorName(borrowed, code),
    where: () => endpointOf(address),
  });
}
