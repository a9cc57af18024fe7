import { checkObject, int } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import { adopt, descriptorFlags } from "./descriptor.ts";
import { checkNetPermission } from "./net-permission.ts";
import type { Socket } from "./owned-socket.ts";
import { type SocketOptions, socketErrors } from "./socket.ts";

/** Everything `socketpair()` can fail with. */
export const socketpairErrors = new ErrorSet("socketpair", {
  ...socketErrors.entries,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The protocol does not support socket pairs.",
    advice: "On Linux, AF.UNIX can; on Windows, AF.INET and AF.INET6 with SOCK.STREAM.",
  },
});

export type SocketpairErrorName = NameOf<typeof socketpairErrors>;
export type SocketpairError = ErrorOf<typeof socketpairErrors>;

/** Whether an error was thrown by `socketpair()`. */
export const isSocketpairError = (error: unknown): error is SocketpairError => socketpairErrors.has(error);

/**
 * Creates two unnamed sockets connected to each other.
 *
 * Windows lacks this call, so berkeley emulates it: `AF.INET` and `AF.INET6` with `SOCK.STREAM`
 * return two TCP sockets connected over loopback, after verifying that each is the other's peer.
 * Anything else fails with `OperationNotSupported`.
 *
 * @param domain the address family: `AF.UNIX`
 * @param type the type: `SOCK.STREAM`, `SOCK.DGRAM` or `SOCK.SEQPACKET`
 * @param protocol 0: the default, and the only one
 * @param options `nonblocking` and `closeOnExec`, and the `system` to create the sockets on
 * @returns both ends, blocking and close-on-exec by default
 * @throws SocketpairError named `AccessDenied`, `AddressFamilyNotSupported`, `DeviceNotFound`,
 * `InvalidArgument`, `NetworkSubsystemFailed`, `PermissionDenied`, `ProcessFdQuotaExceeded`,
 * `ProtocolNotSupported`, `SocketTypeNotSupported`, `SystemFdQuotaExceeded`, `SystemResources`,
 * `Unexpected` or `OperationNotSupported`
 * @throws TypeError if an argument is of the wrong type
 * @throws RangeError if an argument is not an integer of 32 bits
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.SEQPACKET);
 * send(left, Buffer.from("ping"));
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/socketpair.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/socketpair.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/socketpair.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=socketpair&sektion=2)
 */
export function socketpair(
  domain: number,
  type: number,
  protocol = 0,
  options: SocketOptions = {},
): [Socket, Socket] {
  return unwrap(trySocketpair(domain, type, protocol, options), socketpair);
}

/**
 * Like {@link socketpair}, but returns errors instead of throwing them. Still throws on a bad
 * argument.
 */
export function trySocketpair(
  domain: number,
  type: number,
  protocol = 0,
  options: SocketOptions = {},
): Result<[Socket, Socket], SocketpairError> {
  checkNetPermission();
  checkObject("options", "{ nonblocking?, closeOnExec?, system? }", options);
  const { system = currentSystem() } = options;
  int("domain", domain);
  int("type", type);
  int("protocol", protocol);
  const fds = new Int32Array(2);
  const returned = system.socketpair(domain, type, protocol, fds, descriptorFlags(options));
  if (returned < 0) return socketpairErrors.failure(system, returned);
  const [left = -1, right = -1] = fds;
  return {
    ok: true,
    value: [adopt(system, left, domain, type, protocol), adopt(system, right, domain, type, protocol)],
  };
}
