import { constants } from "../../system/linux/constants.ts";
import { MICROSECOND } from "../clock/virtual-clock.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { expandSendBuffer, initBuffers, isWritable } from "./buffers.ts";
import { INIT_CWND, TIMEOUT_FALLBACK } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { keepaliveTime } from "./keepalive.ts";
import { pushPending } from "./output.ts";

// Starts the transfer of data, and continues it after acknowledgments.

const { POLL } = constants;

/** The handshake is complete: tcp_init_transfer(), tcp_init_metrics(). */
export function initTransfer(tcb: ControlBlock): void {
  const { rtt, now } = tcb;
  if (rtt.smoothed === 0) {
    // No round trip was measured, so the SYN was lost: be careful (RFC 6298, 5.7).
    rtt.variation = TIMEOUT_FALLBACK / MICROSECOND;
    rtt.deviation = rtt.variation;
    rtt.maxDeviation = rtt.variation;
    rtt.rto = TIMEOUT_FALLBACK;
  }
  initCongestion(tcb);
  initBuffers(tcb);
  tcb.lsndTime = now;
  if (tcb.socket.isSet(SOCKET_OPTION.KEEPALIVE)) tcb.keepaliveTimer.startIn(keepaliveTime(tcb));
}

/** The first congestion window: tcp_init_cwnd(), and tcp_init_transfer(). */
function initCongestion(tcb: ControlBlock): void {
  const reordering = tcb.host.sysctls.get("net.ipv4.tcp_reordering");
  if (tcb.statistics.trouble.totalRetrans === 0 && tcb.sendQueue.isEmpty) tcb.forgetSender();
  if (reordering !== tcb.recovery.reordering) tcb.beginSending();
  if (!tcb.hasSender) return;
  const { congestion, recovery } = tcb;
  congestion.cwnd = tcb.statistics.trouble.totalRetrans > 1 && recovery.undoMarker !== 0 ? 1 : INIT_CWND;
  congestion.stamp = tcb.now;
  recovery.reordering = reordering;
}

/**
 * A retransmitted SYN whose original was answered counts as not lost: tcp_try_undo_spurious_syn().
 */
export function tryUndoSyn(tcb: ControlBlock): void {
  const { recovery, retransStamp } = tcb;
  if (recovery.undoMarker !== 0 && retransStamp !== 0 && tcb.sawTimestamp && retransStamp === tcb.rcvTsecr)
    recovery.undoMarker = 0;
}

/** After an acknowledgment: sends what may go now, and wakes a program that waits to write. */
export function sendMore(tcb: ControlBlock): void {
  pushPending(tcb);
  if (!tcb.noSpace) return;
  if (tcb.sendQueue.inFlight < tcb.congestion.cwnd) expandSendBuffer(tcb);
  if (!isWritable(tcb)) return;
  tcb.noSpace = false;
  tcb.chronograph?.stop("send buffer", tcb.sendQueue.isEmpty, tcb.now);
  tcb.stack.woken(tcb, POLL.OUT | POLL.WRNORM);
}
