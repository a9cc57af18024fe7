import { GSO_MAX_SIZE, MSS_DEFAULT } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { isOneOf, STATE, states } from "./state.ts";

// Linux hands several segments at once to the device, which cuts them apart (TSO). Here each
// segment is on its own, but how many would go together shows: the last of them carries PSH.

/** sk_pacing_shift: a burst is about a millisecond's worth. */
const PACING_SHIFT = 1_024;

/** The bytes that go into one buffer of the write queue: tcp_xmit_size_goal(). */
export function sizeGoal({ maxWindow }: ControlBlock, mss: number): number {
  const half = maxWindow > MSS_DEFAULT ? maxWindow >> 1 : maxWindow;
  const most = half === 0 ? GSO_MAX_SIZE : Math.min(GSO_MAX_SIZE, Math.max(half, 48));
  return Math.max(1, Math.floor(most / mss)) * mss;
}

/** The segments of one burst: tcp_tso_autosize(). */
export function burstSegments(tcb: ControlBlock, mss: number): number {
  const { rtt, host } = tcb;
  let bytes = pacingRate(tcb) / PACING_SHIFT;
  // Over short distances, bursts may be larger.
  const distance = rtt.minimum / 512;
  if (host.linux.burstsByDistance && rtt.minimum !== 0 && distance < 31)
    bytes += GSO_MAX_SIZE / (1 << Math.floor(distance));
  return Math.max(
    Math.floor(Math.min(bytes, GSO_MAX_SIZE) / mss),
    host.sysctls.get("net.ipv4.tcp_min_tso_segs"),
  );
}

/**
 * sk_pacing_rate, in bytes per second: nothing is paced, but the size of bursts follows it. It is
 * unlimited until the handshake has measured a round trip.
 */
export function pacingRate(tcb: ControlBlock): number {
  if (tcb.pacingRate !== 0) return tcb.pacingRate;
  return tcb.rtt.smoothed === 0 && isOneOf(tcb.state, UNCONNECTED)
    ? Number.POSITIVE_INFINITY
    : presentPacingRate(tcb);
}

const UNCONNECTED = states(STATE.CLOSE, STATE.LISTEN, STATE.SYN_SENT, STATE.SYN_RECV);

/** tcp_update_pacing_rate(). */
export function updatePacingRate(tcb: ControlBlock): void {
  tcb.pacingRate = presentPacingRate(tcb);
}

function presentPacingRate(tcb: ControlBlock): number {
  const { congestion, rtt, mssCache, sendQueue, host, socket } = tcb;
  const doubling = congestion.cwnd < congestion.ssthresh / 2;
  const percent = host.sysctls.get(
    doubling ? "net.ipv4.tcp_pacing_ss_ratio" : "net.ipv4.tcp_pacing_ca_ratio",
  );
  const window = mssCache * Math.max(congestion.cwnd, sendQueue.packetsOut);
  const rate = (window * percent * 10_000 * 8) / (rtt.smoothed || 1);
  return Math.min(Math.floor(rate), socket.settings.pacingRate);
}
