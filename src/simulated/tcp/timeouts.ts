import { MILLISECOND } from "../clock/virtual-clock.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import {
  INFINITE_SSTHRESH,
  NAGLE,
  RESOURCE_PROBE_INTERVAL,
  RTO_MIN,
  TICK,
  TIMEOUT_INIT,
  TIMEWAIT_LENGTH,
} from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { idleTime, keepaliveInterval, keepaliveProbes, keepaliveTime } from "./keepalive.ts";
import { done, finTimeout, timedOut } from "./lifecycle.ts";
import { fitsWindow, writeTransmit, writeWakeup } from "./output.ts";
import { currentMss, forgetRoute } from "./path.ts";
import { probeDelay } from "./probe-delay.ts";
import { rackTimedOut } from "./rack.ts";
import { enterLoss, enterRecovery } from "./recovery.ts";
import { CA } from "./recovery-state.ts";
import { reduce } from "./reduction.ts";
import { retransmit, retransmitLost, sendAgain } from "./retransmit.ts";
import { rearmRto, startRetransmitTimer } from "./retransmit-timer.ts";
import { STATE } from "./state.ts";
import { sendReset } from "./transmit.ts";

// What happens when a timer is due: net/ipv4/tcp_timer.c.

/** Timeouts that a thin stream does not double. */
const THIN_RETRIES = 6;
const THIN_PACKETS = 4;

/** The timer of the send side: tcp_write_timer_handler(). */
export function retransmitDue(tcb: ControlBlock): void {
  const { pending } = tcb;
  tcb.pending = "none";
  switch (pending) {
    case "retransmit":
      retransmissionTimeout(tcb);
      break;
    case "loss probe":
      sendLossProbe(tcb);
      break;
    case "reordering":
      reorderingTimeout(tcb);
      break;
    case "zero-window probe":
      probeTimeout(tcb);
      break;
    case "none":
      break;
  }
}

/** RFC 6298, 5.4 to 5.7: tcp_retransmit_timer(). */
function retransmissionTimeout(tcb: ControlBlock): void {
  const { sendQueue, statistics } = tcb;
  const first = sendQueue.firstSent;
  if (first === undefined) return;
  const handshake = tcb.state === STATE.SYN_SENT || tcb.state === STATE.SYN_RECV;
  if (tcb.sndWnd === 0 && !tcb.orphaned && !handshake) {
    // The peer shrank its window to nothing: the retransmission is a probe.
    if (probedTooLong(tcb, first.sentAt)) {
      timedOut(tcb);
      return;
    }
    enterLoss(tcb);
    retransmit(tcb, first);
    forgetRoute(tcb);
  } else {
    tcb.host.counters.count("TcpExt.TCPTimeouts");
    if (isOverdue(tcb, handshake)) {
      timedOut(tcb);
      return;
    }
    enterLoss(tcb);
    tcb.retransmits += 1;
    statistics.countTrouble().totalRto += 1;
    if (statistics.trouble.rtoSince === 0) {
      statistics.countTrouble().rtoSince = tcb.now;
      statistics.countTrouble().totalRtoRecoveries += 1;
    }
    const head = sendQueue.firstSent;
    if (head?.next !== undefined) head.next.joins = false;
    if (head !== undefined && retransmit(tcb, head) < 0) {
      // A local failure: try again without counting it as congestion.
      if (tcb.state !== STATE.CLOSE) startRetransmitTimer(tcb, "retransmit", RESOURCE_PROBE_INTERVAL);
      return;
    }
  }
  backOff(tcb);
  startRetransmitTimer(tcb, "retransmit", withinUserTimeout(tcb));
  if (hasTimedOut(tcb, tcb.host.sysctls.get("net.ipv4.tcp_retries1") + 1, 0)) forgetRoute(tcb);
}

/** The condition is tcp_stream_is_thin() and what tcp_retransmit_timer() adds to it. */
function backOff(tcb: ControlBlock): void {
  const { rtt, host, statistics } = tcb;
  const thin = tcb.settings.thinLinearTimeouts || host.sysctls.get("net.ipv4.tcp_thin_linear_timeouts") !== 0;
  const isThin =
    tcb.state === STATE.ESTABLISHED &&
    thin &&
    tcb.sendQueue.packetsOut < THIN_PACKETS &&
    tcb.congestion.ssthresh < INFINITE_SSTHRESH &&
    tcb.retransmits <= THIN_RETRIES;
  if (isThin) {
    rtt.backoff = 0;
    rtt.rto = rtt.base(tcb.greatestRto);
  } else if (
    tcb.state !== STATE.SYN_SENT ||
    statistics.trouble.totalRto > host.sysctls.get("net.ipv4.tcp_syn_linear_timeouts")
  ) {
    rtt.backoff += 1;
    rtt.rto = Math.min(rtt.rto * 2, tcb.greatestRto);
  }
}

/** Whether it has taken too long: tcp_write_timeout(). */
function isOverdue(tcb: ControlBlock, handshake: boolean): boolean {
  const { sysctls } = tcb.host;
  if (handshake) {
    const retries = tcb.settings.synRetries || sysctls.get("net.ipv4.tcp_syn_retries");
    const linear = tcb.state === STATE.SYN_SENT ? sysctls.get("net.ipv4.tcp_syn_linear_timeouts") : 0;
    return tcb.retransmits >= retries + linear || hasTimedOut(tcb, retries, tcb.settings.userTimeout);
  }
  if (hasTimedOut(tcb, sysctls.get("net.ipv4.tcp_retries1"), 0)) forgetRoute(tcb);
  let retries = sysctls.get("net.ipv4.tcp_retries2");
  if (tcb.orphaned) retries = orphanRetries(tcb, tcb.rtt.rto < tcb.greatestRto);
  return hasTimedOut(tcb, retries, tcb.settings.userTimeout);
}

/** How often a closed socket retries: tcp_orphan_retries(). */
function orphanRetries(tcb: ControlBlock, alive: boolean): number {
  const retries = tcb.host.sysctls.get("net.ipv4.tcp_orphan_retries");
  if (tcb.softError !== 0 && !alive) return 0;
  return retries === 0 && alive ? 8 : retries;
}

/**
 * Whether the time of so many retransmissions has passed since the first one, whatever the round
 * trip is: retransmits_timed_out().
 */
function hasTimedOut(tcb: ControlBlock, boundary: number, timeout: number): boolean {
  if (tcb.retransmits === 0) return false;
  const handshake = tcb.state === STATE.SYN_SENT || tcb.state === STATE.SYN_RECV;
  const limit = timeout || modelTimeout(tcb, boundary, handshake ? TIMEOUT_INIT : RTO_MIN);
  return sinceFirstRetransmission(tcb) >= limit;
}

const sinceFirstRetransmission = ({ timestamp, retransStamp }: ControlBlock): number =>
  ((timestamp - retransStamp) | 0) * MILLISECOND;

/** tcp_model_timeout(). */
function modelTimeout({ greatestRto }: ControlBlock, boundary: number, base: number): number {
  const threshold = Math.floor(Math.log2(greatestRto / base));
  if (boundary <= threshold) return (2 * 2 ** boundary - 1) * base;
  return (2 * 2 ** threshold - 1) * base + (boundary - threshold) * greatestRto;
}

/** tcp_clamp_rto_to_user_timeout(). */
function withinUserTimeout(tcb: ControlBlock): number {
  const { rtt } = tcb;
  const { userTimeout } = tcb.settings;
  if (userTimeout === 0) return rtt.rto;
  const left = userTimeout - sinceFirstRetransmission(tcb);
  return left <= 0 ? TICK : Math.min(rtt.rto, left);
}

/** tcp_rtx_probe0_timed_out(). */
function probedTooLong(tcb: ControlBlock, sentAt: number): boolean {
  const { now } = tcb;
  const { userTimeout } = tcb.settings;
  const timeout = userTimeout || tcb.greatestRto * 2;
  return now - tcb.rcvTstamp > timeout && now - sentAt > timeout;
}

/** A tail loss probe (RFC 8985, 7.3): tcp_send_loss_probe(). */
function sendLossProbe(tcb: ControlBlock): void {
  const { sendQueue, recovery } = tcb;
  if (recovery.tlpHighSeq === 0 && probeTail(tcb)) {
    recovery.tlpHighSeq = tcb.sndNxt;
    tcb.host.counters.count("TcpExt.TCPLossProbes");
    tcb.pending = "none";
  } else {
    // The timeout counts from the last transmission.
    tcb.pending = "loss probe";
  }
  if (sendQueue.packetsOut > 0 || tcb.pending === "loss probe") rearmRto(tcb);
}

/** New data if there is any, or else the last segment again. */
function probeTail(tcb: ControlBlock): boolean {
  const { sendQueue, recovery } = tcb;
  recovery.tlpRetrans = false;
  const mss = currentMss(tcb);
  const next = sendQueue.sendHead;
  if (next !== undefined && fitsWindow(tcb, next, mss)) {
    const before = sendQueue.packetsOut;
    writeTransmit(tcb, mss, NAGLE.OFF, "probe");
    return sendQueue.packetsOut > before;
  }
  const last = sendQueue.lastSent;
  if (last === undefined || sendAgain(tcb, last) < 0) return false;
  last.joins = false;
  recovery.tlpRetrans = true;
  return true;
}

/** tcp_rack_reo_timeout(). */
function reorderingTimeout(tcb: ControlBlock): void {
  const { lost } = tcb.statistics.trouble;
  if (rackTimedOut(tcb)) {
    if (tcb.recovery.state !== CA.RECOVERY) {
      enterRecovery(tcb, false);
      reduce(tcb, 1, tcb.statistics.trouble.lost - lost, 0);
    }
    retransmitLost(tcb);
  }
  if (tcb.pending !== "retransmit") rearmRto(tcb);
}

/** Asks whether a closed window has opened (RFC 9293, 3.8.6.1): tcp_probe_timer(). */
function probeTimeout(tcb: ControlBlock): void {
  const { sendQueue, rtt, host, now } = tcb;
  if (sendQueue.packetsOut > 0 || sendQueue.sendHead === undefined) {
    tcb.probesOut = 0;
    tcb.probesSince = undefined;
    return;
  }
  if (tcb.probesSince === undefined) {
    tcb.probesSince = now;
  } else if (tcb.settings.userTimeout !== 0 && now - tcb.probesSince >= tcb.settings.userTimeout) {
    timedOut(tcb);
    return;
  }
  let most = host.sysctls.get("net.ipv4.tcp_retries2");
  if (tcb.orphaned) {
    const alive = rtt.backedOff(tcb.greatestRto) < tcb.greatestRto;
    most = orphanRetries(tcb, alive);
    if (!alive && rtt.backoff >= most) {
      timedOut(tcb);
      return;
    }
  }
  if (tcb.probesOut >= most) timedOut(tcb);
  else sendWindowProbe(tcb);
}

/** tcp_send_probe0(). */
function sendWindowProbe(tcb: ControlBlock): void {
  const { sendQueue, rtt, host } = tcb;
  const result = writeWakeup(tcb);
  if (sendQueue.packetsOut > 0 || sendQueue.sendHead === undefined) {
    tcb.probesOut = 0;
    rtt.backoff = 0;
    tcb.probesSince = undefined;
    return;
  }
  tcb.probesOut += 1;
  let delay = RESOURCE_PROBE_INTERVAL;
  if (result >= 0) {
    if (rtt.backoff < host.sysctls.get("net.ipv4.tcp_retries2")) rtt.backoff += 1;
    delay = probeDelay(tcb);
  }
  startRetransmitTimer(tcb, "zero-window probe", delay);
}

/** SO_KEEPALIVE, and FIN_WAIT2 of a closed socket: tcp_keepalive_timer(). */
export function keepaliveDue(tcb: ControlBlock): void {
  const { socket } = tcb;
  const { userTimeout } = tcb.settings;
  if (tcb.state === STATE.FIN_WAIT2 && tcb.orphaned) {
    const left = finTimeout(tcb) - TIMEWAIT_LENGTH;
    if (tcb.settings.linger2 >= 0 && left > 0) {
      tcb.stack.timeWait(tcb, STATE.FIN_WAIT2, left);
    } else {
      sendReset(tcb);
      done(tcb);
    }
    return;
  }
  if (!socket.isSet(SOCKET_OPTION.KEEPALIVE) || tcb.state === STATE.CLOSE || tcb.state === STATE.SYN_SENT)
    return;
  const interval = keepaliveTime(tcb);
  if (tcb.sendQueue.packetsOut > 0 || tcb.sendQueue.sendHead !== undefined) {
    tcb.keepaliveTimer.startIn(interval);
    return;
  }
  const idle = idleTime(tcb);
  if (idle < interval) {
    tcb.keepaliveTimer.startIn(interval - idle);
    return;
  }
  const dead =
    userTimeout === 0 ? tcb.probesOut >= keepaliveProbes(tcb) : idle >= userTimeout && tcb.probesOut > 0;
  if (dead) {
    sendReset(tcb);
    timedOut(tcb);
    return;
  }
  if (writeWakeup(tcb) >= 0) {
    tcb.probesOut += 1;
    tcb.host.counters.count("TcpExt.TCPKeepAlive");
    tcb.keepaliveTimer.startIn(keepaliveInterval(tcb));
  } else {
    tcb.keepaliveTimer.startIn(RESOURCE_PROBE_INTERVAL);
  }
}
