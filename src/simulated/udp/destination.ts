import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { SocketAddress } from "../host/kernel-socket.ts";
import { isLinkLocal, unmapped, versionOf } from "../ip/address.ts";

const { AF } = constants;
const { EAFNOSUPPORT, EINVAL, ENETUNREACH } = errnos;

const SIN_SIZE = 16;
const SIN6_LEAST = 24;

/** What the checks of a destination need from a socket. */
export interface DestinationSocket {
  readonly ipv6: boolean;
  readonly v6only: boolean;
  readonly localAddress: string;
  readonly boundInterface: number;
}

/** The packets' address and port of a sockaddr that a program passed; or a negative errno. */
export function destinationOf(
  socket: DestinationSocket,
  { family, length, address, port }: SocketAddress,
): { readonly address: string; readonly port: number } | number {
  if (!socket.ipv6 || family === AF.INET) {
    if (length < SIN_SIZE) return -EINVAL;
    if (family !== AF.INET || socket.v6only) return -EAFNOSUPPORT;
    return { address, port };
  }
  if (length < SIN6_LEAST) return -EINVAL;
  if (family !== AF.INET6) return -EAFNOSUPPORT;
  // No address means loopback, of the version that the socket is bound to.
  const boundToIpv4 = versionOf(socket.localAddress) === 4;
  const given = address === "::" && boundToIpv4 ? "::ffff:127.0.0.1" : address === "::" ? "::1" : address;
  const ipv4 = unmapped(given);
  if (ipv4 !== undefined && socket.v6only) return -ENETUNREACH;
  if (ipv4 === undefined && boundToIpv4) return -EAFNOSUPPORT;
  return { address: ipv4 ?? given, port };
}

/** The interface that the scope of a link-local address names; 0 for none, or a negative errno. */
export function scopeOf(socket: DestinationSocket, { address, scopeId }: SocketAddress): number {
  if (!isLinkLocal(address) || scopeId === 0) return 0;
  return socket.boundInterface !== 0 && socket.boundInterface !== scopeId ? -EINVAL : scopeId;
}
