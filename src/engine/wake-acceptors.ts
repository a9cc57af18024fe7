import type { System } from "../system/system.ts";

/**
 * Wakes everybody who waits to accept from a listening socket, if a connection waits. A connection
 * wakes one of the operations of io_uring, in this process or another (EPOLLEXCLUSIVE in
 * io_arm_apoll of io_uring/poll.c); if its process is being taken apart, is stopped, or cannot
 * accept, the others sleep on. Waking is all that SHUT_WR does on a listening socket (inet_shutdown
 * in net/ipv4/af_inet.c, unix_shutdown in net/unix/af_unix.c).
 */
export function wakeAcceptors(system: System, fd: number): void {
  const { POLL, SHUT } = system.constants;
  const waiting = { fd, events: POLL.IN, revents: 0 };
  if (system.poll([waiting], 0) > 0) system.shutdown(fd, SHUT.WR);
}
