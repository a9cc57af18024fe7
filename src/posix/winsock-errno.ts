import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { Borrowed } from "./borrow.ts";
import { type Direction, timeoutOf } from "./retry-interrupted.ts";

// Winsock has one code for several answers of the network, where POSIX has several: the socket
// tells which it is.

/**
 * Whether a socket sends datagrams over IP: what a peer's host or a router answers to one is then
 * no end of a connection.
 */
export function isIpDatagram({ system, fd }: Borrowed): boolean {
  const { AF, SOCK } = system.constants;
  if (readOption(system, fd, SO.TYPE) !== SOCK.DGRAM) return false;
  const domain = readOption(system, fd, SO.DOMAIN);
  return domain === AF.INET || domain === AF.INET6;
}

/** Whether a time-out of the socket's own may be over: it has one, and its connection goes on. */
export function isTimeoutOver(borrowed: Borrowed, direction: Direction): boolean {
  const { system, fd } = borrowed;
  if (timeoutOf(borrowed, direction) === Number.POSITIVE_INFINITY) return false;
  return isIpDatagram(borrowed) || system.getpeername(fd, system.address) >= 0;
}
