import { INIT_CWND } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { CA } from "./recovery-state.ts";
import { before } from "./sequence.ts";

// Whether the congestion window is used at all: RFC 7661 in spirit, and restart after idleness
// (RFC 5681, 4.1).

/** tcp_in_cwnd_reduction(): in CWR and Recovery, the window follows PRR. */
export const inReduction = ({ recovery }: ControlBlock): boolean =>
  recovery.state === CA.CWR || recovery.state === CA.RECOVERY;

/** The threshold to remember before a reduction: tcp_current_ssthresh(). */
export function currentSsthresh(tcb: ControlBlock): number {
  const { ssthresh, cwnd } = tcb.congestion;
  return inReduction(tcb) ? ssthresh : Math.max(ssthresh, (cwnd >> 1) + (cwnd >> 2));
}

/** Whether the window limits the sending, so that it may grow: tcp_is_cwnd_limited(). */
export function isLimited({ congestion }: ControlBlock): boolean {
  if (congestion.limited) return true;
  return congestion.inSlowStart && congestion.cwnd < 2 * congestion.maxPacketsOut;
}

/** Notes after sending whether the window was full: tcp_cwnd_validate(). */
export function validateWindow(tcb: ControlBlock, limited: boolean): void {
  const { congestion, sendQueue, now } = tcb;
  const { packetsOut } = sendQueue;
  if (
    !before(tcb.sndUna, congestion.usageSeq) ||
    limited ||
    (!congestion.limited && packetsOut > congestion.maxPacketsOut)
  ) {
    congestion.limited = limited;
    congestion.maxPacketsOut = packetsOut;
    congestion.usageSeq = tcb.sndNxt;
  }
  if (isLimited(tcb)) {
    congestion.used = 0;
    congestion.stamp = now;
    return;
  }
  congestion.used = Math.max(congestion.used, packetsOut);
  if (sendQueue.sendHead === undefined && tcb.noSpace) tcb.beginLimit("send buffer");
  if (
    tcb.host.sysctls.get("net.ipv4.tcp_slow_start_after_idle") !== 0 &&
    now - congestion.stamp >= tcb.rtt.rto
  )
    shrinkUnused(tcb);
}

/** The program or the peer's window limits: tcp_cwnd_application_limited(). */
function shrinkUnused(tcb: ControlBlock): void {
  const { congestion } = tcb;
  if (tcb.recovery.state === CA.OPEN && !tcb.orphaned && !tcb.noSpace) {
    const used = Math.max(congestion.used, INIT_CWND);
    if (used < congestion.cwnd) {
      congestion.ssthresh = currentSsthresh(tcb);
      congestion.cwnd = (congestion.cwnd + used) >> 1;
    }
    congestion.used = 0;
  }
  congestion.stamp = tcb.now;
}

/** Before sending after a silence: tcp_slow_start_after_idle_check(). */
export function restartAfterIdle(tcb: ControlBlock): void {
  const { congestion, rtt, now } = tcb;
  if (tcb.sendQueue.packetsOut > 0 || tcb.host.sysctls.get("net.ipv4.tcp_slow_start_after_idle") === 0)
    return;
  let idle = now - tcb.lsndTime;
  if (idle <= rtt.rto) return;
  congestion.ssthresh = currentSsthresh(tcb);
  const restart = Math.min(INIT_CWND, congestion.cwnd);
  let { cwnd } = congestion;
  for (idle -= rtt.rto; idle > 0 && cwnd > restart; idle -= rtt.rto) cwnd >>= 1;
  congestion.cwnd = Math.max(cwnd, restart);
  congestion.stamp = now;
  congestion.used = 0;
}
