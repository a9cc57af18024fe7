import { INFINITE_SSTHRESH, INIT_CWND } from "./constants.ts";

/** The congestion window of a connection, in segments (RFC 5681). */
export class CongestionWindow {
  cwnd = INIT_CWND;
  ssthresh = INFINITE_SSTHRESH;
  /** Segments acknowledged that have not yet grown the window. */
  count = 0;
  clamp = 0xffffffff;
  /** When the window was last used, in nanoseconds. */
  stamp = 0;
  /** The most segments that were in flight since `stamp`. */
  used = 0;
  /** Whether the window, and not the program, limited the sending of the last round trip. */
  limited = false;
  maxPacketsOut = 0;
  usageSeq = 0;
  /** The window before the last reduction: what it is restored to, and what PRR measures by. */
  priorCwnd = 0;

  /** tcp_in_slow_start(). */
  get inSlowStart(): boolean {
    return this.cwnd < this.ssthresh;
  }

  /** Grows by what was acknowledged, up to `ssthresh`; returns the segments left over. */
  slowStart(acked: number): number {
    const cwnd = Math.min(this.cwnd + acked, this.ssthresh);
    const left = acked - (cwnd - this.cwnd);
    this.cwnd = Math.min(cwnd, this.clamp);
    return left;
  }

  /** Grows by one segment for `per` acknowledged ones: tcp_cong_avoid_ai(). */
  additiveIncrease(per: number, acked: number): void {
    if (this.count >= per) {
      this.count = 0;
      this.cwnd += 1;
    }
    this.count += acked;
    if (this.count >= per) {
      const by = Math.floor(this.count / per);
      this.count -= by * per;
      this.cwnd += by;
    }
    this.cwnd = Math.min(this.cwnd, this.clamp);
  }
}

/** What an algorithm needs to know when an acknowledgment arrives. Times are nanoseconds. */
export interface CongestionAck {
  /** Segments delivered. */
  readonly acked: number;
  readonly sndUna: number;
  readonly sndNxt: number;
  readonly now: number;
  /** The smoothed round trip time in microseconds. */
  readonly smoothed: number;
  /** sk_pacing_rate, in bytes per second. */
  readonly pacingRate: number;
}

/**
 * An algorithm of congestion control: struct tcp_congestion_ops. One object for each connection.
 */
export interface CongestionControl {
  readonly name: string;
  /** The new slow start threshold after a loss. */
  ssthresh(window: CongestionWindow): number;
  /** Segments were delivered while nothing is lost: grow the window. */
  avoid(window: CongestionWindow, ack: CongestionAck): void;
  /** The window to restore if a reduction was needless. */
  undo(window: CongestionWindow): number;
  /** A round trip was measured, in microseconds. */
  measured(window: CongestionWindow, rtt: number, ack: CongestionAck): void;
  /** A retransmission timeout: forget what was learned. */
  timedOut(): void;
  /** Sending starts again after `idle` nanoseconds of silence. */
  restarted(now: number, idle: number): void;
}
