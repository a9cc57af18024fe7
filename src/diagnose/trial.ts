import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { IPV6 } from "../options/ipv6.ts";
import { SO } from "../options/so.ts";
import { type BindErrorName, tryBind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import type { UnixSocket } from "./open-socket.ts";

/** How to try. */
export interface Trial {
  /** TCP if left out. */
  readonly protocol?: "tcp" | "udp";
  readonly option?: "REUSEADDR" | "REUSEPORT";
}

/**
 * Binds a socket to the address and closes it at once: how bind() fails, or `"bound"`. It never
 * listens, so it takes no connection. It is only asked where the port is taken already, or of port
 * 0, so that it is in nobody's way; and where the system's table leaves open whether it is
 * (`leavesBindOpen`).
 */
export function trialBind(
  address: Ipv4Address | Ipv6Address,
  { protocol = "tcp", option }: Trial = {},
): BindErrorName | "bound" {
  const type = protocol === "tcp" ? SOCK.STREAM : SOCK.DGRAM;
  const opened = trySocket(address.family === "ipv6" ? AF.INET6 : AF.INET, type);
  if (!opened.ok) return "AddressFamilyNotSupported";
  try {
    if (option !== undefined) trySetsockopt(opened.value, SO[option], true);
    // Every address is IPv4's, too, as it is without being asked for on Linux.
    if (address.address === "::") trySetsockopt(opened.value, IPV6.V6ONLY, false);
    const bound = tryBind(opened.value, address);
    return bound.ok ? "bound" : bound.error.name;
  } finally {
    close(opened.value);
  }
}

/** The same of a name in the abstract namespace, which only connected sockets bear. */
export function trialBindName(address: UnixAddress, type: UnixSocket["type"]): BindErrorName | "bound" {
  const types = { stream: SOCK.STREAM, datagram: SOCK.DGRAM, seqpacket: SOCK.SEQPACKET };
  const opened = trySocket(AF.UNIX, types[type]);
  if (!opened.ok) return "AddressFamilyNotSupported";
  const bound = tryBind(opened.value, address);
  close(opened.value);
  return bound.ok ? "bound" : bound.error.name;
}
