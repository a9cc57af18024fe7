import type { ControlBlock } from "./control-block.ts";
import { CA } from "./recovery-state.ts";
import { setCaState } from "./reduction.ts";
import { noteReordering } from "./sacks.ts";
import { MARK } from "./send-queue.ts";
import { before } from "./sequence.ts";
import { STATE } from "./state.ts";

// Undoes a reduction that turns out to have been needless: the original was only late (Eifel, RFC
// 4015, by timestamps), or every retransmission was reported as a duplicate (DSACK, RFC 3708).

const PERSIST = 16;

/** A recovery begins that may be undone: tcp_init_undo(). */
export function beginUndo({ recovery, sendQueue, sndUna }: ControlBlock): void {
  recovery.undoMarker = sndUna;
  recovery.undoRetrans = sendQueue.retransOut;
  if (recovery.tlpHighSeq !== 0 && recovery.tlpRetrans) recovery.undoRetrans += 1;
  if (recovery.undoRetrans === 0) recovery.undoRetrans = -1;
}

/** Whether the peer answered the original, not the retransmission: tcp_packet_delayed(). */
export function packetDelayed(tcb: ControlBlock): boolean {
  if (tcb.retransStamp !== 0)
    return tcb.sawTimestamp && tcb.rcvTsecr !== 0 && before(tcb.rcvTsecr, tcb.retransStamp);
  if (!tcb.sackOk && !before(tcb.sndUna, tcb.recovery.highSeq)) return false;
  return tcb.state !== STATE.SYN_SENT;
}

const mayUndo = (tcb: ControlBlock): boolean =>
  tcb.recovery.undoMarker !== 0 && (tcb.recovery.undoRetrans === 0 || packetDelayed(tcb));

/** tcp_undo_cwnd_reduction(). */
function undoReduction(tcb: ControlBlock, unmarkLoss: boolean): void {
  const { recovery, congestion, sendQueue } = tcb;
  if (unmarkLoss) {
    for (
      let segment = sendQueue.firstSent;
      segment !== undefined && segment !== sendQueue.sendHead;
      segment = segment.next
    )
      segment.marks &= ~MARK.LOST;
    sendQueue.lostOut = 0;
    sendQueue.retransmitHint = undefined;
  }
  if (recovery.priorSsthresh !== 0) {
    congestion.cwnd = tcb.congestionControl.undo(congestion);
    if (recovery.priorSsthresh > congestion.ssthresh) {
      congestion.ssthresh = recovery.priorSsthresh;
      tcb.ecnQueueCwr = false;
    }
  }
  congestion.stamp = tcb.now;
  recovery.undoMarker = 0;
  recovery.rackAdvanced = true;
}

/** Whether anything on its way was ever sent again: tcp_any_retrans_done(). */
export function anyRetransmitted({ sendQueue }: ControlBlock): boolean {
  if (sendQueue.retransOut > 0) return true;
  const first = sendQueue.firstSent;
  return first !== undefined && (first.marks & MARK.EVER_RETRANS) !== 0;
}

/**
 * Without SACK, recovery lasts until something beyond its end is acknowledged, or duplicates of its
 * retransmissions would begin another (RFC 6582, 4).
 */
function preventsReopening(tcb: ControlBlock): boolean {
  if (tcb.sndUna !== tcb.recovery.highSeq || tcb.sackOk) return false;
  if (!anyRetransmitted(tcb)) tcb.retransStamp = 0;
  return true;
}

/** Recovery is complete. Returns whether it must still be held: tcp_try_undo_recovery(). */
export function tryUndoRecovery(tcb: ControlBlock): boolean {
  const { recovery } = tcb;
  if (mayUndo(tcb)) undoReduction(tcb, false);
  else if (recovery.rackPersist > 0) recovery.rackPersist -= 1;
  if (preventsReopening(tcb)) return true;
  setCaState(tcb, CA.OPEN);
  recovery.reneging = false;
  return false;
}

export function tryUndoDsack(tcb: ControlBlock): boolean {
  const { recovery } = tcb;
  if (recovery.undoMarker === 0 || recovery.undoRetrans !== 0) return false;
  recovery.rackPersist = Math.min(PERSIST, recovery.rackPersist + 1);
  undoReduction(tcb, false);
  return true;
}

/** After a timeout; `spurious` if F-RTO found it so: tcp_try_undo_loss(). */
export function tryUndoLoss(tcb: ControlBlock, spurious: boolean): boolean {
  if (!spurious && !mayUndo(tcb)) return false;
  undoReduction(tcb, true);
  tcb.retransmits = 0;
  if (preventsReopening(tcb)) return true;
  if (spurious || tcb.sackOk) {
    setCaState(tcb, CA.OPEN);
    tcb.recovery.reneging = false;
  }
  return true;
}

/** A partial acknowledgment during recovery. Returns whether to mark nothing lost for now. */
export function tryUndoPartial(tcb: ControlBlock, priorUna: number): boolean {
  if (tcb.recovery.undoMarker === 0 || !packetDelayed(tcb)) return false;
  noteReordering(tcb, priorUna);
  if (tcb.sendQueue.retransOut > 0) return true;
  if (!anyRetransmitted(tcb)) tcb.retransStamp = 0;
  undoReduction(tcb, true);
  tryKeepOpen(tcb);
  return false;
}

/** Open, or Disorder if anything is missing: tcp_try_keep_open(). */
export function tryKeepOpen(tcb: ControlBlock): void {
  const { recovery, sendQueue } = tcb;
  const amiss = sendQueue.sackedOut + sendQueue.lostOut > 0 || anyRetransmitted(tcb);
  const state = amiss ? CA.DISORDER : CA.OPEN;
  if (recovery.state === state) return;
  setCaState(tcb, state);
  recovery.highSeq = tcb.sndNxt;
}
