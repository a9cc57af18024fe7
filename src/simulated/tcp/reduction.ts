import { FLAG } from "./ack-outcome.ts";
import { INFINITE_SSTHRESH } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { CA, type CaState } from "./recovery-state.ts";

// Reducing the congestion window over a round trip: proportional rate reduction (RFC 9937), with
// the slow start variant that Linux uses.

export function setCaState(tcb: ControlBlock, state: CaState): void {
  tcb.recovery.state = state;
  if (state === CA.LOSS) tcb.congestionControl.timedOut();
}

/** tcp_init_cwnd_reduction(). */
export function beginReduction(tcb: ControlBlock): void {
  const { recovery, congestion } = tcb;
  recovery.highSeq = tcb.sndNxt;
  recovery.tlpHighSeq = 0;
  congestion.count = 0;
  congestion.priorCwnd = congestion.cwnd;
  recovery.prrDelivered = 0;
  recovery.prrOut = 0;
  congestion.ssthresh = tcb.congestionControl.ssthresh(congestion);
  if (tcb.ecnOk) tcb.ecnQueueCwr = true;
}

/** An acknowledgment during a reduction: tcp_cwnd_reduction(). */
export function reduce(tcb: ControlBlock, delivered: number, lost: number, flags: number): void {
  const { recovery, congestion, sendQueue } = tcb;
  if (delivered <= 0 || congestion.priorCwnd === 0) return;
  const delta = congestion.ssthresh - sendQueue.inFlight;
  recovery.prrDelivered += delivered;
  let send: number;
  if (delta < 0) {
    send = Math.ceil((congestion.ssthresh * recovery.prrDelivered) / congestion.priorCwnd) - recovery.prrOut;
  } else if (!tcb.host.linux.growsDuringReduction) {
    const known = FLAG.RETRANS_DATA_ACKED | FLAG.LOST_RETRANS;
    const slowStart = (flags & known) === FLAG.RETRANS_DATA_ACKED;
    send = delivered;
    if (slowStart) send = Math.max(recovery.prrDelivered - recovery.prrOut, delivered) + 1;
    send = Math.min(delta, send);
  } else {
    send = Math.max(recovery.prrDelivered - recovery.prrOut, delivered);
    if ((flags & FLAG.SND_UNA_ADVANCED) !== 0 && lost === 0) send += 1;
    send = Math.min(delta, send);
  }
  // The first retransmission of a recovery is never held back.
  send = Math.max(send, recovery.prrOut === 0 ? 1 : 0);
  congestion.cwnd = sendQueue.inFlight + send;
}

/** tcp_end_cwnd_reduction(). */
export function endReduction(tcb: ControlBlock): void {
  const { recovery, congestion } = tcb;
  if (congestion.ssthresh >= INFINITE_SSTHRESH) return;
  if (recovery.state !== CA.CWR && recovery.undoMarker === 0) return;
  congestion.cwnd = congestion.ssthresh;
  congestion.stamp = tcb.now;
}

/** Congestion was signalled, but nothing lost: tcp_enter_cwr(). */
export function enterCwr(tcb: ControlBlock): void {
  const { recovery } = tcb;
  recovery.priorSsthresh = 0;
  if (recovery.state >= CA.CWR) return;
  recovery.undoMarker = 0;
  beginReduction(tcb);
  setCaState(tcb, CA.CWR);
}
