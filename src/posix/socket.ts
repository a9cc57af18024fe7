import { checkObject, int } from "../errors/argument.ts";
import {
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../system/descriptor-flags.ts";
import type { System } from "../system/system.ts";
import { adopt, type DescriptorOptions, descriptorFlags } from "./descriptor.ts";
import { checkNetPermission } from "./net-permission.ts";
import { Socket } from "./owned-socket.ts";

/** Everything `socket()` can fail with. */
export const socketErrors = new ErrorSet("socket", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The process is not allowed to create a socket of this type or protocol.",
    advice: "Sockets of SOCK.DGRAM and IPPROTO.ICMP need a group in net.ipv4.ping_group_range.",
  },
  AddressFamilyNotSupported: {
    codes: ["EAFNOSUPPORT", "EPFNOSUPPORT"],
    message: "The system does not support the address family.",
  },
  DeviceNotFound: {
    codes: ["ENODEV"],
    message: "The machine lacks the device that the address family requires.",
  },
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The system does not know the type, the protocol or one of the type's flags.",
  },
  NetworkSubsystemFailed: {
    codes: ["ENETDOWN", "WSAEINVALIDPROCTABLE", "WSAEINVALIDPROVIDER", "WSAEPROVIDERFAILEDINIT"],
    message: "The network subsystem is down or, on Windows, an installed network provider is broken.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "Creating a socket of this type or protocol requires privilege.",
    advice: "Raw and packet sockets need CAP_NET_RAW.",
  },
  ProcessFdQuotaExceeded,
  ProtocolNotSupported: {
    codes: ["EPROTONOSUPPORT", "ENOPROTOOPT"],
    message:
      "The address family does not support the protocol, or not with this type; or the protocol is disabled.",
    advice: "IPPROTO.MPTCP needs net.mptcp.enabled.",
  },
  SocketTypeNotSupported: {
    codes: ["EPROTOTYPE", "ESOCKTNOSUPPORT"],
    message: "The address family or protocol does not support the type.",
  },
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
});

export type SocketCallErrorName = NameOf<typeof socketErrors>;
export type SocketCallError = ErrorOf<typeof socketErrors>;

/** Whether an error was thrown by `socket()`. */
export const isSocketCallError = (error: unknown): error is SocketCallError => socketErrors.has(error);

/** Options of `socket()` beyond the C arguments. */
export interface SocketOptions extends DescriptorOptions {
  /**
   * The system to create the socket on; by default this machine's, or that of the simulated host
   * that the code runs on.
   */
  readonly system?: System;
}

/**
 * Creates a socket: an endpoint for communication, not yet bound to an address.
 *
 * @param domain the address family: `AF.INET`, `AF.INET6`, `AF.UNIX`, …
 * @param type the type: `SOCK.STREAM`, `SOCK.DGRAM`, …
 * @param protocol a protocol of the family; 0 is the type's default
 * @param options `nonblocking` and `closeOnExec`, and the `system` to create the socket on
 * @returns a Socket, blocking and close-on-exec by default
 * @throws SocketCallError named `AccessDenied`, `AddressFamilyNotSupported`, `DeviceNotFound`,
 * `InvalidArgument`, `NetworkSubsystemFailed`, `PermissionDenied`, `ProcessFdQuotaExceeded`,
 * `ProtocolNotSupported`, `SocketTypeNotSupported`, `SystemFdQuotaExceeded`, `SystemResources` or
 * `Unexpected`
 * @throws TypeError if an argument is of the wrong type
 * @throws RangeError if an argument is not an integer of 32 bits
 * @example
 * ```ts
 * using client = socket(AF.INET6, SOCK.DGRAM, 0, { nonblocking: true });
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/socket.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/socket.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/socket.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=socket&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-socket)
 */
export function socket(domain: number, type: number, protocol = 0, options: SocketOptions = {}): Socket {
  return unwrap(trySocket(domain, type, protocol, options), socket);
}

/**
 * Like {@link socket}, but returns errors instead of throwing them. Still throws on a bad argument.
 */
export function trySocket(
  domain: number,
  type: number,
  protocol = 0,
  options: SocketOptions = {},
): Result<Socket, SocketCallError> {
  checkNetPermission();
  checkObject("options", "{ nonblocking?, closeOnExec?, system? }", options);
  const { system = currentSystem() } = options;
  int("domain", domain);
  int("type", type);
  int("protocol", protocol);
  const fd = system.socket(domain, type, protocol, descriptorFlags(options));
  if (fd < 0) return socketErrors.failure(system, fd);
  return { ok: true, value: adopt(system, fd, domain, type, protocol) };
}

/**
 * Creates a non-blocking socket for an engine, with the type's default protocol. `Socket.prepare()`
 * documents the calls that this saves.
 *
 * @throws the errors of `socket()`
 * @internal
 */
export function preparedSocket(system: System, domain: number, type: number): Socket {
  checkNetPermission();
  const fd = system.socket(domain, type, 0, NONBLOCKING | CLOSE_ON_EXEC);
  if (fd < 0) unwrap(socketErrors.failure(system, fd), preparedSocket);
  return Socket.prepare(system, fd, domain, type);
}
