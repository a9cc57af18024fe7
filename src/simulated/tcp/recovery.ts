import { MILLISECOND } from "../clock/virtual-clock.ts";
import { type AckOutcome, FLAG } from "./ack-outcome.ts";
import type { ControlBlock } from "./control-block.ts";
import { currentSsthresh, inReduction } from "./cwnd.ts";
import { markLost, rackMarkLost, rackTimeout } from "./rack.ts";
import { CA } from "./recovery-state.ts";
import { beginReduction, endReduction, enterCwr, setCaState } from "./reduction.ts";
import { addRenoSack, resetRenoSacks } from "./reno-sacks.ts";
import { startRetransmitTimer } from "./retransmit-timer.ts";
import { MARK } from "./send-queue.ts";
import { after, before } from "./sequence.ts";
import {
  anyRetransmitted,
  beginUndo,
  tryKeepOpen,
  tryUndoDsack,
  tryUndoLoss,
  tryUndoPartial,
  tryUndoRecovery,
} from "./undo.ts";

// Fast retransmit and recovery (RFC 6582, RFC 6675 by way of RACK), and recovery after a timeout:
// the state machine of tcp_fastretrans_alert().

/** An acknowledgment that is not plain progress. `duplicates` is 1 for a duplicate one. */
export function alert(tcb: ControlBlock, priorUna: number, duplicates: number, outcome: AckOutcome): void {
  const { recovery, sendQueue } = tcb;
  const ece = (outcome.flags & FLAG.ECE) !== 0;
  if (sendQueue.packetsOut === 0) sendQueue.sackedOut = 0;
  if (ece) recovery.priorSsthresh = 0;
  if (isReneging(tcb, outcome)) return;
  if (recovery.state === CA.OPEN) {
    tcb.retransStamp = 0;
  } else if (!before(tcb.sndUna, recovery.highSeq)) {
    if (recovery.state === CA.CWR) {
      // CWR must reach the peer: wait for something beyond.
      if (tcb.sndUna !== recovery.highSeq) {
        endReduction(tcb);
        setCaState(tcb, CA.OPEN);
      }
    } else if (recovery.state === CA.RECOVERY) {
      if (!tcb.sackOk) resetRenoSacks(tcb);
      if (tryUndoRecovery(tcb)) return;
      endReduction(tcb);
    }
  }
  switch (recovery.state) {
    case CA.RECOVERY:
      if (!inRecovery(tcb, priorUna, duplicates, outcome, ece)) return;
      break;
    case CA.LOSS:
      processLoss(tcb, duplicates, outcome);
      if (tcb.recovery.state !== CA.LOSS) endTimeoutStatistics(tcb);
      identifyLoss(tcb, outcome);
      if (!isOpen(tcb) && (outcome.flags & FLAG.LOST_RETRANS) === 0) return;
      if (!inOpenOrDisorder(tcb, duplicates, outcome, ece)) return;
      break;
    default:
      if (!inOpenOrDisorder(tcb, duplicates, outcome, ece)) return;
  }
  outcome.resend = "lost";
}

const isOpen = ({ recovery }: ControlBlock): boolean => recovery.state === CA.OPEN;

/** Returns whether lost segments are to be sent again. */
function inRecovery(
  tcb: ControlBlock,
  priorUna: number,
  duplicates: number,
  outcome: AckOutcome,
  ece: boolean,
): boolean {
  if ((outcome.flags & FLAG.SND_UNA_ADVANCED) === 0) {
    if (!tcb.sackOk) addRenoSack(tcb, duplicates);
  } else if (tryUndoPartial(tcb, priorUna)) {
    return false;
  }
  if (tryUndoDsack(tcb)) tryToOpen(tcb, outcome);
  identifyLoss(tcb, outcome);
  if (tcb.recovery.state !== CA.RECOVERY) {
    if (tcb.sendQueue.lostOut === 0) return false;
    enterRecovery(tcb, ece);
  }
  return true;
}

/** Returns whether recovery begins. */
function inOpenOrDisorder(tcb: ControlBlock, duplicates: number, outcome: AckOutcome, ece: boolean): boolean {
  if (!tcb.sackOk) {
    if ((outcome.flags & FLAG.SND_UNA_ADVANCED) !== 0) resetRenoSacks(tcb);
    addRenoSack(tcb, duplicates);
  }
  if (tcb.recovery.state <= CA.DISORDER) tryUndoDsack(tcb);
  identifyLoss(tcb, outcome);
  if (tcb.sendQueue.lostOut === 0) {
    tryToOpen(tcb, outcome);
    return false;
  }
  enterRecovery(tcb, ece);
  return true;
}

function tryToOpen(tcb: ControlBlock, outcome: AckOutcome): void {
  if (!anyRetransmitted(tcb)) tcb.retransStamp = 0;
  if ((outcome.flags & FLAG.ECE) !== 0) enterCwr(tcb);
  if (tcb.recovery.state !== CA.CWR) tryKeepOpen(tcb);
}

/** tcp_enter_recovery(). */
export function enterRecovery(tcb: ControlBlock, ece: boolean): void {
  const { recovery } = tcb;
  recovery.priorSsthresh = 0;
  beginUndo(tcb);
  if (!inReduction(tcb)) {
    if (!ece) recovery.priorSsthresh = currentSsthresh(tcb);
    beginReduction(tcb);
  }
  setCaState(tcb, CA.RECOVERY);
  tcb.host.counters.count(tcb.sackOk ? "TcpExt.TCPSackRecovery" : "TcpExt.TCPRenoRecovery");
}

/** Marks segments lost: by time with SACK, by duplicate acknowledgments without. */
function identifyLoss(tcb: ControlBlock, outcome: AckOutcome): void {
  const { sendQueue } = tcb;
  if (sendQueue.packetsOut === 0) return;
  if (!tcb.sackOk) {
    newRenoMarkLost(tcb, (outcome.flags & FLAG.SND_UNA_ADVANCED) !== 0);
    return;
  }
  const before = sendQueue.retransOut;
  if (rackMarkLost(tcb)) outcome.flags &= ~FLAG.SET_XMIT_TIMER;
  if (before > sendQueue.retransOut) outcome.flags |= FLAG.LOST_RETRANS;
}

function newRenoMarkLost(tcb: ControlBlock, advanced: boolean): void {
  const { recovery, sendQueue } = tcb;
  const begins = recovery.state < CA.RECOVERY && sendQueue.sackedOut >= recovery.reordering;
  if (!begins && !(recovery.state === CA.RECOVERY && advanced)) return;
  const first = sendQueue.firstSent;
  if (first !== undefined && (first.marks & MARK.LOST) === 0) markLost(tcb, first);
}

/** In Loss: F-RTO (RFC 5682) finds out whether the timeout was spurious. tcp_process_loss(). */
function processLoss(tcb: ControlBlock, duplicates: number, outcome: AckOutcome): void {
  const { recovery, sendQueue } = tcb;
  const { flags } = outcome;
  const advanced = (flags & FLAG.SND_UNA_ADVANCED) !== 0;
  const recovered = !before(tcb.sndUna, recovery.highSeq);
  if (advanced && tryUndoLoss(tcb, false)) return;
  if (recovery.frto) {
    if ((flags & FLAG.ORIG_SACK_ACKED) !== 0 && tryUndoLoss(tcb, true)) return;
    if (after(tcb.sndNxt, recovery.highSeq)) {
      if ((flags & FLAG.DATA_SACKED) !== 0 || duplicates > 0) recovery.frto = false;
    } else if (advanced && !recovered) {
      recovery.highSeq = tcb.sndNxt;
      if (sendQueue.sendHead !== undefined && after(tcb.windowEnd, tcb.sndNxt)) {
        outcome.resend = "new";
        return;
      }
      recovery.frto = false;
    }
  }
  if (recovered) {
    tryUndoRecovery(tcb);
    return;
  }
  if (!tcb.sackOk) {
    if (after(tcb.sndNxt, recovery.highSeq) && duplicates > 0) addRenoSack(tcb, duplicates);
    else if (advanced) resetRenoSacks(tcb);
  }
  outcome.resend = "lost";
}

/** A retransmission timeout: tcp_enter_loss(). */
export function enterLoss(tcb: ControlBlock): void {
  const { recovery, congestion, sendQueue, host } = tcb;
  const newRecovery = recovery.state < CA.RECOVERY;
  markTimedOut(tcb);
  if (
    recovery.state <= CA.DISORDER ||
    !after(recovery.highSeq, tcb.sndUna) ||
    (recovery.state === CA.LOSS && tcb.retransmits === 0)
  ) {
    recovery.priorSsthresh = currentSsthresh(tcb);
    congestion.priorCwnd = congestion.cwnd;
    congestion.ssthresh = tcb.congestionControl.ssthresh(congestion);
    beginUndo(tcb);
  }
  congestion.cwnd = sendQueue.inFlight + 1;
  congestion.count = 0;
  congestion.stamp = tcb.now;
  const reordering = host.sysctls.get("net.ipv4.tcp_reordering");
  if (recovery.state <= CA.DISORDER && sendQueue.sackedOut >= reordering)
    recovery.reordering = Math.min(recovery.reordering, reordering);
  setCaState(tcb, CA.LOSS);
  recovery.highSeq = tcb.sndNxt;
  recovery.tlpHighSeq = 0;
  if (tcb.ecnOk) tcb.ecnQueueCwr = true;
  recovery.frto = host.sysctls.get("net.ipv4.tcp_frto") !== 0 && (newRecovery || tcb.retransmits > 0);
}

/** Everything is lost, except what was sent only recently: tcp_timeout_mark_lost(). */
function markTimedOut(tcb: ControlBlock): void {
  const { sendQueue, recovery } = tcb;
  const first = sendQueue.firstSent;
  const reneging = first !== undefined && (first.marks & MARK.SACKED) !== 0;
  if (reneging) {
    sendQueue.sackedOut = 0;
    recovery.reneging = true;
  } else if (!tcb.sackOk) {
    resetRenoSacks(tcb);
  }
  for (let segment = first; segment !== undefined && segment !== sendQueue.sendHead; segment = segment.next) {
    if (reneging) segment.marks &= ~MARK.SACKED;
    else if (segment !== first && rackTimeout(tcb, segment, 0) > 0) continue;
    markLost(tcb, segment);
  }
  sendQueue.retransmitHint = undefined;
}

/** The peer took back a SACK: give it a moment, then send everything again. */
function isReneging(tcb: ControlBlock, outcome: AckOutcome): boolean {
  if ((outcome.flags & FLAG.SACK_RENEGING) === 0 || (outcome.flags & FLAG.SND_UNA_ADVANCED) === 0)
    return false;
  startRetransmitTimer(tcb, "retransmit", Math.max(tcb.rtt.smoothedNanoseconds / 2, 10 * MILLISECOND));
  outcome.flags &= ~FLAG.SET_XMIT_TIMER;
  return true;
}

/** tcp_update_rto_time(). */
function endTimeoutStatistics({ statistics, now }: ControlBlock): void {
  if (statistics.trouble.rtoSince === 0) return;
  statistics.countTrouble().totalRtoTime += Math.floor((now - statistics.trouble.rtoSince) / MILLISECOND);
  statistics.countTrouble().rtoSince = 0;
}

/** An acknowledgment of a tail loss probe (RFC 8985, 7.4): tcp_process_tlp_ack(). */
export function processProbeAck(tcb: ControlBlock, acknowledgment: number, flags: number): void {
  const { recovery } = tcb;
  if (before(acknowledgment, recovery.tlpHighSeq)) return;
  if (!recovery.tlpRetrans || (flags & FLAG.DSACK_TLP) !== 0) {
    recovery.tlpHighSeq = 0;
  } else if (after(acknowledgment, recovery.tlpHighSeq)) {
    // The probe repaired a loss that would have gone unnoticed.
    beginReduction(tcb);
    setCaState(tcb, CA.CWR);
    endReduction(tcb);
    tryKeepOpen(tcb);
  } else if ((flags & (FLAG.SND_UNA_ADVANCED | NOT_DUPLICATE_OR_SACKED)) === 0) {
    recovery.tlpHighSeq = 0;
  }
}

const NOT_DUPLICATE_OR_SACKED =
  FLAG.DATA | FLAG.WIN_UPDATE | FLAG.DATA_ACKED | FLAG.SYN_ACKED | FLAG.DATA_SACKED;
