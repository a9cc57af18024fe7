import { TIMEWAIT_LENGTH } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { done, finTimeout } from "./lifecycle.ts";
import { sendFin } from "./output.ts";
import { add, after } from "./sequence.ts";
import { isOneOf, STATE, states } from "./state.ts";
import { sendReset } from "./transmit.ts";

// close() and shutdown() of a connection (RFC 9293, 3.10.4).

/** States in which a connection that is thrown away must be reset: tcp_need_reset(). */
const NEED_RESET = states(
  STATE.ESTABLISHED,
  STATE.CLOSE_WAIT,
  STATE.FIN_WAIT1,
  STATE.FIN_WAIT2,
  STATE.SYN_RECV,
);

export const needsReset = ({ state }: ControlBlock): boolean => isOneOf(state, NEED_RESET);

/**
 * The state after the program has stopped sending, and whether a FIN says so: tcp_close_state().
 */
export function stopSending(tcb: ControlBlock): boolean {
  switch (tcb.state) {
    case STATE.ESTABLISHED:
    case STATE.SYN_RECV:
      tcb.setState(STATE.FIN_WAIT1);
      return true;
    case STATE.CLOSE_WAIT:
      tcb.setState(STATE.LAST_ACK);
      return true;
    case STATE.SYN_SENT:
      done(tcb);
      return false;
    default:
      return false;
  }
}

/** shutdown(SHUT_WR): tcp_shutdown(). */
export function shutdownSend(tcb: ControlBlock): void {
  const { state } = tcb;
  // A handshake must end first: the FIN follows it.
  if (state !== STATE.ESTABLISHED && state !== STATE.CLOSE_WAIT) return;
  if (stopSending(tcb)) sendFin(tcb);
}

/** Discards the connection, with a reset if the peer knows of it: tcp_disconnect(). */
export function disconnect(tcb: ControlBlock): void {
  if (needsReset(tcb)) sendReset(tcb);
  tcb.sendQueue.clear();
  tcb.receiveQueue.clear();
  done(tcb);
}

/** Whether data lies in the receive queue that the program has not read. */
function hasUnreadData({ receiveQueue, copiedSeq }: ControlBlock): boolean {
  for (let segment = receiveQueue.head; segment !== undefined; segment = segment.next) {
    if (after(add(segment.sequence, segment.data.length), copiedSeq)) return true;
  }
  return false;
}

/** The program closed its socket: __tcp_close(). */
export function closeConnection(tcb: ControlBlock, linger: number | undefined): void {
  const { socket, host } = tcb;
  socket.receiveShutdown = true;
  socket.sendShutdown = true;
  const unread = hasUnreadData(tcb);
  tcb.receiveQueue.clear();
  tcb.orphaned = true;
  if (tcb.state === STATE.CLOSE) return;
  if (unread) {
    // RFC 2525, 2.17: the peer must be able to detect that data was lost.
    host.counters.count("TcpExt.TCPAbortOnClose");
    sendReset(tcb);
    tcb.sendQueue.clear();
    done(tcb);
  } else if (linger === 0) {
    host.counters.count("TcpExt.TCPAbortOnData");
    disconnect(tcb);
  } else if (stopSending(tcb)) {
    sendFin(tcb);
  }
  if (tcb.state === STATE.FIN_WAIT2) waitForFin(tcb);
}

/** In FIN_WAIT2 without a socket: at most tcp_fin_timeout, or TCP_LINGER2. */
function waitForFin(tcb: ControlBlock): void {
  if (tcb.settings.linger2 < 0) {
    tcb.host.counters.count("TcpExt.TCPAbortOnLinger");
    sendReset(tcb);
    done(tcb);
    return;
  }
  const timeout = finTimeout(tcb);
  if (timeout > TIMEWAIT_LENGTH) tcb.keepaliveTimer.startIn(timeout - TIMEWAIT_LENGTH);
  else tcb.stack.timeWait(tcb, STATE.FIN_WAIT2, timeout);
}
