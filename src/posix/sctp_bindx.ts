import type { IpAddressInput } from "../address/address.ts";
import { int } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NotAnSctpSocket,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { checkNetPermission } from "./net-permission.ts";
import { copyOfAddresses, encodeAddresses, onlyEndpoint } from "./sctp-addresses.ts";

/** Everything `sctp_bindx()` can fail with. */
export const sctp_bindxErrors = new ErrorSet("sctp_bindx", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The process may not bind to the port, or a security policy forbids it.",
    advice: "On Linux, ports below net.ipv4.ip_unprivileged_port_start (1024) need CAP_NET_BIND_SERVICE.",
  },
  AddressInUse: {
    codes: ["EADDRINUSE"],
    message: "Another socket is bound to one of the addresses.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL"],
    message: "One of the addresses is not local to this machine.",
  },
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    message:
      "The flags or an address are not valid: an address to add is bound already, one to remove is not, " +
      "or its port or family is not the socket's.",
  },
  OperationNotSupported: NotAnSctpSocket,
  PermissionDenied: {
    codes: ["EPERM"],
    message: "A security policy forbids the address.",
  },
  ResourceBusy: {
    codes: ["EBUSY"],
    message: "The socket would have no address left.",
    advice: "Close it instead.",
  },
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type Sctp_bindxErrorName = NameOf<typeof sctp_bindxErrors>;
export type Sctp_bindxError = ErrorOf<typeof sctp_bindxErrors>;

/** Whether an error was thrown by `sctp_bindx()`. */
export const isSctp_bindxError = (error: unknown): error is Sctp_bindxError => sctp_bindxErrors.has(error);

/**
 * Adds local addresses to an SCTP socket, or removes them: all of them or none. Linux only.
 *
 * All addresses of a socket share one port: once it is bound, pass that port, or 0. Established
 * associations follow the change only if both peers support ADDIP (`SCTP.ASCONF_SUPPORTED`).
 *
 * @param socket an SCTP socket; if borrowed, the caller keeps ownership
 * @param addresses IPv4 and IPv6 addresses: 1 to 585
 * @param flags `SCTP_BINDX.ADD_ADDR` or `SCTP_BINDX.REM_ADDR`
 * @throws Sctp_bindxError named `AccessDenied`, `AddressInUse`, `AddressNotAvailable`,
 * `BadFileDescriptor`, `FileDescriptorNotASocket`, `InvalidArgument`, `OperationNotSupported`,
 * `PermissionDenied`, `ResourceBusy`, `SocketClosed`, `SystemResources` or `Unexpected`
 * @throws TypeError if an address is malformed, or not of IPv4 or IPv6
 * @throws RangeError if a port is out of range, or there are too many addresses
 * @example
 * ```ts
 * const made = trySocket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);
 * if (made.ok) {
 *   using server = made.value;
 *   bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
 *   const second = { family: "ipv4", address: "127.0.0.2", port: 0 } as const;
 *   sctp_bindx(server, [second], SCTP_BINDX.ADD_ADDR);
 *   for (const address of getsockopt(server, SCTP.GET_LOCAL_ADDRS)) console.log(address);
 * }
 * ```
 * @see [RFC 6458, 9.1](https://www.rfc-editor.org/rfc/rfc6458#section-9.1)
 * @see [Linux](https://man7.org/linux/man-pages/man3/sctp_bindx.3.html)
 */
export function sctp_bindx(socket: SocketLike, addresses: readonly IpAddressInput[], flags: number): void {
  unwrap(trySctp_bindx(socket, addresses, flags), sctp_bindx);
}

/**
 * Like {@link sctp_bindx}, but returns errors instead of throwing them. Still throws on a bad
 * address.
 */
export function trySctp_bindx(
  socket: SocketLike,
  addresses: readonly IpAddressInput[],
  flags: number,
): Result<void, Sctp_bindxError> {
  checkNetPermission();
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const given = copyOfAddresses(addresses);
  const encoded = encodeAddresses(given, system);
  int("flags", flags);
  // Only now: the addresses' getters may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return sctp_bindxErrors.fail(system, "SocketClosed");
  const returned = system.sctp_bindx(fd, encoded, flags);
  if (returned >= 0) return { ok: true, value: undefined };
  return sctp_bindxErrors.failure(system, returned, { where: () => onlyEndpoint(given) });
}
