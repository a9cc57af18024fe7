import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  ProcessFdQuotaExceeded,
  SocketClosed,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { checkOption, type ReadableOption } from "../options/option.ts";
import type { OptionNumber, System } from "../system/system.ts";
import type { ValueResult } from "../system/value-result.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything that `getsockopt()` can fail with. */
export const getsockoptErrors = new ErrorSet("getsockopt", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "A security policy, or the access mode of the descriptor, forbids to read the option.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL"],
    message: "The socket is not a member of the multicast group.",
  },
  BadFileDescriptor,
  DeviceNotFound: {
    codes: ["ENODEV"],
    message: "The network interface does not exist any more.",
  },
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL", "EFAULT", "ERANGE"],
    message: "The option cannot be read in this state of the socket, or not with this length.",
  },
  NetworkSubsystemFailed,
  NotFound: {
    codes: ["ENODATA", "ENOENT", "ESRCH"],
    message:
      "There is nothing to read: no peer whose credentials are known, or no entry in the kernel's table.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT", "EOPNOTSUPP"],
    message: "The system, or the protocol of the socket, does not have the option.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "The process lacks the privilege to read the option, or the socket is not under repair.",
  },
  ProcessFdQuotaExceeded,
  SocketClosed,
  SocketNotConnected: {
    codes: ["ENOTCONN"],
    message: "The option tells something of a connection, and the socket is not connected.",
  },
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
});

export type GetsockoptErrorName = NameOf<typeof getsockoptErrors>;
export type GetsockoptError = ErrorOf<typeof getsockoptErrors>;

/** Whether an error is one that `getsockopt()` threw. */
export const isGetsockoptError = (error: unknown): error is GetsockoptError => getsockoptErrors.has(error);

/**
 * Reads an option of a socket.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param option `SO.RCVBUF`, `TCP.INFO` and so on, or a `rawOption()`; one that can only be set
 * does not compile
 * @returns the value, of the option's own type
 * @throws GetsockoptError named `AccessDenied`, `AddressNotAvailable`, `BadFileDescriptor`,
 * `DeviceNotFound`, `FileDescriptorNotASocket`, `InvalidArgument`, `NetworkSubsystemFailed`,
 * `NotFound`, `OptionNotSupported`, `PermissionDenied`, `ProcessFdQuotaExceeded`, `SocketClosed`,
 * `SocketNotConnected`, `SystemFdQuotaExceeded`, `SystemResources` or `Unexpected`
 * @throws TypeError if a `rawOption()` names one that carries a pointer
 * @example
 * ```ts
 * using client = socket(AF.INET, SOCK.STREAM);
 * console.log(getsockopt(client, SO.REUSEADDR)); // false
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getsockopt.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/getsockopt.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/getsockopt.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=getsockopt&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-getsockopt)
 */
export function getsockopt<Get>(socket: SocketLike, option: ReadableOption<Get>): Get {
  return unwrap(tryGetsockopt(socket, option), getsockopt);
}

/** The same as {@link getsockopt}, returned instead of thrown. */
export function tryGetsockopt<Get>(
  socket: SocketLike,
  option: ReadableOption<Get>,
): Result<Get, GetsockoptError> {
  const { system, fd } = borrow(socket);
  checkOption(option, "read");
  const number = option.numberOn(system);
  if (fd < 0) return getsockoptErrors.fail(system, "SocketClosed", undefined, option.name);
  if (number === undefined)
    return getsockoptErrors.fail(system, "OptionNotSupported", undefined, option.name);
  let value = system.option;
  let returned = read(system, fd, number, option, value, option.read.size);
  // SO_PEERGROUPS and SO_PEERSEC say ERANGE, and how much room they need (sk_getsockopt in
  // net/core/sock.c).
  if (returned < 0 && value.length > option.read.size && system.errnoName(-returned) === "ERANGE") {
    const { length } = value;
    value = value.withBufferFor(length);
    returned = read(system, fd, number, option, value, length);
  }
  if (returned < 0) return getsockoptErrors.failure(system, returned, { about: option.name });
  return { ok: true, value: option.read.decode(value, system) };
}

function read(
  system: System,
  fd: number,
  { level, number }: OptionNumber,
  option: ReadableOption<unknown>,
  value: ValueResult,
  size: number,
): number {
  option.read.prepare?.(value, system);
  value.length = size;
  return system.getsockopt(fd, level, number, value);
}
