import { constants } from "../../system/linux/constants.ts";
import { TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import { ACK as ACK_PENDING } from "./ack-state.ts";
import { acknowledge } from "./acknowledgment.ts";
import { DELACK_MAX, MAX_WSCALE, MSS_DEFAULT, TIMEOUT_MIN, TSTAMP_ALIGNED } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { reset } from "./lifecycle.ts";
import { initReceiveMss, syncMss } from "./path.ts";
import { startRetransmitTimer } from "./retransmit-timer.ts";
import { add, after, between, fromPacket } from "./sequence.ts";
import { STATE } from "./state.ts";
import { rejectsTimestamp, storeTimestamp } from "./timestamps.ts";
import { initTransfer, sendMore, tryUndoSyn } from "./transfer.ts";
import { sendAck, transmit } from "./transmit.ts";
import { receiveUrgent } from "./urgent.ts";

const { POLL } = constants;
const { ACK, CWR, ECE, RST, SYN } = TCP_FLAG;
const NOTHING = new Uint8Array(0);

/**
 * SYN_SENT (RFC 9293, 3.10.7.3): tcp_rcv_synsent_state_process(). Returns whether the segment must
 * be answered with a reset.
 */
export function receiveInSynSent(tcb: ControlBlock, segment: TcpSegment): boolean {
  const { flags } = segment;
  const acknowledgment = fromPacket(segment.acknowledgment);
  const sequence = fromPacket(segment.sequence);
  const { timestamps } = segment.options;
  tcb.sawTimestamp = timestamps !== undefined && tcb.host.sysctls.get("net.ipv4.tcp_timestamps") !== 0;
  if ((flags & ACK) !== 0) {
    if (!after(acknowledgment, tcb.sndUna) || after(acknowledgment, tcb.sndNxt)) {
      // An old connection of the peer: after our reset, the SYN is sent again soon.
      if (tcb.retransmits === 0) startRetransmitTimer(tcb, "retransmit", TIMEOUT_MIN);
      return (flags & RST) === 0;
    }
    if (tcb.sawTimestamp && tcb.rcvTsecr !== 0 && !between(tcb.rcvTsecr, tcb.retransStamp, tcb.timestamp)) {
      tcb.host.counters.count("TcpExt.PAWSActive");
      return (flags & RST) === 0;
    }
    if ((flags & RST) !== 0) {
      reset(tcb);
      return false;
    }
    if ((flags & SYN) === 0) return false;
    connected(tcb, segment);
    return false;
  }
  if ((flags & RST) !== 0 || (flags & SYN) === 0) return false;
  if (
    tcb.sawTimestamp &&
    tcb.tsRecentAt !== 0 &&
    rejectsTimestamp(tcb, tcb.rcvTsval, tcb.milliseconds, false)
  )
    return false;
  // A SYN crossed ours: simultaneous open.
  agree(tcb, segment);
  tcb.setState(STATE.SYN_RECV);
  if (tcb.timestampsOk) storeTimestamp(tcb);
  tcb.rcvNxt = add(sequence, 1);
  tcb.copiedSeq = tcb.rcvNxt;
  tcb.window.offeredAt = tcb.rcvNxt;
  tcb.sndWnd = segment.window;
  tcb.sndWl1 = sequence;
  tcb.maxWindow = tcb.sndWnd;
  tcb.ecnOk = tcb.ecnOk && (flags & (ECE | CWR)) === (ECE | CWR);
  syncMss(tcb, tcb.pmtu);
  initReceiveMss(tcb);
  const first = tcb.sendQueue.firstSent;
  if (first !== undefined) first.flags = SYN | ACK | (tcb.ecnOk ? ECE : 0);
  tcb.host.counters.count("TcpExt.TCPSynAckSimultaneous");
  transmit(tcb, tcb.sndUna, SYN | ACK | (tcb.ecnOk ? ECE : 0), NOTHING);
  return false;
}

/** Uses the options that both SYNs have. */
function agree(tcb: ControlBlock, { options, flags }: TcpSegment): void {
  const { sysctls } = tcb.host;
  const mss = options.mss ?? MSS_DEFAULT;
  tcb.mssClamp =
    tcb.settings.userMss !== 0 && tcb.settings.userMss < mss ? tcb.settings.userMss : mss || MSS_DEFAULT;
  tcb.sackOk = options.sackPermitted && sysctls.get("net.ipv4.tcp_sack") !== 0;
  tcb.timestampsOk = options.timestamps !== undefined && sysctls.get("net.ipv4.tcp_timestamps") !== 0;
  tcb.windowScalingOk = options.windowScale !== undefined && sysctls.get("net.ipv4.tcp_window_scaling") !== 0;
  if (tcb.windowScalingOk) {
    tcb.sndWscale = Math.min(options.windowScale ?? 0, MAX_WSCALE);
  } else {
    tcb.sndWscale = 0;
    tcb.rcvWscale = 0;
    tcb.window.clamp = Math.min(tcb.window.clamp, 0xffff);
  }
  if ((flags & ACK) !== 0) tcb.ecnOk = tcb.ecnOk && (flags & (ECE | CWR)) === ECE;
}

/** Our SYN was acknowledged. */
function connected(tcb: ControlBlock, segment: TcpSegment): void {
  const { window } = segment;
  const sequence = fromPacket(segment.sequence);
  const { ack, now } = tcb;
  tcb.sndWl1 = sequence;
  agree(tcb, segment);
  tryUndoSyn(tcb);
  acknowledge(tcb, segment, add(sequence, 1), 0);
  tcb.rcvNxt = add(sequence, 1);
  tcb.window.offeredAt = tcb.rcvNxt;
  tcb.sndWnd = window;
  tcb.maxWindow = Math.max(tcb.maxWindow, window);
  if (tcb.timestampsOk) {
    tcb.advmss -= TSTAMP_ALIGNED;
    storeTimestamp(tcb);
  }
  syncMss(tcb, tcb.pmtu);
  initReceiveMss(tcb);
  tcb.copiedSeq = tcb.rcvNxt;
  ack.lastReceived = now;
  initTransfer(tcb);
  tcb.setState(STATE.ESTABLISHED);
  if (!tcb.orphaned) tcb.stack.woken(tcb, POLL.OUT | POLL.WRNORM);
  if (tcb.settings.deferAccept > 0 || ack.interactive) {
    // The data that follows carries the acknowledgment.
    ack.schedule();
    ack.beQuick(tcb.window.offered);
    ack.pending |= ACK_PENDING.TIMER;
    tcb.delayedAckTimer.startIn(DELACK_MAX);
  } else {
    sendAck(tcb);
  }
  receiveUrgent(tcb, segment);
  sendMore(tcb);
}
