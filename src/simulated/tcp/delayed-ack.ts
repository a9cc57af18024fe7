import { MICROSECOND } from "../clock/virtual-clock.ts";
import type { TcpSegment } from "../ip/packet.ts";
import { TCP_FLAG } from "../ip/packet.ts";
import { ACK } from "./ack-state.ts";
import { growWindow, measureReceiveRtt } from "./buffers.ts";
import {
  ATO_MIN,
  DELACK_MAX,
  DELACK_MIN,
  FASTRETRANS_THRESH,
  HEADER,
  inTicks,
  MIN_MSS,
  MIN_RCVMSS,
  TICK,
  TSTAMP_ALIGNED,
} from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { trueSize } from "./receive-queue.ts";
import { add, before } from "./sequence.ts";
import { sendAck } from "./transmit.ts";
import { allowedWindow } from "./window.ts";

// When to acknowledge (RFC 1122, 4.2.3.2; RFC 5681, 4.2), with Linux's quick acknowledgments.

/** Data arrived: adapts to how fast it comes. tcp_event_data_recv(). */
export function dataReceived(tcb: ControlBlock, segment: TcpSegment): void {
  const { ack, window, rtt, now } = tcb;
  ack.schedule();
  beginTuning(tcb);
  measureSegmentSize(tcb, segment);
  if (!tcb.timestampsOk) measureRoundTrip(tcb);
  if (ack.ato === 0) {
    ack.addQuick(window.offered);
    ack.ato = ATO_MIN;
  } else {
    const gap = now - ack.lastReceived;
    if (gap <= ATO_MIN / 2) ack.ato = ack.ato / 2 + ATO_MIN / 2;
    else if (gap < ack.ato) ack.ato = Math.min(ack.ato / 2 + gap, rtt.rto);
    else if (gap > rtt.rto) ack.addQuick(window.offered);
  }
  ack.lastReceived = now;
  if (segment.data.length >= 128) growWindow(tcb, segment.data.length);
}

/** Both ends of the handshake note it as if data had come with it. */
function beginTuning({ window, ack, copiedSeq }: ControlBlock): void {
  window.beginTuning(copiedSeq, ack.lastReceived);
}

/** Guesses the peer's segment size: tcp_measure_rcv_mss(). */
export function measureSegmentSize(tcb: ControlBlock, { data, flags, options }: TcpSegment): void {
  const { ack, window, socket } = tcb;
  const last = ack.lastSegmentSize;
  ack.lastSegmentSize = 0;
  const { length } = data;
  if (length >= ack.rcvMss) {
    if (length !== ack.rcvMss) {
      const ratio = Math.max(1, Math.floor((length * 256) / trueSize(length)));
      if (ratio !== window.ratio) {
        window.ratio = Math.min(ratio, 255);
        window.clampTo(
          Math.min(
            window.fromSpace(socket.receiveBuffer),
            tcb.settings.windowClamp || Number.POSITIVE_INFINITY,
          ),
        );
        window.space = Math.min(window.space, window.clamp);
      }
    }
    ack.rcvMss = Math.min(length, tcb.advmss);
    if ((flags & TCP_FLAG.PSH) !== 0) ack.pending |= ACK.PUSHED;
    return;
  }
  // SACK blocks make the data of full segments vary: compare with the headers.
  const header = HEADER + (options.timestamps === undefined ? 0 : TSTAMP_ALIGNED);
  const whole = length + header + (options.sack.length > 0 ? 4 + 8 * options.sack.length : 0);
  const remnant = TCP_FLAG.FIN | TCP_FLAG.URG | TCP_FLAG.SYN | TCP_FLAG.PSH;
  if (whole >= MIN_RCVMSS + HEADER || (whole >= MIN_MSS + HEADER && (flags & remnant) === 0)) {
    const size = whole - HEADER - (tcb.timestampsOk ? TSTAMP_ALIGNED : 0);
    ack.lastSegmentSize = size;
    if (size === last) {
      ack.rcvMss = size;
      return;
    }
  }
  if ((ack.pending & ACK.PUSHED) !== 0) ack.pending |= ACK.PUSHED2;
  ack.pending |= ACK.PUSHED;
}

/** How long it takes to receive a window: tcp_rcv_rtt_measure(). */
function measureRoundTrip(tcb: ControlBlock): void {
  const { now, rcvNxt } = tcb;
  const { offered, tuning } = tcb.window;
  if (tuning.rttAt !== undefined) {
    if (before(rcvNxt, tuning.rttSeq)) return;
    measureReceiveRtt(tcb, (now - tuning.rttAt) / MICROSECOND, true);
  }
  tuning.rttSeq = add(rcvNxt, offered);
  tuning.rttAt = now;
}

/** With timestamps: tcp_rcv_rtt_measure_ts(). */
export function measureByTimestamp(tcb: ControlBlock, { data }: TcpSegment): void {
  const { window, ack } = tcb;
  if (!tcb.sawTimestamp || tcb.rcvTsecr === window.rttEcho) return;
  window.rttEcho = tcb.rcvTsecr;
  if (data.length < ack.rcvMss) return;
  beginTuning(tcb);
  const elapsed = (tcb.timestamp - tcb.rcvTsecr) | 0;
  if (elapsed >= 0) measureReceiveRtt(tcb, Math.max(1, elapsed) * 1_000, false);
}

/** Acknowledges at once, or starts the timer: tcp_ack_snd_check() and __tcp_ack_snd_check(). */
export function acknowledgeIfDue(tcb: ControlBlock): void {
  const { ack, window, receiveQueue, socket } = tcb;
  if (!ack.scheduled) return;
  const unacknowledged = (tcb.rcvNxt - window.offeredAt) >>> 0;
  if (
    (unacknowledged > ack.rcvMss &&
      ((tcb.rcvNxt - tcb.copiedSeq) >>> 0 < socket.receiveLowWater ||
        allowedWindow(tcb) >= window.offered)) ||
    ack.isQuick ||
    (ack.pending & ACK.NOW) !== 0
  ) {
    sendAck(tcb);
    return;
  }
  if (!receiveQueue.hasGap) {
    delayAck(tcb);
    return;
  }
  if (!tcb.sackOk || tcb.selectiveAcks.compressed >= tcb.host.sysctls.get("net.ipv4.tcp_comp_sack_nr")) {
    sendAck(tcb);
    return;
  }
  compressAck(tcb);
}

/** Holds back acknowledgments of segments out of order after a few: RFC 2018 asks for each. */
function compressAck(tcb: ControlBlock): void {
  const { rtt, host } = tcb;
  const { tuning } = tcb.window;
  const selectiveAcks = tcb.ownSelectiveAcks();
  if (selectiveAcks.compressedRcvNxt !== tcb.rcvNxt) {
    selectiveAcks.compressedRcvNxt = tcb.rcvNxt;
    selectiveAcks.duplicates = 0;
  }
  if (selectiveAcks.duplicates < FASTRETRANS_THRESH) {
    selectiveAcks.duplicates += 1;
    sendAck(tcb);
    return;
  }
  selectiveAcks.compressed += 1;
  if (selectiveAcks.compressed > 1 && tcb.delayedAckTimer.running) return;
  const eighths = rtt.smoothed !== 0 && rtt.smoothed < tuning.rtt ? rtt.smoothed : tuning.rtt;
  const delay = Math.min(
    host.sysctls.get("net.ipv4.tcp_comp_sack_delay_ns"),
    (eighths * (MICROSECOND / 8)) / 20,
  );
  tcb.delayedAckTimer.startIn(delay);
}

/** Blocks that were held back go out before others push them out: tcp_sack_compress_send_ack(). */
export function sendCompressedAck(tcb: ControlBlock): void {
  const { selectiveAcks } = tcb;
  if (selectiveAcks.compressed === 0) return;
  selectiveAcks.compressed = 0;
  sendAck(tcb);
}

/** Starts the timer of a delayed acknowledgment: tcp_send_delayed_ack(). */
export function delayAck(tcb: ControlBlock): void {
  const { ack, rtt, now } = tcb;
  let { ato } = ack;
  if (ato > DELACK_MIN) {
    let most = ack.interactive || (ack.pending & ACK.PUSHED) !== 0 ? DELACK_MAX : 500e6;
    if (rtt.smoothed !== 0) most = Math.min(most, Math.max(inTicks(rtt.smoothedNanoseconds), DELACK_MIN));
    ato = Math.min(ato, most);
  }
  ato = Math.min(ato, longestDelay(tcb));
  const { delayedAckTimer } = tcb;
  let at = now + ato;
  if ((ack.pending & ACK.TIMER) !== 0 && delayedAckTimer.running) {
    if (delayedAckTimer.expires <= now + ato / 4) {
      sendAck(tcb);
      return;
    }
    at = Math.min(at, delayedAckTimer.expires);
  }
  ack.pending |= ACK.SCHEDULED | ACK.TIMER;
  delayedAckTimer.startAt(at);
}

/** tcp_delack_max(): shorter than the peer's least timeout. */
const longestDelay = (tcb: ControlBlock): number =>
  Math.min(tcb.settings.delackMax || DELACK_MAX, Math.max(tcb.leastRto, 2 * TICK) - TICK);

/** The timer is due: tcp_delack_timer_handler(). */
export function delayedAckDue(tcb: ControlBlock): void {
  const { ack, rtt } = tcb;
  if (tcb.selectiveAcks.compressed > 0) {
    sendCompressedAck(tcb);
    return;
  }
  if ((ack.pending & ACK.TIMER) === 0) return;
  ack.pending &= ~ACK.TIMER;
  if (!ack.scheduled) return;
  if (ack.interactive) {
    // No answer came in time: the connection is not interactive any more.
    ack.pingpong = 0;
    ack.ato = ATO_MIN;
  } else {
    ack.ato = Math.min(ack.ato * 2, rtt.rto);
  }
  sendAck(tcb);
  tcb.host.counters.count("TcpExt.DelayedACKs");
}

/**
 * The program read `copied` bytes: acknowledge, if the window opened enough. __tcp_cleanup_rbuf().
 */
export function acknowledgeRead(tcb: ControlBlock, copied: number): void {
  const { ack, window, receiveQueue, socket } = tcb;
  let due = false;
  if (ack.scheduled) {
    const pushed =
      (ack.pending & ACK.PUSHED2) !== 0 || ((ack.pending & ACK.PUSHED) !== 0 && !ack.interactive);
    due =
      (tcb.rcvNxt - window.offeredAt) >>> 0 > ack.rcvMss ||
      (copied > 0 && pushed && receiveQueue.memory === 0);
  }
  if (copied > 0 && !due && !socket.receiveShutdown) {
    const present = window.remaining(tcb.rcvNxt);
    if (2 * present <= window.clamp) {
      const allowed = allowedWindow(tcb);
      due = allowed > 0 && allowed >= 2 * present;
    }
  }
  if (due) sendAck(tcb);
}
