import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { SECOND } from "../clock/virtual-clock.ts";
import type { ControlBlock } from "./control-block.ts";
import { stopRetransmitTimer } from "./retransmit-timer.ts";
import { STATE } from "./state.ts";

// How connections end.

const { POLL } = constants;
const { ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT } = errnos;

/** The connection is over: tcp_done(). */
export function done(tcb: ControlBlock): void {
  const { socket, host } = tcb;
  if (tcb.state === STATE.SYN_SENT || tcb.state === STATE.SYN_RECV) host.counters.count("Tcp.AttemptFails");
  stopTimers(tcb);
  socket.receiveShutdown = true;
  socket.sendShutdown = true;
  tcb.setState(STATE.CLOSE);
  tcb.stack.done(tcb);
  if (!tcb.orphaned) tcb.stack.woken(tcb, POLL.IN | POLL.OUT | POLL.HUP | POLL.RDHUP | POLL.ERR);
}

export function stopTimers(tcb: ControlBlock): void {
  stopRetransmitTimer(tcb);
  tcb.stopDelayedAckTimer();
  tcb.stopKeepaliveTimer();
  tcb.ack.pending = 0;
}

/** Ends it with an error that the program will see. */
export function abort(tcb: ControlBlock, error: number): void {
  tcb.socket.error = error;
  tcb.sendQueue.clear();
  done(tcb);
}

/** The peer reset it: tcp_reset(). */
export function reset(tcb: ControlBlock): void {
  switch (tcb.state) {
    case STATE.CLOSE:
      return;
    case STATE.SYN_SENT:
      abort(tcb, ECONNREFUSED);
      return;
    case STATE.CLOSE_WAIT:
      abort(tcb, EPIPE);
      return;
    default:
      abort(tcb, ECONNRESET);
  }
}

/** Nothing came from the peer for too long: tcp_write_err(). */
export function timedOut(tcb: ControlBlock): void {
  tcb.host.counters.count("TcpExt.TCPAbortOnTimeout");
  abort(tcb, tcb.softError || ETIMEDOUT);
}

/** How long FIN_WAIT2 lasts: tcp_fin_time(). */
export function finTimeout({ settings: { linger2 }, rtt, host }: ControlBlock): number {
  const timeout = linger2 || host.sysctls.get("net.ipv4.tcp_fin_timeout") * SECOND;
  return Math.max(timeout, 3.5 * rtt.rto);
}
