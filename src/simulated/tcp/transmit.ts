import { constants } from "../../system/linux/constants.ts";
import type { Packet, TcpOptions, TcpSegment } from "../ip/packet.ts";
import { NO_TCP_OPTIONS, TCP_FLAG } from "../ip/packet.ts";
import { TICK } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { routeOf, sackLimit } from "./path.ts";
import type { QueuedSegment } from "./send-queue.ts";
import { add, after, before, toPacket } from "./sequence.ts";
import { STATE } from "./state.ts";
import { HAPPENED, STAMP } from "./transmit-reports.ts";
import { selectWindow } from "./window.ts";

const { ACK, CWR, ECE, RST, SYN, URG } = TCP_FLAG;

const NOTHING = new Uint8Array(0);
const NO_SACK: TcpOptions["sack"] = [];
/** ECT(0) of a packet's ECN field (RFC 3168). */
const ECT_0 = 2;

/**
 * Sends one segment of a connection: tcp_transmit_skb(). Returns 0, or the negative errno of a
 * local failure.
 */
export function transmit(
  tcb: ControlBlock,
  sequence: number,
  flags: number,
  data: Uint8Array,
  retransmission = false,
): number {
  const { socket, host, statistics } = tcb;
  const route = routeOf(tcb);
  if (typeof route === "number") return route;
  const syn = (flags & SYN) !== 0;
  const options = syn ? synOptions(tcb) : establishedOptions(tcb);
  // The window of a SYN is never scaled (RFC 7323, 2.2).
  const window = syn ? Math.min(tcb.window.offered, 0xffff) : selectWindow(tcb);
  let sent = flags;
  let urgentPointer = 0;
  if (tcb.inUrgentMode && before(sequence, tcb.sndUp)) {
    if (before(tcb.sndUp, add(sequence, 0x10000))) {
      urgentPointer = (tcb.sndUp - sequence) >>> 0;
      sent |= URG;
    } else if (after(add(sequence, 0xffff), tcb.sndNxt)) {
      urgentPointer = 0xffff;
      sent |= URG;
    }
  }
  let trafficClass = socket.trafficClass(route.version);
  if (tcb.ecnOk && !syn) {
    if (data.length > 0 && !retransmission) {
      trafficClass |= ECT_0;
      if (tcb.ecnQueueCwr) {
        tcb.ecnQueueCwr = false;
        sent |= CWR;
      }
    }
    if (tcb.ecnDemandCwr) sent |= ECE;
  }
  const segment: TcpSegment = {
    kind: "tcp",
    sourcePort: socket.localPort,
    destinationPort: socket.remotePort,
    sequence: toPacket(sequence),
    acknowledgment: (sent & ACK) === 0 ? 0 : toPacket(tcb.rcvNxt),
    flags: sent,
    window,
    urgentPointer,
    options,
    data,
  };
  const packet: Packet = {
    version: route.version,
    source: socket.localAddress,
    destination: socket.remoteAddress,
    hopLimit: socket.unicastHopLimit(route.version),
    trafficClass,
    flowLabel: 0,
    identification: tcb.identification,
    dontFragment: socket.dontFragment(route.mtuLocked),
    fragment: undefined,
    payload: segment,
  };
  tcb.identification = (tcb.identification + 1) & 0xffff;
  if ((sent & ACK) !== 0) acknowledged(tcb);
  if (data.length > 0) dataSent(tcb, data.length);
  statistics.segsOut += 1;
  return host.send(packet, route);
}

/** An acknowledgment went out, whatever carried it: tcp_event_ack_sent(). */
function acknowledged(tcb: ControlBlock): void {
  const { ack, selectiveAcks } = tcb;
  if (selectiveAcks.compressed > 0) selectiveAcks.compressed = 0;
  ack.sent();
  tcb.stopDelayedAckTimer();
}

/** tcp_event_data_sent(). */
function dataSent(tcb: ControlBlock, length: number): void {
  const { ack, statistics, now } = tcb;
  if (tcb.sendQueue.inFlight === 0 && tcb.lsndTime !== 0)
    tcb.congestionControl.restarted(now, now - tcb.lsndTime);
  tcb.lsndTime = now;
  const data = statistics.countData();
  data.dataSegsOut += 1;
  data.bytesSent += length;
  // An answer that follows data soon: the connection is interactive. Linux counts in ticks.
  if (ack.ato !== 0 && now - ack.lastReceived < ack.ato - TICK / 2) ack.countPingpong();
}

/** tcp_syn_options(): what we can do, also in the SYN-ACK of a simultaneous open. */
function synOptions(tcb: ControlBlock): TcpOptions {
  const { sysctls } = tcb.host;
  return {
    mss: tcb.advmss,
    windowScale: sysctls.get("net.ipv4.tcp_window_scaling") === 0 ? undefined : tcb.announcedWscale,
    sackPermitted: sysctls.get("net.ipv4.tcp_sack") !== 0,
    timestamps:
      sysctls.get("net.ipv4.tcp_timestamps") === 0
        ? undefined
        : { value: tcb.tsval, echo: toPacket(tcb.tsRecent) },
    sack: NO_SACK,
    unknown: NO_TCP_OPTIONS.unknown,
  };
}

function establishedOptions(tcb: ControlBlock): TcpOptions {
  const { selectiveAcks } = tcb;
  const sack = selectiveAcks.isEmpty ? NO_SACK : selectiveAcks.take(sackLimit(tcb));
  if (sack.length === 0)
    return tcb.timestampsOk
      ? tcb.stack.timestampOptions.of(tcb.tsval, toPacket(tcb.tsRecent))
      : NO_TCP_OPTIONS;
  return {
    mss: undefined,
    windowScale: undefined,
    sackPermitted: false,
    timestamps: tcb.timestampsOk ? { value: tcb.tsval, echo: toPacket(tcb.tsRecent) } : undefined,
    sack,
    unknown: NO_TCP_OPTIONS.unknown,
  };
}

/**
 * Sends a segment of the queue, and notes when.
 *
 * @param more flags for this time only
 */
export function transmitQueued(
  tcb: ControlBlock,
  segment: QueuedSegment,
  retransmission = false,
  more = 0,
): number {
  if (segment.isReported && segment.sentAt < 0) reportSent(tcb, segment);
  segment.sentAt = tcb.now;
  segment.deliveredBefore = tcb.statistics.delivered;
  return transmit(tcb, segment.sequence, segment.flags | more, segment.data, retransmission);
}

function reportSent(tcb: ControlBlock, segment: QueuedSegment): void {
  const { reports } = tcb;
  if (reports === undefined) return;
  const last = add(segment.sequence, segment.length - 1);
  if ((reports.flags & STAMP.TX_SCHED) !== 0) reports.add(HAPPENED.SCHEDULED, last, tcb.host.time());
  if ((reports.flags & STAMP.TX_SOFTWARE) !== 0) reports.add(HAPPENED.SENT, last, tcb.host.time());
  tcb.stack.woken(tcb, constants.POLL.ERR);
}

/** Acknowledges now: tcp_send_ack(). */
export function sendAck(tcb: ControlBlock): void {
  if (tcb.state === STATE.CLOSE) return;
  transmit(tcb, acceptableSequence(tcb), ACK, NOTHING);
}

/** A sequence number that the peer accepts, even if it shrank its window: tcp_acceptable_seq(). */
export function acceptableSequence(tcb: ControlBlock): number {
  const { sndNxt, windowEnd } = tcb;
  if (!before(windowEnd, sndNxt)) return sndNxt;
  return tcb.windowScalingOk && ((sndNxt - windowEnd) | 0) < 1 << tcb.rcvWscale ? sndNxt : windowEnd;
}

/** Resets the connection: tcp_send_active_reset(). */
export function sendReset(tcb: ControlBlock): void {
  tcb.host.counters.count("Tcp.OutRsts");
  transmit(tcb, acceptableSequence(tcb), ACK | RST, NOTHING);
}

/**
 * Asks the peer for an acknowledgment with a segment that it must find outside its window, or, for
 * urgent data, one inside: tcp_xmit_probe_skb().
 */
export function sendProbe(tcb: ControlBlock, urgent: boolean): number {
  return transmit(tcb, urgent ? tcb.sndUna : add(tcb.sndUna, -1), ACK, NOTHING);
}
