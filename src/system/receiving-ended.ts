import type { System } from "./system.ts";

/**
 * Whether receiving has ended: POLLRDHUP. A socket that was never connected hangs up too, but
 * reports only POLLHUP (tcp_poll in net/ipv4/tcp.c on Linux, sopoll_generic in
 * sys/kern/uipc_socket.c on FreeBSD 13).
 */
export function receivingEnded(system: System, fd: number): boolean {
  const { RDHUP = 0 } = system.constants.POLL;
  const entry = { fd, events: RDHUP, revents: 0 };
  return system.poll([entry], 0) > 0 && (entry.revents & RDHUP) !== 0;
}
