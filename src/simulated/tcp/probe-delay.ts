import { RTO_MIN, TIMEOUT_MIN } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";

/** When the next zero-window probe is due: tcp_probe0_when(), within TCP_USER_TIMEOUT. */
export function probeDelay(tcb: ControlBlock): number {
  const { rtt, probesSince, now } = tcb;
  const { userTimeout } = tcb.settings;
  const most = Math.floor(Math.log2(tcb.greatestRto / RTO_MIN)) + 1;
  const base = Math.max(rtt.rto, RTO_MIN);
  const delay = Math.min(base * 2 ** Math.min(rtt.backoff, most), tcb.greatestRto);
  if (userTimeout === 0 || probesSince === undefined) return delay;
  return Math.min(delay, Math.max(userTimeout - (now - probesSince), TIMEOUT_MIN));
}
