import { MICROSECOND } from "../clock/virtual-clock.ts";
import { inTicks, TIMEOUT_INIT } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { CA } from "./recovery-state.ts";
import type { Pending } from "./sender.ts";

// Starting and stopping the one timer of the send side: `icsk_retransmit_timer`.

/** A delay, and the least that loss probes and reordering wait, in whole ticks. */
export function withLeast({ host }: ControlBlock, delay: number): number {
  const { leastTimeout, leastTimeoutInTicks } = host.linux;
  return leastTimeoutInTicks ? inTicks(delay) + leastTimeout : inTicks(delay + leastTimeout);
}

export function startRetransmitTimer(tcb: ControlBlock, pending: Pending, delay: number): void {
  tcb.pending = pending;
  tcb.retransmitTimer.startIn(Math.min(delay, tcb.greatestRto));
}

export function stopRetransmitTimer(tcb: ControlBlock): void {
  tcb.pending = "none";
  tcb.stopRetransmitTimer();
}

/** How far ahead the retransmission timeout of the first segment is: tcp_rto_delta_us(). */
function untilTimeout({ sendQueue, rtt, now }: ControlBlock): number {
  const first = sendQueue.firstSent;
  return first === undefined ? rtt.rto : first.sentAt + rtt.rto - now;
}

/** Starts the retransmission timeout anew, or stops it if nothing is out: tcp_rearm_rto(). */
export function rearmRto(tcb: ControlBlock): void {
  if (tcb.sendQueue.packetsOut === 0) {
    stopRetransmitTimer(tcb);
    return;
  }
  const early = tcb.pending === "reordering" || tcb.pending === "loss probe";
  startRetransmitTimer(
    tcb,
    "retransmit",
    early ? inTicks(Math.max(untilTimeout(tcb), MICROSECOND)) : tcb.rtt.rto,
  );
}

/**
 * Starts the timer of a tail loss probe (RFC 8985, 7.2), if one is allowed:
 * tcp_schedule_loss_probe().
 *
 * @param advancing whether the timeout is about to be measured from now
 */
export function scheduleLossProbe(tcb: ControlBlock, advancing: boolean): boolean {
  const { sendQueue, rtt, recovery } = tcb;
  const early = tcb.host.sysctls.get("net.ipv4.tcp_early_retrans");
  if (early !== 3 && early !== 4) return false;
  if (sendQueue.packetsOut === 0 || !tcb.sackOk) return false;
  if (recovery.state !== CA.OPEN && recovery.state !== CA.CWR) return false;
  let timeout = TIMEOUT_INIT;
  if (rtt.smoothed !== 0) {
    timeout = Math.floor(rtt.smoothed / 4) * MICROSECOND;
    // One segment may wait for the peer's delayed acknowledgment.
    timeout = sendQueue.packetsOut === 1 ? inTicks(timeout + tcb.leastRto) : withLeast(tcb, timeout);
  }
  const left = advancing ? rtt.rto : untilTimeout(tcb);
  if (left > 0) timeout = Math.min(timeout, inTicks(left));
  startRetransmitTimer(tcb, "loss probe", timeout);
  return true;
}

/** After progress: tcp_set_xmit_timer(). */
export function setTransmitTimer(tcb: ControlBlock): void {
  if (!scheduleLossProbe(tcb, true)) rearmRto(tcb);
}
