import { MICROSECOND } from "../clock/virtual-clock.ts";
import type { ControlBlock } from "./control-block.ts";
import { CA } from "./recovery-state.ts";
import { startRetransmitTimer, withLeast } from "./retransmit-timer.ts";
import type { RoundTripTime } from "./rtt.ts";
import { MARK, type QueuedSegment } from "./send-queue.ts";
import { after, before } from "./sequence.ts";

// Time-based loss detection: RACK (RFC 8985), as in net/ipv4/tcp_recovery.c.

/** DSACKs widen the reordering window for this many recoveries. */
const PERSIST = 16;

/** Marks a segment lost, or lost again: tcp_mark_skb_lost(). */
export function markLost({ sendQueue, statistics }: ControlBlock, segment: QueuedSegment): void {
  if ((segment.marks & MARK.SACKED) !== 0) return;
  const hint = sendQueue.retransmitHint;
  if (hint !== undefined && before(segment.sequence, hint.sequence)) sendQueue.retransmitHint = segment;
  if ((segment.marks & MARK.LOST) !== 0) {
    if ((segment.marks & MARK.RETRANS) === 0) return;
    segment.marks &= ~MARK.RETRANS;
    sendQueue.retransOut -= 1;
  } else {
    segment.marks |= MARK.LOST;
    sendQueue.lostOut += 1;
  }
  statistics.countTrouble().lost += 1;
}

/** Whether one segment was sent after another; those of one moment go by sequence number. */
const sentAfter = (at: number, otherAt: number, end: number, otherEnd: number): boolean =>
  at > otherAt || (at === otherAt && after(end, otherEnd));

/** How much longer than a round trip a segment may take, in nanoseconds: tcp_rack_reo_wnd(). */
function reorderingWindow({ recovery, sendQueue, rtt, host }: ControlBlock): number {
  if (recovery.reorderingSeen === 0) {
    if (recovery.state >= CA.RECOVERY) return 0;
    const noThreshold = (host.sysctls.get("net.ipv4.tcp_recovery") & 4) !== 0;
    if (sendQueue.sackedOut >= recovery.reordering && !noThreshold) return 0;
  }
  if (rtt.minimum === 0) return rtt.smoothedNanoseconds;
  return Math.min(Math.floor(rtt.minimum / 4) * recovery.rackSteps * MICROSECOND, rtt.smoothedNanoseconds);
}

/** When a segment counts as lost, from now: tcp_rack_skb_timeout(). */
export const rackTimeout = (tcb: ControlBlock, segment: QueuedSegment, window: number): number =>
  tcb.rtt.latest * MICROSECOND + window - (tcb.now - segment.sentAt);

/**
 * Marks segments lost that were sent before one that arrived, if they had their time. Returns how
 * long to wait for the others; 0 if there are none: tcp_rack_detect_loss().
 */
function detectLoss(tcb: ControlBlock): number {
  const { sendQueue, recovery } = tcb;
  const window = reorderingWindow(tcb);
  let wait = 0;
  for (let segment = sendQueue.oldest; segment !== undefined; ) {
    const next: QueuedSegment | undefined = segment.sentNext;
    const isMarked = (segment.marks & MARK.LOST) !== 0 && (segment.marks & MARK.RETRANS) === 0;
    if (!isMarked) {
      if (!sentAfter(recovery.rackSentAt, segment.sentAt, recovery.rackEnd, segment.end)) break;
      const left = rackTimeout(tcb, segment, window);
      if (left <= 0) {
        markLost(tcb, segment);
        sendQueue.removeFromSentOrder(segment);
      } else {
        wait = Math.max(wait, left);
      }
    }
    segment = next;
  }
  return wait;
}

/** After an acknowledgment: tcp_rack_mark_lost(). Returns whether it started the timer. */
export function rackMarkLost(tcb: ControlBlock): boolean {
  if (!tcb.recovery.rackAdvanced) return false;
  tcb.recovery.rackAdvanced = false;
  const wait = detectLoss(tcb);
  if (wait === 0) return false;
  startRetransmitTimer(tcb, "reordering", withLeast(tcb, wait));
  return true;
}

/** The reordering timer: whether more segments were found lost. */
export function rackTimedOut(tcb: ControlBlock): boolean {
  const before = tcb.sendQueue.inFlight;
  detectLoss(tcb);
  return before !== tcb.sendQueue.inFlight;
}

const isTooSoon = ({ minimum }: RoundTripTime, elapsed: number): boolean =>
  minimum === 0 || elapsed < minimum * MICROSECOND;

/** A segment arrived, as an acknowledgment says: tcp_rack_advance(). */
export function rackAdvance(
  { recovery, rtt, now }: ControlBlock,
  marks: number,
  end: number,
  sentAt: number,
): void {
  const elapsed = now - sentAt;
  // It may be the original that arrived, and not the retransmission.
  if ((marks & (MARK.RETRANS | MARK.EVER_RETRANS)) !== 0 && isTooSoon(rtt, elapsed)) return;
  recovery.rackAdvanced = true;
  rtt.latest = Math.floor(elapsed / MICROSECOND);
  if (sentAfter(sentAt, recovery.rackSentAt, end, recovery.rackEnd)) {
    recovery.rackSentAt = sentAt;
    recovery.rackEnd = end;
  }
}

/** DSACKs mean that the reordering window was too small: tcp_rack_update_reo_wnd(). */
export function updateReorderingWindow(
  { recovery, host, statistics }: ControlBlock,
  priorDelivered: number,
): void {
  if ((host.sysctls.get("net.ipv4.tcp_recovery") & 2) !== 0 || priorDelivered < 0) return;
  if (priorDelivered < recovery.rackLastDelivered) recovery.rackDsackSeen = false;
  if (recovery.rackDsackSeen) {
    recovery.rackSteps = Math.min(0xff, recovery.rackSteps + 1);
    recovery.rackDsackSeen = false;
    recovery.rackLastDelivered = statistics.delivered;
    recovery.rackPersist = PERSIST;
  } else if (recovery.rackPersist === 0) {
    recovery.rackSteps = 1;
  }
}
