import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { IPV6 } from "../options/ipv6.ts";
import { SO } from "../options/so.ts";
import { type BindErrorName, tryBind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import type { UnixSocket } from "./open-socket.ts";

/** Options of a trial bind(). */
export interface Trial {
  /** TCP by default. */
  readonly protocol?: "tcp" | "udp";
  readonly option?: "REUSEADDR" | "REUSEPORT";
}

/**
 * Binds a socket to the address and closes it at once. Returns the error name of bind(), or
 * `"bound"`. It never listens, so it takes no connections. To disturb nobody, it is used only for
 * port 0, for ports that are taken, and if the system's table cannot say whether a port is free
 * (`leavesBindOpen`, `lacksBoundSockets`).
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
    // The wildcard takes IPv4 too, as it does by default on Linux.
    if (address.address === "::") trySetsockopt(opened.value, IPV6.V6ONLY, false);
    const bound = tryBind(opened.value, address);
    return bound.ok ? "bound" : bound.error.name;
  } finally {
    close(opened.value);
  }
}

/** The same for an abstract name that only connected sockets have. */
export function trialBindName(address: UnixAddress, type: UnixSocket["type"]): BindErrorName | "bound" {
  const types = { stream: SOCK.STREAM, datagram: SOCK.DGRAM, seqpacket: SOCK.SEQPACKET };
  const opened = trySocket(AF.UNIX, types[type]);
  if (!opened.ok) return "AddressFamilyNotSupported";
  const bound = tryBind(opened.value, address);
  close(opened.value);
  return bound.ok ? "bound" : bound.error.name;
}
