import { aboutSubject } from "../errors/argument.ts";
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
import type { System } from "../system/system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../system/value-result.ts";
import { borrow, type SocketLike } from "./borrow.ts";

/** Everything that `setsockopt()` can fail with. */
export const setsockoptErrors = new ErrorSet("setsockopt", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The process lacks the privilege to set the option, or a security policy forbids it.",
  },
  AddressInUse: {
    codes: ["EADDRINUSE"],
    message: "The socket is a member of the multicast group on this interface already.",
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
    message: "The socket has one already, such as a protocol on top of TCP, or a flow label.",
  },
  BadFileDescriptor,
  DeviceNotFound: {
    codes: ["ENODEV", "ENXIO"],
    message: "There is no such network interface.",
  },
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["E2BIG", "EFAULT", "EINVAL", "EMSGSIZE", "ERANGE"],
    message: "The value is not one that the option takes, or not in this state of the socket.",
  },
  NetworkSubsystemFailed,
  NotFound: {
    codes: ["ENOENT", "ESRCH"],
    message:
      "What the value names, or what is to be taken away, is not there: a congestion control, a key, a filter.",
  },
  OptionNotSupported: {
    codes: ["ENOPROTOOPT", "EOPNOTSUPP", "EPROTO"],
    message: "The system, or the protocol of the socket, does not have the option.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "The process lacks the privilege to set the option to this value, or what it changes is locked.",
  },
  ResourceBusy: {
    codes: ["EBUSY"],
    message: "What the option changes is in use.",
  },
  SocketClosed,
  SocketNotConnected: {
    codes: ["ENOTCONN", "ENETRESET"],
    message: "The option belongs to a connection, and the socket is not connected.",
  },
  SystemResources: {
    codes: ["ENOBUFS", "ENOMEM", "ENOSPC"],
    message:
      "The system is out of memory, or the socket has as many memberships, filters or options as it may.",
    advice: "See net.core.optmem_max, net.ipv4.igmp_max_memberships and net.ipv4.igmp_max_msf.",
  },
  TimeoutTooBig: {
    codes: ["EDOM"],
    message: "The time-out is not one that the system can keep.",
  },
  Unexpected,
});

export type SetsockoptErrorName = NameOf<typeof setsockoptErrors>;
export type SetsockoptError = ErrorOf<typeof setsockoptErrors>;

/** Whether an error is one that `setsockopt()` threw. */
export const isSetsockoptError = (error: unknown): error is SetsockoptError => setsockoptErrors.has(error);

/**
 * Sets an option of a socket.
 *
 * @param socket the socket; a borrowed one stays the caller's
 * @param option `SO.REUSEADDR`, `TCP.NODELAY` and so on, or a `rawOption()`; one that can only be
 * read does not compile
 * @param value a value of the option's own type
 * @throws SetsockoptError named `AccessDenied`, `AddressInUse`, `AddressNotAvailable`,
 * `AlreadyConnected`, `AlreadyExists`, `BadFileDescriptor`, `DeviceNotFound`,
 * `FileDescriptorNotASocket`, `InvalidArgument`, `NetworkSubsystemFailed`, `NotFound`,
 * `OptionNotSupported`, `PermissionDenied`, `ResourceBusy`, `SocketClosed`, `SocketNotConnected`,
 * `SystemResources`, `TimeoutTooBig` or `Unexpected`
 * @throws TypeError if the value is of the wrong type, or a `rawOption()` names one that carries a
 * pointer
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
 * The same as {@link setsockopt}, returned instead of thrown. A bad value is thrown all the same.
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
  const encoded = encode(option, value, system);
  // After the value's getters, which may have closed the socket, and set other options.
  const { fd } = borrowed;
  if (fd < 0) return setsockoptErrors.fail(system, "SocketClosed", undefined, option.name);
  if (number === undefined)
    return setsockoptErrors.fail(system, "OptionNotSupported", undefined, option.name);
  const returned = system.setsockopt(fd, number.level, number.number, placed(encoded, system.option));
  if (returned < 0) return setsockoptErrors.failure(system, returned, { about: option.name });
  return { ok: true, value: undefined };
}

/**
 * Where objects are encoded: a getter of theirs may make calls, which use the system's own room.
 */
let scratch: ValueResult | undefined;

/** Encodes the value; of a bad one, says which option it was for. */
function encode<Set>(option: WritableOption<Set>, value: Set, system: System): ValueResult {
  const isObject = typeof value === "object";
  const into = isObject ? (scratch ?? newScratch()) : system.option;
  // Taken for as long as it is written to: a getter may come here again.
  if (isObject) scratch = undefined;
  try {
    option.write.encode(value, into, system);
    return into;
  } catch (error) {
    throw aboutSubject(option.name, error);
  } finally {
    if (isObject) scratch = into;
  }
}

const newScratch = () => new ValueResult(new ArrayBuffer(LENGTH_SIZE + OPTION_CAPACITY));

/** The value in the system's room, where its address is known. */
function placed(value: ValueResult, buffer: ValueResult): ValueResult {
  if (value === buffer) return buffer;
  buffer.bytes.set(value.valid);
  buffer.length = value.length;
  return buffer;
}
