import type { IpAddressInput } from "../address/address.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  HostUnreachable,
  NetworkUnreachable,
  NotAnSctpSocket,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { isInterrupted } from "./interrupted.ts";
import { checkNetPermission } from "./net-permission.ts";
import { copyOfAddresses, encodeAddresses, onlyEndpoint } from "./sctp-addresses.ts";

/** Everything `sctp_connectx()` can fail with. */
export const sctp_connectxErrors = new ErrorSet("sctp_connectx", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The socket's port is privileged, or a security policy forbids the association.",
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL", "EAGAIN"],
    message:
      "The association with an address was peeled off to a socket of its own, or every port of the " +
      "ephemeral range is in use.",
    advice: "The range is net.ipv4.ip_local_port_range.",
  },
  AlreadyConnected: {
    codes: ["EISCONN"],
    message: "The socket has an association with one of the addresses, or is one-to-one and listening.",
  },
  BadFileDescriptor,
  ConnectionPending: {
    codes: ["EINPROGRESS", "EALREADY"],
    message:
      "The association is being set up: the socket is non-blocking, its SO.SNDTIMEO expired, or a signal " +
      "ended the wait.",
    advice: "Look up its number by address with SCTP.GET_PEER_ADDR_INFO.",
  },
  ConnectionRefused: {
    codes: ["ECONNREFUSED"],
    message: "The peer refused the association: no SCTP socket listens on the port.",
  },
  ConnectionTimedOut: {
    codes: ["ETIMEDOUT"],
    message: "The peer did not answer in time.",
    advice: "SCTP.INITMSG has the number of attempts.",
  },
  FileDescriptorNotASocket,
  HostUnreachable,
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "There is no address, or the addresses have several ports, or are not valid for the socket.",
  },
  NetworkUnreachable,
  OperationNotSupported: NotAnSctpSocket,
  PermissionDenied: {
    codes: ["EPERM"],
    message: "A security policy forbids the association.",
  },
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type Sctp_connectxErrorName = NameOf<typeof sctp_connectxErrors>;
export type Sctp_connectxError = ErrorOf<typeof sctp_connectxErrors>;

/** Whether an error was thrown by `sctp_connectx()`. */
export const isSctp_connectxError = (error: unknown): error is Sctp_connectxError =>
  sctp_connectxErrors.has(error);

/**
 * Sets up an association with a peer that has several addresses; any of them may answer. Linux
 * only.
 *
 * A blocking socket waits until the association is established. Otherwise it fails with
 * `ConnectionPending`, and the association is set up in the background; messages can be sent at
 * once.
 *
 * @param socket an SCTP socket; if borrowed, the caller keeps ownership
 * @param addresses IPv4 and IPv6 addresses of one peer, with the same port: 1 to 585
 * @returns the number of the association
 * @throws Sctp_connectxError named `AccessDenied`, `AddressNotAvailable`, `AlreadyConnected`,
 * `BadFileDescriptor`, `ConnectionPending`, `ConnectionRefused`, `ConnectionTimedOut`,
 * `FileDescriptorNotASocket`, `HostUnreachable`, `InvalidArgument`, `NetworkUnreachable`,
 * `OperationNotSupported`, `PermissionDenied`, `SocketClosed`, `SystemResources` or `Unexpected`
 * @throws TypeError if an address is malformed, or not of IPv4 or IPv6
 * @throws RangeError if a port is out of range, or there are too many addresses
 * @example
 * ```ts
 * const made = trySocket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);
 * if (made.ok) {
 *   using client = made.value;
 *   const peer = ["127.0.0.1", "127.0.0.2"].map((address) => ({ family: "ipv4", address, port: 9 }));
 *   const result = trySctp_connectx(client, peer);
 *   if (!result.ok) console.log(result.error.message);
 * }
 * ```
 * @see [RFC 6458, 9.9](https://www.rfc-editor.org/rfc/rfc6458#section-9.9)
 * @see [Linux](https://man7.org/linux/man-pages/man3/sctp_connectx.3.html)
 */
export function sctp_connectx(socket: SocketLike, addresses: readonly IpAddressInput[]): number {
  return unwrap(trySctp_connectx(socket, addresses), sctp_connectx);
}

/**
 * Like {@link sctp_connectx}, but returns errors instead of throwing them. Still throws on a bad
 * address.
 */
export function trySctp_connectx(
  socket: SocketLike,
  addresses: readonly IpAddressInput[],
): Result<number, Sctp_connectxError> {
  checkNetPermission();
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const given = copyOfAddresses(addresses);
  const encoded = encodeAddresses(given, system);
  // Only now: the addresses' getters may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return sctp_connectxErrors.fail(system, "SocketClosed");
  const where = () => onlyEndpoint(given);
  const returned = system.sctp_connectx(fd, encoded);
  // The association is still being set up, as another call would report (__sctp_connect in
  // net/sctp/socket.c).
  if (isInterrupted(system, returned)) return sctp_connectxErrors.fail(system, "ConnectionPending", where());
  if (returned >= 0) return { ok: true, value: returned };
  return sctp_connectxErrors.failure(system, returned, { where });
}
