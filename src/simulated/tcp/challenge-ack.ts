import { MILLISECOND } from "../clock/virtual-clock.ts";
import type { ControlBlock } from "./control-block.ts";
import { sendAck } from "./transmit.ts";

/** Whether answers to segments out of the window come too fast: __tcp_oow_rate_limited(). */
export function isRateLimited(
  last: { lastOutOfWindowAck: number | undefined },
  now: number,
  milliseconds: number,
): boolean {
  const at = last.lastOutOfWindowAck;
  if (at !== undefined && now - at < milliseconds * MILLISECOND) return true;
  last.lastOutOfWindowAck = now;
  return false;
}

/** Asks the peer to confirm a suspicious segment (RFC 5961): tcp_send_challenge_ack(). */
export function sendChallengeAck(tcb: ControlBlock): void {
  if (isRateLimited(tcb, tcb.now, tcb.host.sysctls.get("net.ipv4.tcp_invalid_ratelimit"))) return;
  tcb.host.counters.count("TcpExt.TCPChallengeACK");
  sendAck(tcb);
}
