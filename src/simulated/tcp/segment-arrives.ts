import { constants } from "../../system/linux/constants.ts";
import { type Packet, TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import { FLAG } from "./ack-outcome.ts";
import { acknowledge } from "./acknowledgment.ts";
import { updatePacingRate } from "./burst.ts";
import { isRateLimited, sendChallengeAck } from "./challenge-ack.ts";
import { TIMEWAIT_LENGTH, TSTAMP_ALIGNED } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { acknowledgeIfDue, measureByTimestamp } from "./delayed-ack.ts";
import { done, finTimeout, reset } from "./lifecycle.ts";
import { sendFin } from "./output.ts";
import { initReceiveMss } from "./path.ts";
import { receiveData, setDuplicate } from "./receive.ts";
import { add, after, before, fromPacket } from "./sequence.ts";
import { STATE } from "./state.ts";
import { receiveInSynSent } from "./syn-sent.ts";
import { checkAge, readTimestamps } from "./timestamps.ts";
import { initTransfer, sendMore, tryUndoSyn } from "./transfer.ts";
import { sendAck } from "./transmit.ts";
import { receiveUrgent } from "./urgent.ts";

const { POLL } = constants;
const { ACK, FIN, RST, SYN } = TCP_FLAG;
/** ECN field of a packet. */
const ECN_MASK = 3;
const ECN_CE = 3;

/** The sequence number after a segment. */
export const segmentEnd = ({ sequence, flags, data }: TcpSegment): number =>
  add(sequence, data.length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1));

/**
 * A segment arrives for a connection in any state but LISTEN and TIME_WAIT (RFC 9293, 3.10.7).
 * Returns whether it must be answered with a reset.
 */
export function segmentArrives(tcb: ControlBlock, packet: Packet, segment: TcpSegment): boolean {
  const { statistics } = tcb;
  statistics.segsIn += 1;
  if (segment.data.length > 0) statistics.countData().dataSegsIn += 1;
  if (tcb.state === STATE.CLOSE) return false;
  readTimestamps(tcb, segment);
  if (tcb.state === STATE.SYN_SENT) return receiveInSynSent(tcb, segment);
  if ((segment.flags & (ACK | RST | SYN)) === 0) return false;
  const end = segmentEnd(segment);
  if (!isAcceptable(tcb, segment, end)) return false;
  if (tcb.ecnOk && (packet.trafficClass & ECN_MASK) === ECN_CE && segment.data.length > 0) {
    // Echo the mark until the peer confirms it (RFC 3168, 6.1.3).
    if (!tcb.ecnDemandCwr) tcb.ack.beQuick(tcb.window.offered, 2);
    tcb.ecnDemandCwr = true;
  }
  if (tcb.state === STATE.ESTABLISHED) {
    if (acknowledge(tcb, segment, end, FLAG.UPDATE_TS_RECENT) === "unacceptable") return false;
    receiveText(tcb, segment, end);
    return false;
  }
  return receiveWhileChanging(tcb, segment, end);
}

/** Urgent data, data, and what follows from them: steps six to eight. */
function receiveText(tcb: ControlBlock, segment: TcpSegment, end: number): void {
  measureByTimestamp(tcb, segment);
  receiveUrgent(tcb, segment);
  receiveData(tcb, segment, end);
  if (tcb.state === STATE.CLOSE) return;
  sendMore(tcb);
  acknowledgeIfDue(tcb);
}

/** Steps one to four: tcp_validate_incoming(). It answers what is not acceptable. */
function isAcceptable(tcb: ControlBlock, segment: TcpSegment, end: number): boolean {
  const { flags } = segment;
  const sequence = fromPacket(segment.sequence);
  const isReset = (flags & RST) !== 0;
  const isSyn = (flags & SYN) !== 0;
  const age = tcb.sawTimestamp && !isReset ? checkAge(tcb, segment, end) : "new";
  if (age !== "new") {
    if (isSyn) {
      challengeSyn(tcb);
    } else if (age === "late" && tcb.host.linux.dropsLateAcks) {
      tcb.host.counters.count("TcpExt.PAWSOldAck");
    } else {
      tcb.host.counters.count("TcpExt.PAWSEstab");
      sendDuplicateAck(tcb, segment, end);
    }
    return false;
  }
  if (!isInWindow(tcb, segment, end)) {
    if (isReset) {
      if (isResetAfterFin(tcb, sequence)) reset(tcb);
    } else if (isSyn) {
      challengeSyn(tcb);
    } else {
      sendDuplicateAck(tcb, segment, end);
    }
    return false;
  }
  if (isReset) {
    // RFC 5961, 3.2: only an exact match ends the connection; others are asked to repeat it.
    const exact =
      sequence === tcb.rcvNxt || isResetAfterFin(tcb, sequence) || tcb.selectiveAcks.endsAt(sequence);
    if (exact) reset(tcb);
    else sendChallengeAck(tcb);
    return false;
  }
  if (isSyn) {
    // The SYN-ACK of a simultaneous open.
    const crossed =
      tcb.state === STATE.SYN_RECV &&
      (flags & ACK) !== 0 &&
      add(sequence, 1) === end &&
      end === tcb.rcvNxt &&
      fromPacket(segment.acknowledgment) === tcb.sndNxt;
    if (!crossed) challengeSyn(tcb);
    return crossed;
  }
  return true;
}

/** RFC 5961, 4.2. */
function challengeSyn(tcb: ControlBlock): void {
  tcb.host.counters.count("TcpExt.TCPSYNChallenge");
  sendChallengeAck(tcb);
}

/** tcp_sequence(). The window is that of `offeredAt`: the peer may not have seen a newer one. */
function isInWindow(tcb: ControlBlock, { sequence, flags }: TcpSegment, end: number): boolean {
  const { window, rcvNxt, receiveQueue } = tcb;
  if (before(end, window.offeredAt)) return false;
  const edge = add(rcvNxt, window.remaining(rcvNxt));
  if (!after(end, edge)) return true;
  if ((flags & FIN) !== 0 && !after(add(end, -1), edge)) return true;
  if (after(sequence, edge)) return false;
  // It reaches beyond the window: only if nothing else waits.
  return receiveQueue.isEmpty;
}

/** A reset that ignores the FIN before it: tcp_reset_check(). */
function isResetAfterFin({ state, rcvNxt }: ControlBlock, sequence: number): boolean {
  const closing = state === STATE.CLOSE_WAIT || state === STATE.LAST_ACK || state === STATE.CLOSING;
  return closing && sequence === add(rcvNxt, -1);
}

/**
 * Acknowledges what has arrived, at most twice a second for segments without data:
 * tcp_send_dupack().
 */
function sendDuplicateAck(tcb: ControlBlock, segment: TcpSegment, end: number): void {
  const { flags } = segment;
  const sequence = fromPacket(segment.sequence);
  const limited = sequence === end || (flags & SYN) !== 0;
  if (limited && isRateLimited(tcb, tcb.now, tcb.host.sysctls.get("net.ipv4.tcp_invalid_ratelimit"))) return;
  if (sequence !== end && before(sequence, tcb.rcvNxt)) {
    tcb.ack.beQuick(tcb.window.offered);
    setDuplicate(tcb, sequence, after(end, tcb.rcvNxt) ? tcb.rcvNxt : end);
  }
  sendAck(tcb);
}

/** The states between SYN_RECV and CLOSE: tcp_rcv_state_process(). */
function receiveWhileChanging(tcb: ControlBlock, segment: TcpSegment, end: number): boolean {
  const result = acknowledge(tcb, segment, end, FLAG.UPDATE_TS_RECENT | FLAG.NO_CHALLENGE_ACK);
  if (result !== "acceptable") {
    if (tcb.state === STATE.SYN_RECV) return true;
    if (result === "unacceptable") {
      sendChallengeAck(tcb);
      return false;
    }
  }
  switch (tcb.state) {
    case STATE.SYN_RECV:
      becomeEstablished(tcb, segment);
      break;
    case STATE.FIN_WAIT1:
      if (tcb.sndUna === tcb.writeSeq) {
        const outcome = finAcknowledged(tcb, segment, end);
        if (outcome !== "goes on") return outcome === "reset";
      }
      break;
    case STATE.CLOSING:
      if (tcb.sndUna === tcb.writeSeq) {
        tcb.stack.timeWait(tcb, STATE.TIME_WAIT, TIMEWAIT_LENGTH);
        return false;
      }
      break;
    case STATE.LAST_ACK:
      if (tcb.sndUna === tcb.writeSeq) {
        done(tcb);
        return false;
      }
      break;
    default:
      break;
  }
  receiveUrgent(tcb, segment);
  if (isLateData(tcb, segment, end)) {
    // No program will read it (RFC 1122, 4.2.2.13).
    tcb.host.counters.count("TcpExt.TCPAbortOnData");
    reset(tcb);
    return true;
  }
  const closing =
    tcb.state === STATE.CLOSE_WAIT || tcb.state === STATE.CLOSING || tcb.state === STATE.LAST_ACK;
  if (!closing || before(segment.sequence, tcb.rcvNxt)) {
    measureByTimestamp(tcb, segment);
    receiveData(tcb, segment, end);
  }
  if (tcb.state !== STATE.CLOSE) {
    sendMore(tcb);
    acknowledgeIfDue(tcb);
  }
  return false;
}

/** Data after the program has shut down receiving. */
function isLateData(tcb: ControlBlock, segment: TcpSegment, end: number): boolean {
  const { flags } = segment;
  const { state, socket } = tcb;
  const waits = state === STATE.FIN_WAIT1 || state === STATE.FIN_WAIT2;
  if (!waits || !socket.receiveShutdown || end === fromPacket(segment.sequence)) return false;
  return after(add(end, (flags & FIN) === 0 ? 0 : -1), tcb.rcvNxt);
}

function becomeEstablished(tcb: ControlBlock, segment: TcpSegment): void {
  const { socket, now } = tcb;
  tcb.statistics.delivered += 1;
  if (tcb.timestampsOk) tcb.advmss -= TSTAMP_ALIGNED;
  tryUndoSyn(tcb);
  tcb.retransStamp = 0;
  initTransfer(tcb);
  tcb.copiedSeq = tcb.rcvNxt;
  tcb.setState(STATE.ESTABLISHED);
  tcb.sndUna = fromPacket(segment.acknowledgment);
  tcb.sndWnd = segment.window << tcb.sndWscale;
  tcb.sndWl1 = fromPacket(segment.sequence);
  if (tcb.hasSender) updatePacingRate(tcb);
  tcb.lsndTime = now;
  initReceiveMss(tcb);
  if (!tcb.orphaned) tcb.stack.woken(tcb, POLL.OUT | POLL.WRNORM);
  if (socket.sendShutdown) {
    tcb.setState(STATE.FIN_WAIT1);
    sendFin(tcb);
  }
}

/** Our FIN was acknowledged in FIN_WAIT1. */
function finAcknowledged(tcb: ControlBlock, segment: TcpSegment, end: number): "goes on" | "ended" | "reset" {
  const fin = (segment.flags & FIN) !== 0;
  tcb.setState(STATE.FIN_WAIT2);
  tcb.socket.sendShutdown = true;
  if (!tcb.orphaned) {
    // A lingering close() may return.
    tcb.stack.woken(tcb, POLL.OUT | POLL.WRNORM);
    return "goes on";
  }
  const hasLateData = fromPacket(segment.sequence) !== end && after(add(end, fin ? -1 : 0), tcb.rcvNxt);
  if (tcb.settings.linger2 < 0 || hasLateData) {
    tcb.host.counters.count("TcpExt.TCPAbortOnData");
    done(tcb);
    return "reset";
  }
  const timeout = finTimeout(tcb);
  if (timeout > TIMEWAIT_LENGTH) {
    tcb.keepaliveTimer.startIn(timeout - TIMEWAIT_LENGTH);
  } else if (fin) {
    tcb.keepaliveTimer.startIn(timeout);
  } else {
    tcb.stack.timeWait(tcb, STATE.FIN_WAIT2, timeout);
    return "ended";
  }
  return "goes on";
}
