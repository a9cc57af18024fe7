import { errnos } from "../../system/linux/errno.ts";
import { TCP_FLAG } from "../ip/packet.ts";
import { burstSegments } from "./burst.ts";
import type { ControlBlock } from "./control-block.ts";
import { inReduction } from "./cwnd.ts";
import { currentMss, routeOf } from "./path.ts";
import { startRetransmitTimer } from "./retransmit-timer.ts";
import { MARK, type QueuedSegment } from "./send-queue.ts";
import { add, after, before, distance } from "./sequence.ts";
import { STATE } from "./state.ts";
import { transmitQueued } from "./transmit.ts";

const { CWR, ECE, FIN, PSH, SYN } = TCP_FLAG;

/**
 * Sends a segment again, and counts it as on its way: tcp_retransmit_skb(). Returns 0 or less.
 *
 * @param more flags for this time only
 */
export function retransmit(tcb: ControlBlock, segment: QueuedSegment, more = 0): number {
  const { sendQueue, recovery } = tcb;
  const result = sendAgain(tcb, segment, more);
  if (result < 0) return result;
  if ((segment.marks & MARK.RETRANS) === 0) {
    segment.marks |= MARK.RETRANS;
    sendQueue.retransOut += 1;
  }
  if (tcb.retransStamp === 0) tcb.retransStamp = tcb.timestamp;
  if (recovery.undoRetrans < 0) recovery.undoRetrans = 0;
  recovery.undoRetrans += 1;
  return 0;
}

/** Sends a segment again, as far as the peer's window allows: __tcp_retransmit_skb(). */
export function sendAgain(tcb: ControlBlock, segment: QueuedSegment, more = 0): number {
  const { sendQueue, statistics } = tcb;
  if (before(segment.sequence, tcb.sndUna))
    sendQueue.trimHead(segment, distance(segment.sequence, tcb.sndUna));
  if (typeof routeOf(tcb) === "number") return -errnos.EHOSTUNREACH;
  const mss = currentMss(tcb);
  const end = tcb.windowEnd;
  let limit = mss;
  if (!before(segment.sequence, end)) {
    // The peer shrank its window: only the first segment may serve as a probe.
    if (segment.sequence !== tcb.sndUna) return -errnos.EAGAIN;
  } else if (after(add(segment.sequence, limit), end)) {
    const space = distance(segment.sequence, end);
    if (space < limit && space > 0) limit = space;
  }
  if (segment.length > limit) sendQueue.split(segment, limit);
  else collapse(tcb, segment, Math.min(limit, mss));
  // A SYN that asked for ECN in vain asks no more (RFC 3168, 6.1.1.1).
  const asksEcn = (segment.flags & (SYN | ECE | CWR)) === (SYN | ECE | CWR);
  if (asksEcn && tcb.host.sysctls.get("net.ipv4.tcp_ecn_fallback") !== 0) segment.flags &= ~(ECE | CWR);
  const trouble = statistics.countTrouble();
  trouble.totalRetrans += 1;
  trouble.bytesRetrans += segment.length;
  tcb.host.counters.count("Tcp.RetransSegs");
  segment.marks |= MARK.EVER_RETRANS;
  const result = transmitQueued(tcb, segment, true, more);
  if (result < 0) return result;
  sendQueue.noteSent(segment);
  return 0;
}

/** Appends small segments that follow to one that is sent again: tcp_retrans_try_collapse(). */
function collapse(tcb: ControlBlock, segment: QueuedSegment, space: number): void {
  if (tcb.host.sysctls.get("net.ipv4.tcp_retrans_collapse") === 0 || (segment.flags & SYN) !== 0) return;
  const { sendQueue } = tcb;
  for (let next = segment.next; next !== undefined && next !== sendQueue.sendHead; next = segment.next) {
    if (segment.endOfRecord || (segment.flags & FIN) !== 0) return;
    if (((next.marks | segment.marks) & MARK.SACKED) !== 0) return;
    if (next.length === 0 || segment.length + next.length > space || after(next.end, tcb.windowEnd)) return;
    const data = new Uint8Array(segment.length + next.length);
    data.set(segment.data);
    data.set(next.data, segment.length);
    forget(tcb, next);
    sendQueue.remove(next);
    sendQueue.memory += next.length;
    segment.data = data;
    segment.end = next.end;
    segment.flags |= next.flags;
    segment.marks |= next.marks & MARK.EVER_RETRANS;
    segment.endOfRecord = next.endOfRecord;
  }
}

/** A segment of the retransmission queue no longer counts. */
function forget({ sendQueue }: ControlBlock, { marks }: QueuedSegment): void {
  sendQueue.packetsOut -= 1;
  if ((marks & MARK.LOST) !== 0) sendQueue.lostOut -= 1;
  if ((marks & MARK.RETRANS) !== 0) sendQueue.retransOut -= 1;
}

/**
 * How many segments are sent again at once: those that were sent at once, unless some of them have
 * arrived. What remains of them is a burst of its own from then on.
 */
function burstFrom(tcb: ControlBlock, first: QueuedSegment): number {
  const { congestion, sendQueue } = tcb;
  const limit = Math.min(burstSegments(tcb, currentMss(tcb)), congestion.cwnd - sendQueue.inFlight);
  let count = 1;
  let next = first.next;
  while (next?.joins === true && count < limit && isToResend(next)) {
    count += 1;
    next = next.next;
  }
  if (next !== undefined) next.joins = false;
  return count;
}

const isToResend = ({ marks }: QueuedSegment): boolean =>
  (marks & (MARK.LOST | MARK.SACKED | MARK.RETRANS)) === MARK.LOST;

/**
 * Sends lost segments again, as far as the congestion window allows: tcp_xmit_retransmit_queue().
 */
export function retransmitLost(tcb: ControlBlock): void {
  const { sendQueue, congestion } = tcb;
  if (sendQueue.packetsOut === 0) return;
  const head = sendQueue.firstSent;
  let rearm = false;
  let hole: QueuedSegment | undefined;
  /** How many segments the present burst still has, and whether it has several. */
  let left = 0;
  let several = false;
  let segment = sendQueue.retransmitHint ?? head;
  for (; segment !== undefined && segment !== sendQueue.sendHead; segment = segment.next) {
    if (hole === undefined) sendQueue.retransmitHint = segment;
    if (congestion.cwnd <= sendQueue.inFlight || sendQueue.retransOut >= sendQueue.lostOut) break;
    const { marks } = segment;
    if ((marks & MARK.LOST) === 0) {
      if ((marks & (MARK.RETRANS | MARK.SACKED)) === 0) hole ??= segment;
      continue;
    }
    if ((marks & (MARK.SACKED | MARK.RETRANS)) !== 0) continue;
    if (left === 0) {
      left = burstFrom(tcb, segment);
      several = left > 1;
    }
    left -= 1;
    if (retransmit(tcb, segment, left === 0 && several ? PSH : 0) < 0) break;
    if (inReduction(tcb)) tcb.recovery.prrOut += 1;
    if (segment === head && tcb.pending !== "reordering") rearm = true;
  }
  if (rearm && tcb.state !== STATE.CLOSE) startRetransmitTimer(tcb, "retransmit", tcb.rtt.rto);
}
