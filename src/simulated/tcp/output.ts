import { MILLISECOND } from "../clock/virtual-clock.ts";
import { TCP_FLAG } from "../ip/packet.ts";
import { burstSegments } from "./burst.ts";
import { NAGLE } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { inReduction, validateWindow } from "./cwnd.ts";
import { currentMss } from "./path.ts";
import { CA } from "./recovery-state.ts";
import { rearmRto, scheduleLossProbe, startRetransmitTimer } from "./retransmit-timer.ts";
import { QueuedSegment } from "./send-queue.ts";
import { add, after, before, between } from "./sequence.ts";
import { STATE } from "./state.ts";
import { sendProbe, transmitQueued } from "./transmit.ts";

const { ACK, FIN, PSH } = TCP_FLAG;
const NOTHING = new Uint8Array(0);

/**
 * Sends as much of the write queue as the windows and Nagle's rule allow: tcp_write_xmit().
 *
 * @param mode `one` sends a single burst, `probe` one even if the congestion window is full
 * @returns whether there is data that nothing will push: a zero-window probe must
 */
export function writeTransmit(
  tcb: ControlBlock,
  mss: number,
  nonagle: number,
  mode: "all" | "one" | "probe" = "all",
): boolean {
  const { sendQueue, congestion } = tcb;
  const most = burstSegments(tcb, mss);
  /** How many segments the present burst may have: at most half the window goes at once. */
  let quota = 0;
  let sent = 0;
  /** Segments of the present burst, which end with PSH if there are several. */
  let burst = 0;
  let waitsForWindow = false;
  /** What the buffers cost that the present burst has gone on in. */
  let entered = 0;
  /** PSH of a segment before its last, which moves to the end of the burst. */
  let carried = 0;
  for (let segment = sendQueue.sendHead; segment !== undefined; segment = sendQueue.sendHead) {
    if (burst === 0) recut(tcb, segment, mss);
    if (!maySend(tcb, segment, mss, nonagle, mode)) break;
    if (segment.end === segment.sequence) break;
    if (burst === 0) {
      quota = Math.min(most, Math.max(congestion.cwnd >> 1, 1), congestion.cwnd - sendQueue.inFlight);
      if (mode === "all" && shouldDefer(tcb, segment, most, quota)) {
        waitsForWindow = congestionWindowLeft(tcb) < windowLeft(tcb, segment);
        break;
      }
    } else if (segment.overhead > 0) {
      entered += segment.overhead;
      segment.overhead = 0;
    }
    burst += 1;
    segment.joins = burst > 1;
    const { next } = segment;
    const mayGoOn = burst < quota && next !== undefined && follows(tcb, segment, next) && mode !== "probe";
    if (mayGoOn) {
      recut(tcb, next, mss);
      cutAtWindow(tcb, next, nonagle);
    }
    const goesOn = mayGoOn && maySend(tcb, next, mss, nonagle, mode);
    if (!goesOn) {
      segment.flags |= carried;
      carried = 0;
    } else {
      carried |= segment.flags & PSH;
      segment.flags &= ~PSH;
    }
    if (transmitQueued(tcb, segment, false, !goesOn && burst > 1 ? PSH : 0) < 0) break;
    newDataSent(tcb, segment);
    if (!goesOn) {
      sendQueue.memory -= entered;
      entered = 0;
      burst = 0;
      // What is left of a buffer goes into one of its own: tso_fragment().
      if (next?.overhead === 0) sendQueue.beginBuffer(next, tcb.host.linux.bufferOverhead);
    }
    if (segment.length < mss) tcb.sndSml = segment.end;
    sent += 1;
    if (mode === "probe" || (mode === "one" && !goesOn)) break;
  }
  sendQueue.memory -= entered;
  noteLimit(tcb, mss);
  const limited = waitsForWindow || sendQueue.inFlight >= congestion.cwnd;
  if (sent > 0 || limited) validateWindow(tcb, limited);
  if (sent > 0) {
    if (inReduction(tcb)) tcb.recovery.prrOut += sent;
    if (mode !== "probe") scheduleLossProbe(tcb, false);
    return false;
  }
  return sendQueue.packetsOut === 0 && sendQueue.sendHead !== undefined;
}

/**
 * Makes a segment as long as the MSS now is, which was another when it was cut:
 * tcp_set_skb_tso_segs() and tcp_grow_skb().
 */
function recut(tcb: ControlBlock, segment: QueuedSegment, mss: number): void {
  const { sendQueue } = tcb;
  if (segment.length > mss) sendQueue.split(segment, mss);
  for (let { next } = segment; segment.length < mss && next !== undefined; next = segment.next) {
    if (next.length === 0 || !follows(tcb, segment, next)) return;
    if (segment.length + next.length > mss) sendQueue.split(next, mss - segment.length);
    sendQueue.join(segment, next);
  }
}

/**
 * Has the last segment of a burst fill the peer's window if Nagle's rule lets a small one go:
 * tcp_mss_split_point().
 */
function cutAtWindow(tcb: ControlBlock, segment: QueuedSegment, nonagle: number): void {
  const left = (tcb.windowEnd - segment.sequence) | 0;
  if (left <= 0 || left >= segment.length) return;
  if ((nonagle & NAGLE.CORK) !== 0 || (nonagle === 0 && isSmallOut(tcb))) return;
  tcb.sendQueue.split(segment, left);
}

/** Whether a burst may go on with the next segment. */
const follows = ({ host }: ControlBlock, segment: QueuedSegment, next: QueuedSegment): boolean =>
  next.overhead === 0 || (host.linux.burstsAcrossBuffers && !segment.endOfRecord);

/** Bytes that the windows still allow, from a segment on. */
const windowLeft = ({ windowEnd }: ControlBlock, { sequence }: QueuedSegment): number =>
  (windowEnd - sequence) >>> 0;

const congestionWindowLeft = ({ sendQueue, congestion, mssCache }: ControlBlock): number =>
  (congestion.cwnd - sendQueue.inFlight) * mssCache;

/**
 * Whether to wait for an acknowledgment that is about to come and allows a larger burst:
 * tcp_tso_should_defer().
 *
 * @param most the segments that a burst may have
 * @param quota how many of them this one may have
 */
function shouldDefer(tcb: ControlBlock, segment: QueuedSegment, most: number, quota: number): boolean {
  const { sendQueue, congestion, rtt, host, now } = tcb;
  const { next } = segment;
  // A single segment is Nagle's matter.
  if (next === undefined || (next.overhead > 0 && (quota === 1 || !follows(tcb, segment, next))))
    return false;
  if (tcb.recovery.state >= CA.RECOVERY || now - tcb.lsndTime > MILLISECOND) return false;
  const limit = Math.min(windowLeft(tcb, segment), congestionWindowLeft(tcb));
  if (limit >= most * tcb.mssCache) return false;
  const divisor = host.sysctls.get("net.ipv4.tcp_tso_win_divisor");
  // TCP_TSO_DEFERRED_MSS is 3: more than that is not worth waiting for.
  const enough =
    divisor === 0
      ? limit > 3 * tcb.mssCache
      : limit >= Math.min(tcb.sndWnd, congestion.cwnd * tcb.mssCache) / divisor;
  if (enough) return false;
  const oldest = sendQueue.firstSent;
  if (oldest === undefined) return false;
  const roundTrip = rtt.smoothedNanoseconds;
  const ackIsFar = host.linux.defersForNearAcks
    ? oldest.sentAt + roundTrip - now > Math.min(roundTrip / 2, MILLISECOND)
    : now - oldest.sentAt < roundTrip / 2;
  if (ackIsFar) return false;
  let last = segment;
  for (let count = 1; last.next !== undefined; count += 1, last = last.next) {
    if (last.next.overhead > 0 && (count >= quota || !follows(tcb, last, last.next))) break;
  }
  const length = (last.end - segment.sequence) >>> 0;
  if (last.next !== undefined && limit >= length) return false;
  return limit <= length || !(last.endOfRecord || (last.flags & FIN) !== 0);
}

/** Whether the peer's window is what holds back the rest. */
function noteLimit(tcb: ControlBlock, mss: number): void {
  const { sendQueue, congestion, now } = tcb;
  const next = sendQueue.sendHead;
  const held = next !== undefined && sendQueue.inFlight < congestion.cwnd && !fitsWindow(tcb, next, mss);
  if (held) tcb.beginLimit("peer's window");
  else tcb.chronograph?.stop("peer's window", sendQueue.isEmpty, now);
}

function maySend(
  tcb: ControlBlock,
  segment: QueuedSegment,
  mss: number,
  nonagle: number,
  mode: "all" | "one" | "probe",
): boolean {
  if (tcb.sendQueue.inFlight >= tcb.congestion.cwnd && mode !== "probe" && !mayExceed(tcb, segment))
    return false;
  if (!fitsWindow(tcb, segment, mss)) return false;
  return segment.next !== undefined || nagleAllows(tcb, segment, mss, nonagle);
}

const mayExceed = ({ host }: ControlBlock, { flags }: QueuedSegment): boolean =>
  host.linux.finIgnoresWindow && (flags & FIN) !== 0;

/** Whether at least the first MSS of a segment is within the peer's window: tcp_snd_wnd_test(). */
export function fitsWindow(tcb: ControlBlock, segment: QueuedSegment, mss: number): boolean {
  const end = segment.length > mss ? add(segment.sequence, mss) : segment.end;
  return !after(end, tcb.windowEnd);
}

/** Nagle's rule (RFC 1122, 4.2.3.4) with Minshall's change, and TCP_CORK: tcp_nagle_test(). */
function nagleAllows(tcb: ControlBlock, segment: QueuedSegment, mss: number, nonagle: number): boolean {
  if ((nonagle & NAGLE.PUSH) !== 0 || tcb.inUrgentMode || (segment.flags & FIN) !== 0) return true;
  if (segment.length >= mss) return true;
  if ((nonagle & NAGLE.CORK) !== 0) return false;
  return nonagle !== 0 || tcb.sendQueue.packetsOut === 0 || !isSmallOut(tcb);
}

/** Whether a segment shorter than the MSS is not acknowledged yet: tcp_minshall_check(). */
const isSmallOut = ({ sndSml, sndUna, sndNxt }: ControlBlock): boolean =>
  after(sndSml, sndUna) && !after(sndSml, sndNxt);

/** The first unsent segment was sent: tcp_event_new_data_sent(). */
export function newDataSent(tcb: ControlBlock, segment: QueuedSegment): void {
  const { sendQueue } = tcb;
  const before = sendQueue.packetsOut;
  sendQueue.advanceSendHead();
  sendQueue.noteSent(segment);
  tcb.sndNxt = segment.end;
  if (before === 0) {
    rearmRto(tcb);
  } else if (tcb.pending === "loss probe") {
    rearmRto(tcb);
  }
}

/** Sends what waits, and starts probing if nothing else will: __tcp_push_pending_frames(). */
export function pushPending(tcb: ControlBlock, mss = currentMss(tcb), nonagle = tcb.nonagle): void {
  if (tcb.state === STATE.CLOSE || tcb.sendQueue.sendHead === undefined) return;
  if (writeTransmit(tcb, mss, nonagle)) startProbing(tcb);
}

/** tcp_check_probe_timer(). */
function startProbing(tcb: ControlBlock): void {
  if (tcb.sendQueue.packetsOut === 0 && tcb.pending === "none")
    startRetransmitTimer(tcb, "zero-window probe", Math.max(tcb.rtt.rto, tcb.leastRto));
}

/** The last segment of the queue ends what the program wrote for now: tcp_mark_push(). */
export function markPush(tcb: ControlBlock, segment: QueuedSegment): void {
  segment.flags |= PSH;
  tcb.pushedSeq = tcb.writeSeq;
}

/** Appends a FIN, to the last segment if it is unsent, and sends everything: tcp_send_fin(). */
export function sendFin(tcb: ControlBlock): void {
  tcb.beginSending();
  const { sendQueue } = tcb;
  if (sendQueue.sendHead !== undefined && sendQueue.tail !== undefined) {
    const { tail } = sendQueue;
    tail.flags |= FIN;
    tail.end = add(tail.end, 1);
  } else {
    sendQueue.append(new QueuedSegment(tcb.writeSeq, ACK | FIN, NOTHING));
  }
  tcb.writeSeq = add(tcb.writeSeq, 1);
  pushPending(tcb, currentMss(tcb), NAGLE.OFF);
}

/**
 * Sends data if the window has any space, or else a probe that carries none: tcp_write_wakeup().
 * Both make the peer answer.
 */
export function writeWakeup(tcb: ControlBlock): number {
  if (tcb.state === STATE.CLOSE) return -1;
  const { sendQueue } = tcb;
  const segment = sendQueue.sendHead;
  if (segment !== undefined && before(segment.sequence, tcb.windowEnd)) {
    const mss = currentMss(tcb);
    const space = (tcb.windowEnd - segment.sequence) >>> 0;
    if (before(tcb.pushedSeq, segment.end)) tcb.pushedSeq = segment.end;
    if (space < (segment.end - segment.sequence) >>> 0 || segment.length > mss)
      sendQueue.split(segment, Math.min(space, mss));
    segment.flags |= PSH;
    const result = transmitQueued(tcb, segment);
    if (result >= 0) newDataSent(tcb, segment);
    return result;
  }
  if (between(tcb.sndUp, add(tcb.sndUna, 1), add(tcb.sndUna, 0xffff))) sendProbe(tcb, true);
  return sendProbe(tcb, false);
}
