import type { CongestionAck, CongestionControl, CongestionWindow } from "./congestion-control.ts";

/** NewReno (RFC 6582, RFC 5681): net/ipv4/tcp_cong.c. */
export class Reno implements CongestionControl {
  readonly name = "reno";

  ssthresh(window: CongestionWindow): number {
    return Math.max(window.cwnd >> 1, 2);
  }

  avoid(window: CongestionWindow, { acked }: CongestionAck): void {
    const left = window.inSlowStart ? window.slowStart(acked) : acked;
    if (left > 0) window.additiveIncrease(window.cwnd, left);
  }

  undo(window: CongestionWindow): number {
    return Math.max(window.cwnd, window.priorCwnd);
  }

  measured(): void {}
  timedOut(): void {}
  restarted(): void {}
}
