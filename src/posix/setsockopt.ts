import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  SocketClosed,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { checkOption, type WritableOption } from "../options/option.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { encodeValue, placed } from "./encode-value.ts";

/** Everything `setsockopt()` can fail with. */
export const setsockoptErrors = new ErrorSet("setsockopt", {
  AccessDenied: {
    codes: ["EACCES", "ENOKEY"],
    message:
      "Setting the option requires privilege, or a security policy forbids it; or there is no such key.",
  },
  AddressInUse: {
    codes: ["EADDRINUSE"],
    message: "The socket is already a member of the multicast group on this interface.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL"],
    message: "No interface has the address, or the socket is not a member of the multicast group.",
  },
  AlreadyConnected: {
    codes: ["EISCONN"],
    message: "The option cannot be set while the socket is connected.",
  },
  AlreadyExists: {
    codes: ["EEXIST"],
    message: "The socket already has such an object: an upper-layer protocol (TCP.ULP) or a flow label.",
  },
  BadFileDescriptor,
  DeviceNotFound: {
    codes: ["ENODEV", "ENXIO"],
    message: "There is no such network interface.",
  },
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["E2BIG", "EFAULT", "EINVAL", "EMSGSIZE", "ERANGE"],
    message: "The value is not valid for the option, or not in the socket's current state.",
  },
  NetworkSubsystemFailed,
  NotFound: {
    codes: ["ENOENT", "ESRCH"],
    message:
      "The thing named by the value, or to be removed, does not exist: a congestion control, a key, a " +
      "filter.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT", "EOPNOTSUPP", "EPROTO"],
    message: "The system, or the protocol of the socket, does not have the option.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "Setting the option to this value requires privilege, or the setting is locked.",
  },
  ResourceBusy: {
    // SCTP's streams: sctp_send_reset_streams in net/sctp/stream.c.
    codes: ["EBUSY", "EAGAIN", "EINPROGRESS"],
    message: "The resource that the option changes is in use, or an earlier change is not done yet.",
  },
  SocketClosed,
  SocketNotConnected: {
    codes: ["ENOTCONN", "ENETRESET"],
    message: "The option applies to a connection, and the socket is not connected.",
  },
  SystemResources: {
    codes: ["ENOBUFS", "ENOMEM", "ENOSPC"],
    message:
      "The system is out of memory, or the socket has reached its limit of memberships, filters or options.",
    advice: "See net.core.optmem_max, net.ipv4.igmp_max_memberships and net.ipv4.igmp_max_msf.",
  },
  TimeoutTooBig: {
    codes: ["EDOM"],
    message: "The timeout is out of the system's range.",
  },
  Unexpected,
});

export type SetsockoptErrorName = NameOf<typeof setsockoptErrors>;
export type SetsockoptError = ErrorOf<typeof setsockoptErrors>;

/** Whether an error was thrown by `setsockopt()`. */
export const isSetsockoptError = (error: unknown): error is SetsockoptError => setsockoptErrors.has(error);

/**
 * Sets an option of a socket.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param option `SO.REUSEADDR`, `TCP.NODELAY` and so on, or a `rawOption()`; a read-only option
 * does not compile
 * @param value the value, in the option's own type
 * @throws SetsockoptError named `AccessDenied`, `AddressInUse`, `AddressNotAvailable`,
 * `AlreadyConnected`, `AlreadyExists`, `BadFileDescriptor`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `InvalidArgument`, `NetworkSubsystemFailed`, `NotFound`,
 * `OptionNotSupported`, `PermissionDenied`, `ResourceBusy`, `SocketClosed`, `SocketNotConnected`,
 * `SystemResources`, `TimeoutTooBig` or `Unexpected`
 * @throws TypeError if the value is of the wrong type, or a `rawOption()` names an option that
 * carries a pointer
 * @throws RangeError if it is out of range
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * setsockopt(server, SO.REUSEADDR, true);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/setsockopt.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/setsockopt.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/setsockopt.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=setsockopt&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-setsockopt)
 */
export function setsockopt<Set>(socket: SocketLike, option: WritableOption<Set>, value: NoInfer<Set>): void {
  unwrap(trySetsockopt(socket, option, value), setsockopt);
}

/**
 * Like {@link setsockopt}, but returns errors instead of throwing them. Still throws on a bad
 * value.
 */
export function trySetsockopt<Set>(
  socket: SocketLike,
  option: WritableOption<Set>,
  value: NoInfer<Set>,
): Result<void, SetsockoptError> {
  const borrowed = borrow(socket);
  const { system } = borrowed;
  checkOption(option, "write");
  const number = option.numberOn(system);
  const encoded = encodeValue(option.name, option.write, value, system);
  // Only now: the value's getters may have closed the socket or set other options.
  const { fd } = borrowed;
  if (fd < 0) return setsockoptErrors.fail(system, "SocketClosed", undefined, option.name);
  if (number === undefined)
    return setsockoptErrors.fail(system, "OptionNotSupported", undefined, option.name);
  const returned = system.setsockopt(fd, number.level, number.number, placed(encoded, system.option));
  if (returned < 0) return setsockoptErrors.failure(system, returned, { about: option.name });
  return { ok: true, value: undefined };
}
