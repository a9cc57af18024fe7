import { constants } from "../../system/linux/constants.ts";
import { MICROSECOND } from "../clock/virtual-clock.ts";
import { TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import { ACKED, AckOutcome, ALERT, FLAG, FORWARD_PROGRESS, NOT_DUPLICATE } from "./ack-outcome.ts";
import { pacingRate, updatePacingRate } from "./burst.ts";
import { sendChallengeAck } from "./challenge-ack.ts";
import { NAGLE } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { inReduction, isLimited, restartAfterIdle } from "./cwnd.ts";
import { pushPending } from "./output.ts";
import { currentMss, syncMss } from "./path.ts";
import { probeDelay } from "./probe-delay.ts";
import { rackAdvance, updateReorderingWindow } from "./rack.ts";
import { alert, processProbeAck } from "./recovery.ts";
import { CA } from "./recovery-state.ts";
import { reduce } from "./reduction.ts";
import { removeRenoSacks } from "./reno-sacks.ts";
import { retransmitLost } from "./retransmit.ts";
import { setTransmitTimer, startRetransmitTimer, stopRetransmitTimer } from "./retransmit-timer.ts";
import { highestSack, noteReordering, tagSacks } from "./sacks.ts";
import { MARK } from "./send-queue.ts";
import { mayUpdateWindow } from "./send-window.ts";
import { add, after, before, between, fromPacket } from "./sequence.ts";
import { STATE } from "./state.ts";
import { replaceTimestamp } from "./timestamps.ts";
import { HAPPENED, STAMP } from "./transmit-reports.ts";

/**
 * Processes the acknowledgment of a segment: tcp_ack() (RFC 9293, 3.10.7.4, fifth step). Returns
 * `unacceptable` if it acknowledges what was never sent, or is far too old.
 */
export function acknowledge(
  tcb: ControlBlock,
  segment: TcpSegment,
  end: number,
  flags: number,
): "acceptable" | "old" | "unacceptable" {
  const { sendQueue, statistics } = tcb;
  const acknowledgment = fromPacket(segment.acknowledgment);
  const sequence = fromPacket(segment.sequence);
  const priorUna = tcb.sndUna;
  const sack = tcb.sackOk ? segment.options.sack : [];
  if (before(acknowledgment, priorUna)) {
    // RFC 5961, 5.2.
    const oldest = Math.min(tcb.maxWindow, statistics.bytesAcked);
    if (before(acknowledgment, add(priorUna, -oldest))) {
      if ((flags & FLAG.NO_CHALLENGE_ACK) === 0) sendChallengeAck(tcb);
      return "unacceptable";
    }
    if (sack.length > 0) {
      const outcome = new AckOutcome();
      const delivered = statistics.delivered;
      tagSacks(tcb, sack, acknowledgment, priorUna, outcome);
      alert(tcb, priorUna, 0, outcome);
      countSacked(tcb, delivered, outcome);
      resend(tcb, outcome);
    }
    return "old";
  }
  if (after(acknowledgment, tcb.sndNxt)) {
    if ((flags & FLAG.NO_CHALLENGE_ACK) === 0 && tcb.host.linux.challengesUnsent) sendChallengeAck(tcb);
    return "unacceptable";
  }
  const outcome = new AckOutcome();
  outcome.flags = flags | FLAG.SLOWPATH;
  if (after(acknowledgment, priorUna)) {
    outcome.flags |= FLAG.SND_UNA_ADVANCED;
    tcb.retransmits = 0;
  }
  const priorSack = tcb.sackOk ? highestSack(tcb) : tcb.sndUna;
  const priorPackets = sendQueue.packetsOut;
  const priorDelivered = statistics.delivered;
  const priorLost = statistics.trouble.lost;
  if ((flags & FLAG.UPDATE_TS_RECENT) !== 0) replaceTimestamp(tcb, sequence);
  if (sequence !== end) outcome.flags |= FLAG.DATA;
  updateSendWindow(tcb, segment, outcome);
  if (sack.length > 0) tagSacks(tcb, sack, acknowledgment, priorUna, outcome);
  if (tcb.ecnOk && (segment.flags & TCP_FLAG.ECE) !== 0 && (segment.flags & TCP_FLAG.SYN) === 0)
    outcome.flags |= FLAG.ECE;
  if ((segment.flags & TCP_FLAG.CWR) !== 0) tcb.ecnDemandCwr = false;
  // Something got through.
  tcb.softError = 0;
  tcb.probesOut = 0;
  tcb.rcvTstamp = tcb.now;
  if (priorPackets === 0) {
    if ((outcome.flags & FLAG.DSACKING_ACK) !== 0) {
      // A SYN-ACK that was sent again may be all that was sent.
      tcb.beginSending();
      alert(tcb, priorUna, 0, outcome);
      countSacked(tcb, priorDelivered, outcome);
    }
    windowMayHaveOpened(tcb);
    if (tcb.recovery.tlpHighSeq !== 0) processProbeAck(tcb, acknowledgment, outcome.flags);
    return "acceptable";
  }
  cleanQueue(tcb, priorSack, priorUna, outcome);
  updateReorderingWindow(tcb, outcome.priorDelivered);
  if (tcb.recovery.tlpHighSeq !== 0) processProbeAck(tcb, acknowledgment, outcome.flags);
  if (isDubious(tcb, outcome)) {
    const plain = FLAG.SND_UNA_ADVANCED | NOT_DUPLICATE | FLAG.DSACKING_ACK;
    alert(tcb, priorUna, (outcome.flags & plain) === 0 ? 1 : 0, outcome);
  }
  if ((outcome.flags & FLAG.SET_XMIT_TIMER) !== 0) setTransmitTimer(tcb);
  countSacked(tcb, priorDelivered, outcome);
  const delivered = statistics.delivered - priorDelivered;
  if (outcome.priorDelivered >= 0) {
    statistics.rateDelivered = statistics.delivered - outcome.priorDelivered;
    statistics.rateInterval = Math.floor((tcb.now - outcome.priorSentAt) / MICROSECOND);
  }
  controlCongestion(tcb, delivered, statistics.trouble.lost - priorLost, outcome.flags);
  updatePacingRate(tcb);
  resend(tcb, outcome);
  return "acceptable";
}

/** tcp_ack_is_dubious(). */
const isDubious = ({ recovery }: ControlBlock, { flags }: AckOutcome): boolean =>
  (flags & NOT_DUPLICATE) === 0 || (flags & ALERT) !== 0 || recovery.state !== CA.OPEN;

/** Counts what SACKs reported, once. */
function countSacked({ statistics }: ControlBlock, _before: number, outcome: AckOutcome): void {
  statistics.delivered += outcome.sackDelivered;
  if ((outcome.flags & FLAG.ECE) !== 0) statistics.countTrouble().deliveredCe += outcome.sackDelivered;
  outcome.sackDelivered = 0;
}

/** tcp_ack_update_window() and tcp_snd_una_update(). */
function updateSendWindow(tcb: ControlBlock, segment: TcpSegment, outcome: AckOutcome): void {
  const acknowledgment = fromPacket(segment.acknowledgment);
  const sequence = fromPacket(segment.sequence);
  const { flags } = segment;
  const window = (flags & TCP_FLAG.SYN) !== 0 ? segment.window : segment.window << tcb.sndWscale;
  if (mayUpdateWindow(tcb, acknowledgment, sequence, window)) {
    outcome.flags |= FLAG.WIN_UPDATE;
    tcb.sndWl1 = sequence;
    if (tcb.sndWnd !== window) {
      tcb.sndWnd = window;
      if (tcb.sendQueue.sendHead !== undefined) restartAfterIdle(tcb);
      if (window > tcb.maxWindow) {
        tcb.maxWindow = window;
        syncMss(tcb, tcb.pmtu);
      }
    }
  }
  tcb.statistics.bytesAcked += (acknowledgment - tcb.sndUna) >>> 0;
  tcb.sndUna = acknowledgment;
}

/** Takes acknowledged segments off the queue, and measures: tcp_clean_rtx_queue(). */
function cleanQueue(tcb: ControlBlock, priorSack: number, priorUna: number, outcome: AckOutcome): void {
  const { sendQueue, statistics, recovery, now } = tcb;
  let firstSentAt = -1;
  let lastSentAt = -1;
  let reordered = priorSack;
  let acked = 0;
  let segment = sendQueue.firstSent;
  for (; segment !== undefined && segment !== sendQueue.sendHead; segment = sendQueue.firstSent) {
    const { marks, end, sentAt } = segment;
    if (after(end, tcb.sndUna)) break;
    if ((marks & (MARK.RETRANS | MARK.EVER_RETRANS)) !== 0) {
      if ((marks & MARK.RETRANS) !== 0) sendQueue.retransOut -= 1;
      outcome.flags |= FLAG.RETRANS_DATA_ACKED;
    } else if ((marks & MARK.SACKED) === 0) {
      lastSentAt = sentAt;
      if (firstSentAt < 0) firstSentAt = sentAt;
      if (before(segment.sequence, reordered)) reordered = segment.sequence;
      if (!after(end, recovery.highSeq)) outcome.flags |= FLAG.ORIG_SACK_ACKED;
    }
    if ((marks & MARK.SACKED) !== 0) {
      sendQueue.sackedOut -= 1;
    } else if (tcb.sackOk) {
      statistics.delivered += 1;
      if ((outcome.flags & FLAG.ECE) !== 0) statistics.countTrouble().deliveredCe += 1;
      rackAdvance(tcb, marks, end, sentAt);
    }
    if ((marks & MARK.LOST) !== 0) sendQueue.lostOut -= 1;
    sendQueue.packetsOut -= 1;
    acked += 1;
    outcome.priorDelivered = Math.max(outcome.priorDelivered, segment.deliveredBefore);
    outcome.priorSentAt = sentAt;
    if ((segment.flags & TCP_FLAG.SYN) === 0) {
      outcome.flags |= FLAG.DATA_ACKED;
    } else {
      outcome.flags |= FLAG.SYN_ACKED;
      tcb.retransStamp = 0;
    }
    if (segment.isReported) reportAcknowledged(tcb, end);
    sendQueue.remove(segment);
  }
  if (sendQueue.packetsOut === 0) tcb.chronograph?.stop("busy", sendQueue.isEmpty, now);
  if (between(tcb.sndUp, priorUna, tcb.sndUna)) tcb.sndUp = tcb.sndUna;
  const first = sendQueue.firstSent;
  if (first !== undefined && (first.marks & MARK.SACKED) !== 0) outcome.flags |= FLAG.SACK_RENEGING;
  const measured = measure(tcb, firstSentAt, lastSentAt, outcome);
  if ((outcome.flags & ACKED) !== 0) {
    outcome.flags |= FLAG.SET_XMIT_TIMER;
    if (!tcb.sackOk) {
      removeRenoSacks(tcb, acked);
      if ((outcome.flags & FLAG.RETRANS_DATA_ACKED) !== 0) outcome.flags &= ~FLAG.ORIG_SACK_ACKED;
    } else if (before(reordered, priorSack)) {
      noteReordering(tcb, reordered);
    }
  } else if (
    measured &&
    first !== undefined &&
    outcome.firstSackedAt >= 0 &&
    now - outcome.firstSackedAt > now - first.sentAt
  ) {
    outcome.flags |= FLAG.SET_XMIT_TIMER;
  }
}

function reportAcknowledged(tcb: ControlBlock, end: number): void {
  const { reports } = tcb;
  if (reports === undefined || (reports.flags & STAMP.TX_ACK) === 0) return;
  reports.add(HAPPENED.ACKNOWLEDGED, add(end, -1), tcb.host.time());
  tcb.stack.woken(tcb, constants.POLL.ERR);
}

/**
 * Measures the round trip, but never from retransmitted segments (Karn), unless the timestamp tells
 * which one was answered: tcp_ack_update_rtt(). Returns whether it did.
 */
function measure(tcb: ControlBlock, firstSentAt: number, lastSentAt: number, outcome: AckOutcome): boolean {
  const { now, rtt, host } = tcb;
  let sample = -1;
  let latest = -1;
  if (firstSentAt >= 0 && (outcome.flags & FLAG.RETRANS_DATA_ACKED) === 0) {
    sample = now - firstSentAt;
    latest = now - lastSentAt;
  }
  if (outcome.firstSackedAt >= 0) {
    latest = now - outcome.lastSackedAt;
    if (sample < 0) sample = now - outcome.firstSackedAt;
  }
  if (sample < 0 && tcb.sawTimestamp && tcb.rcvTsecr !== 0 && (outcome.flags & ACKED) !== 0) {
    const elapsed = (tcb.timestamp - tcb.rcvTsecr) | 0;
    if (elapsed >= 0) {
      sample = Math.max(1, elapsed) * 1e6;
      latest = sample;
    }
  }
  if (sample < 0) return false;
  const microseconds = Math.floor(latest / MICROSECOND);
  rtt.noteMinimum(
    Math.max(1, microseconds),
    tcb.milliseconds,
    host.sysctls.get("net.ipv4.tcp_min_rtt_wlen") * 1_000,
  );
  rtt.measure(sample / MICROSECOND, tcb.sndUna, tcb.sndNxt, tcb.leastRto / MICROSECOND);
  rtt.rto = rtt.base(tcb.greatestRto);
  rtt.backoff = 0;
  const { sndUna, sndNxt } = tcb;
  // The algorithm begins when the connection is established: tcp_init_congestion_control().
  if (tcb.state === STATE.SYN_SENT || tcb.state === STATE.SYN_RECV) return true;
  tcb.congestionControl.measured(tcb.congestion, microseconds, {
    acked: 0,
    sndUna,
    sndNxt,
    now,
    smoothed: rtt.smoothed,
    pacingRate: pacingRate(tcb),
  });
  return true;
}

/** tcp_cong_control(). */
function controlCongestion(tcb: ControlBlock, delivered: number, lost: number, flags: number): void {
  if (inReduction(tcb)) {
    reduce(tcb, delivered, lost, flags);
    return;
  }
  const reordering = tcb.recovery.reordering > tcb.host.sysctls.get("net.ipv4.tcp_reordering");
  if ((flags & (reordering ? FORWARD_PROGRESS : FLAG.DATA_ACKED)) === 0) return;
  const { sndUna, sndNxt, now, rtt } = tcb;
  if (isLimited(tcb)) {
    tcb.congestionControl.avoid(tcb.congestion, {
      acked: delivered,
      sndUna,
      sndNxt,
      now,
      smoothed: rtt.smoothed,
      pacingRate: pacingRate(tcb),
    });
  }
  tcb.congestion.stamp = now;
}

/** tcp_xmit_recovery(). */
function resend(tcb: ControlBlock, { resend: what }: AckOutcome): void {
  if (what === "nothing" || tcb.state === STATE.SYN_SENT) return;
  if (what === "new") {
    pushPending(tcb, currentMss(tcb), NAGLE.OFF);
    if (after(tcb.sndNxt, tcb.recovery.highSeq)) return;
    tcb.recovery.frto = false;
  }
  retransmitLost(tcb);
}

/** The answer to a zero-window probe, or a window update: tcp_ack_probe(). */
function windowMayHaveOpened(tcb: ControlBlock): void {
  const next = tcb.sendQueue.sendHead;
  if (next === undefined) return;
  if (!after(next.end, tcb.windowEnd)) {
    tcb.rtt.backoff = 0;
    tcb.probesSince = undefined;
    if (tcb.pending === "zero-window probe") stopRetransmitTimer(tcb);
  } else {
    startRetransmitTimer(tcb, "zero-window probe", probeDelay(tcb));
  }
}
