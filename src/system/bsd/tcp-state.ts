import type { SocketState } from "../system.ts";

/** netinet/tcp_fsm.h: the same numbers on macOS and FreeBSD since 4.2BSD. */
export const TCPS = {
  CLOSED: 0,
  CLOSE_WAIT: 5,
  CLOSING: 7,
  ESTABLISHED: 4,
  FIN_WAIT_1: 6,
  FIN_WAIT_2: 9,
  LAST_ACK: 8,
  LISTEN: 1,
  SYN_RECEIVED: 3,
  SYN_SENT: 2,
  TIME_WAIT: 10,
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
