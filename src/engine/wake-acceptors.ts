import type { System } from "../system/system.ts";

/**
 * Wakes all waiters for a listening socket if a connection is waiting. A connection wakes only one
 * io_uring operation, in this process or another (EPOLLEXCLUSIVE in io_arm_apoll of
 * io_uring/poll.c). If that process is exiting, is stopped, or cannot accept, the others keep
 * sleeping. On a listening socket, SHUT_WR does nothing but wake waiters (inet_shutdown in
 * net/ipv4/af_inet.c, unix_shutdown in net/unix/af_unix.c).
 */
export function wakeAcceptors(system: System, fd: number): void {
  const { POLL, SHUT } = system.constants;
  const waiting = { fd, events: POLL.IN, revents: 0 };
  if (system.poll([waiting], 0) > 0) system.shutdown(fd, SHUT.WR);
}
