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
import {
  checkQueryable,
  checkReadable,
  type QueryableOption,
  type ReadableOption,
} from "../options/option.ts";
import type { OptionNumber, System } from "../system/system.ts";
import type { ValueResult } from "../system/value-result.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { encodeValue, placed } from "./encode-value.ts";

/** Everything `getsockopt()` can fail with. */
export const getsockoptErrors = new ErrorSet("getsockopt", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "A security policy or the descriptor's access mode forbids reading the option.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL"],
    message: "The socket is not a member of the multicast group.",
  },
  BadFileDescriptor,
  DeviceNotFound: {
    codes: ["ENODEV"],
    message: "The network interface no longer exists.",
  },
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL", "EFAULT", "ERANGE"],
    message: "The option cannot be read in the socket's current state, or not with this length.",
  },
  NetworkSubsystemFailed,
  NotFound: {
    codes: ["ENODATA", "ENOENT", "ESRCH"],
    message:
      "The option has no value: the peer's credentials are unknown, or the kernel's table has no entry.",
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
    message: "The option describes a connection, and the socket is not connected.",
  },
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
});

export type GetsockoptErrorName = NameOf<typeof getsockoptErrors>;
export type GetsockoptError = ErrorOf<typeof getsockoptErrors>;

/** Whether an error was thrown by `getsockopt()`. */
export const isGetsockoptError = (error: unknown): error is GetsockoptError => getsockoptErrors.has(error);

/**
 * Reads an option of a socket.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param option `SO.RCVBUF`, `TCP.INFO` and so on, or a `rawOption()`; a write-only option does not
 * compile
 * @returns the value, in the option's own type
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
export function getsockopt<Get>(socket: SocketLike, option: ReadableOption<Get>): Get;
/**
 * Reads an option of a part of a socket that a query names, such as one association of SCTP:
 * `getsockopt(socket, SCTP.STATUS, { assocId })`. Fails as without a query.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param option an option that takes a query; others do not compile
 * @param query which part to read, in the option's own type
 * @returns the value, in the option's own type
 * @throws GetsockoptError
 * @throws TypeError if the query is not of its type
 * @throws RangeError if a number of the query is out of range
 */
export function getsockopt<Get, Query>(
  socket: SocketLike,
  option: QueryableOption<Get, Query>,
  query: NoInfer<Query>,
): Get;
export function getsockopt<Get, Query>(
  socket: SocketLike,
  option: ReadableOption<Get> | QueryableOption<Get, Query>,
  query?: Query,
): Get {
  return unwrap(readOrAsk(socket, option, query), getsockopt);
}

/**
 * Like {@link getsockopt}, but returns errors instead of throwing them. Still throws on a bad
 * query.
 */
export function tryGetsockopt<Get>(
  socket: SocketLike,
  option: ReadableOption<Get>,
): Result<Get, GetsockoptError>;
export function tryGetsockopt<Get, Query>(
  socket: SocketLike,
  option: QueryableOption<Get, Query>,
  query: NoInfer<Query>,
): Result<Get, GetsockoptError>;
export function tryGetsockopt<Get, Query>(
  socket: SocketLike,
  option: ReadableOption<Get> | QueryableOption<Get, Query>,
  query?: Query,
): Result<Get, GetsockoptError> {
  return readOrAsk(socket, option, query);
}

function readOrAsk<Get, Query>(
  socket: SocketLike,
  option: ReadableOption<Get> | QueryableOption<Get, Query>,
  query: Query | undefined,
): Result<Get, GetsockoptError> {
  const borrowed = borrow(socket);
  if (query !== undefined) return ask(borrowed, option, query);
  const { system, fd } = borrowed;
  checkReadable(option);
  const number = option.numberOn(system);
  if (fd < 0) return getsockoptErrors.fail(system, "SocketClosed", undefined, option.name);
  if (number === undefined)
    return getsockoptErrors.fail(system, "OptionNotSupported", undefined, option.name);
  let value = system.option;
  let returned = read(system, fd, number, option, value, option.read.size);
  // SO_PEERGROUPS and SO_PEERSEC return ERANGE and the size they need (sk_getsockopt in
  // net/core/sock.c).
  if (returned < 0 && value.length > option.read.size && system.errnoName(-returned) === "ERANGE") {
    const { length } = value;
    value = value.withBufferFor(length);
    returned = read(system, fd, number, option, value, length);
  }
  if (returned < 0) return getsockoptErrors.failure(system, returned, { about: option.name });
  return { ok: true, value: option.read.decode(value, system) };
}

/** Reads an option with a query. */
function ask<Get, Query>(
  borrowed: Borrowed,
  option: ReadableOption<Get> | QueryableOption<Get, Query>,
  query: Query,
): Result<Get, GetsockoptError> {
  const { system } = borrowed;
  checkQueryable(option);
  const number = option.numberOn(system);
  const encoded = encodeValue(option.name, option.query, query, system);
  // Only now: the query's getters may have closed the socket or read other options.
  const { fd } = borrowed;
  if (fd < 0) return getsockoptErrors.fail(system, "SocketClosed", undefined, option.name);
  if (number === undefined)
    return getsockoptErrors.fail(system, "OptionNotSupported", undefined, option.name);
  const value = placed(encoded, system.option);
  const returned = system.getsockopt(fd, number.level, number.number, value);
  if (returned < 0) return getsockoptErrors.failure(system, returned, { about: option.name });
  return { ok: true, value: option.query.decode(value, system) };
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
  // Safety: an object that only looks like an option may claim any length.
  value.length = Math.min(size, value.capacity);
  return system.getsockopt(fd, level, number, value);
}
