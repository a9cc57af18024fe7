import type { SocketState } from "../system.ts";

/** netinet/tcp_fsm.h: the same numbers on macOS and FreeBSD since 4.2BSD. */
export const TCPS = {
  CLOSED: 0,
  CLOSE_WAIT: 5,
  ESTABLISHED: 4,
  LISTEN: 1,
  SYN_RECEIVED: 3,
  SYN_SENT: 2,
};

/** The state of a socket in this TCP state. */
export function stateOf(tcps: number): SocketState {
  switch (tcps) {
    case TCPS.ESTABLISHED:
    case TCPS.CLOSE_WAIT:
      return "connected";
    case TCPS.SYN_SENT:
    case TCPS.SYN_RECEIVED:
      return "connecting";
    case TCPS.LISTEN:
      return "listening";
    case TCPS.CLOSED:
      return "not connected";
    default:
      return "shut down";
  }
}
