import { argumentType, kind } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  NetworkSubsystemFailed,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import type { IoctlRequest } from "./ioctl-request.ts";

/** Everything `ioctl()` can fail with. */
export const ioctlErrors = new ErrorSet("ioctl", {
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL"],
    message: "The network interface has no IPv4 address, or cannot have this hardware address.",
  },
  AlreadyExists: {
    codes: ["EEXIST"],
    message: "Another network interface has this name.",
  },
  BadFileDescriptor,
  DeviceNotFound: {
    codes: ["ENODEV", "ENXIO"],
    message: "There is no such network interface.",
  },
  FileDescriptorNotASocket: {
    codes: ["ENOTTY", "ENOTSOCK", "EINVAL"],
    message: "The descriptor does not refer to a socket.",
  },
  InvalidArgument: {
    codes: ["EINVAL"],
    message:
      "The request does not apply to the socket in its state: a listener has no queues of data. " +
      "Or the network interface does not accept the value.",
  },
  NetworkSubsystemFailed,
  NotFound: {
    codes: ["ENOENT"],
    message: "The socket has not received a packet since time stamps were turned on.",
  },
  OperationNotSupported: {
    codes: ["ENOTTY", "EOPNOTSUPP"],
    message: "The system, or the protocol of the socket, does not have the request.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "The process may not change network interfaces: it lacks CAP_NET_ADMIN.",
  },
  ProcessNotFound: {
    codes: ["ESRCH"],
    message: "There is no such process or process group.",
  },
  ResourceBusy: {
    codes: ["EBUSY"],
    message: "The network interface does not allow the change while it is up.",
  },
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type IoctlErrorName = NameOf<typeof ioctlErrors>;
export type IoctlError = ErrorOf<typeof ioctlErrors>;

/** Whether an error was thrown by `ioctl()`. */
export const isIoctlError = (error: unknown): error is IoctlError => ioctlErrors.has(error);

/**
 * Queries properties that no socket option reports: how much a socket's queues hold, or the
 * properties of a network interface; and changes those properties, which needs CAP_NET_ADMIN.
 *
 * Requests that take a pointer are not included.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param request `SIOC.OUTQ`, `SIOC.GIFADDR` and so on, or `FIO.NREAD`
 * @param argument the request's arguments: the name of an interface, its index, or nothing; for a
 * request that changes something, the new value comes last
 * @returns the result, in the request's own type
 * @throws IoctlError named `AddressNotAvailable`, `AlreadyExists`, `BadFileDescriptor`,
 * `DeviceNotFound`, `FileDescriptorNotASocket`, `InvalidArgument`, `NetworkSubsystemFailed`,
 * `NotFound`, `OperationNotSupported`, `PermissionDenied`, `ProcessNotFound`, `ResourceBusy`,
 * `SocketClosed`, `SystemResources` or `Unexpected`
 * @throws TypeError if an argument is of the wrong type
 * @throws RangeError if one is a name of more than 15 bytes, a number outside its range, or a
 * hardware address of the wrong length
 * @example
 * ```ts
 * using client = socket(AF.INET, SOCK.DGRAM);
 * console.log(ioctl(client, FIO.NREAD)); // 0
 * const [first] = if_nameindex();
 * if (first !== undefined) console.log(ioctl(client, SIOC.GIFMTU, first.name) > 0); // true
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/netdevice.7.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=ioctl&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-ioctlsocket)
 */
export function ioctl<Argument extends readonly unknown[], Value>(
  socket: SocketLike,
  request: IoctlRequest<Argument, Value>,
  ...argument: Argument
): Value {
  return unwrap(tryIoctl(socket, request, ...argument), ioctl);
}

/**
 * Like {@link ioctl}, but returns errors instead of throwing them. Still throws on a bad argument.
 */
export function tryIoctl<Argument extends readonly unknown[], Value>(
  socket: SocketLike,
  request: IoctlRequest<Argument, Value>,
  ...argument: Argument
): Result<Value, IoctlError> {
  const borrowed = borrow(socket);
  const { system } = borrowed;
  if (typeof request?.decode !== "function") {
    throw argumentType(`request must be a request such as SIOC.OUTQ or FIO.NREAD, not ${kind(request)}`);
  }
  const { name } = request;
  const number = Object.hasOwn(system.ioctls, name) ? system.ioctls[name] : undefined;
  // Safety: the kernel reads and writes at most the structure of the request, 40 bytes for the
  // longest, and no request here carries a pointer. The memory is the System's own.
  request.encode(system.option, argument);
  const { fd } = borrowed;
  if (fd < 0) return ioctlErrors.fail(system, "SocketClosed", undefined, name);
  if (number === undefined) return ioctlErrors.fail(system, "OperationNotSupported", undefined, name);
  const returned = system.ioctl(fd, number, system.option);
  if (returned >= 0) return { ok: true, value: request.decode(system.option) };
  return ioctlErrors.failure(system, returned, {
    about: name,
    // On a socket, ENOTTY means that it lacks the request, as with sockatmark().
    ask(code) {
      if (readOption(system, fd, SO.TYPE) === undefined) return "FileDescriptorNotASocket";
      return code === "EINVAL" ? "InvalidArgument" : "OperationNotSupported";
    },
  });
}
