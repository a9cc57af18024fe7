import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { Borrowed } from "./borrow.ts";
import { type Direction, timeoutOf } from "./retry-interrupted.ts";

// Winsock has a single code where POSIX distinguishes several; the socket's state tells them apart.

/**
 * Whether a socket sends datagrams over IP: an error reported by the peer's host or a router then
 * does not end a connection.
 */
export function isIpDatagram({ system, fd }: Borrowed): boolean {
  const { AF, SOCK } = system.constants;
  if (readOption(system, fd, SO.TYPE) !== SOCK.DGRAM) return false;
  const domain = readOption(system, fd, SO.DOMAIN);
  return domain === AF.INET || domain === AF.INET6;
}

/**
 * Whether the socket's own timeout may have expired: it has one, and the connection is still up.
 */
export function isTimeoutOver(borrowed: Borrowed, direction: Direction): boolean {
  const { system, fd } = borrowed;
  if (timeoutOf(borrowed, direction) === Number.POSITIVE_INFINITY) return false;
  return isIpDatagram(borrowed) || system.getpeername(fd, system.address) >= 0;
}
