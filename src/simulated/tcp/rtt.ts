import { MICROSECOND } from "../clock/virtual-clock.ts";
import { TICK, TIMEOUT_INIT } from "./constants.ts";
import { after } from "./sequence.ts";

/**
 * The round trip time of a connection and the retransmission timeout: RFC 6298 with Linux's changes
 * (net/ipv4/tcp_input.c, tcp_rtt_estimator()): the variation has a floor of tcp_rto_min_us instead
 * of the timeout itself, decays only once per round trip, and shrinks slowly if the round trip gets
 * shorter. Times are microseconds, but `rto` is nanoseconds.
 */
export class RoundTripTime {
  /** Eight times the smoothed time; 0 before the first measurement. */
  smoothed = 0;
  /** Four times the mean deviation. */
  deviation = 0;
  /** The greatest deviation of this round trip. */
  maxDeviation = 0;
  variation = 0;
  /** Once this is acknowledged, a round trip has passed. */
  sequence = 0;
  /** The retransmission timeout in nanoseconds, backed off. */
  rto = TIMEOUT_INIT;
  /** How many times `rto` was doubled. */
  backoff = 0;
  /** The least time in the last tcp_min_rtt_wlen seconds; 0 before the first measurement. */
  minimum = 0;
  /** In milliseconds. */
  #minimumAt = 0;
  /** That of the segment that RACK saw arrive last: rack.rtt_us. */
  latest = 0;

  /**
   * Takes a measurement.
   *
   * @param floor tcp_rto_min_us
   */
  measure(microseconds: number, sndUna: number, sndNxt: number, floor: number): void {
    const measured = Math.max(1, Math.trunc(microseconds));
    if (this.smoothed === 0) {
      this.smoothed = measured * 8;
      this.deviation = measured * 2;
      this.variation = Math.max(this.deviation, floor);
      this.maxDeviation = this.variation;
      this.sequence = sndNxt;
      return;
    }
    const error = measured - Math.floor(this.smoothed / 8);
    this.smoothed = Math.max(1, this.smoothed + error);
    let change: number;
    if (error < 0) {
      change = -error - Math.floor(this.deviation / 4);
      if (change > 0) change = Math.floor(change / 8);
    } else {
      change = error - Math.floor(this.deviation / 4);
    }
    this.deviation += change;
    if (this.deviation > this.maxDeviation) {
      this.maxDeviation = this.deviation;
      if (this.maxDeviation > this.variation) this.variation = this.maxDeviation;
    }
    if (after(sndUna, this.sequence)) {
      if (this.maxDeviation < this.variation)
        this.variation -= Math.floor((this.variation - this.maxDeviation) / 4);
      this.sequence = sndNxt;
      this.maxDeviation = floor;
    }
  }

  /** The timeout without backoff, in whole ticks: __tcp_set_rto() and tcp_bound_rto(). */
  base(maximum: number): number {
    const microseconds = Math.floor(this.smoothed / 8) + this.variation;
    return Math.min(Math.ceil((microseconds * MICROSECOND) / TICK) * TICK, maximum);
  }

  /** The timeout with `backoff` doublings: inet_csk_rto_backoff(). */
  backedOff(maximum: number): number {
    return Math.min(this.rto * 2 ** this.backoff, maximum);
  }

  /** The smoothed time in nanoseconds. */
  get smoothedNanoseconds(): number {
    return Math.floor(this.smoothed / 8) * MICROSECOND;
  }

  /**
   * Keeps the minimum of a window of time: a simpler minmax_running_min().
   *
   * @param now in milliseconds, as is the length of the window
   */
  noteMinimum(microseconds: number, now: number, windowLength: number): void {
    if (this.minimum === 0 || microseconds <= this.minimum || now - this.#minimumAt > windowLength) {
      this.minimum = microseconds;
      this.#minimumAt = now;
    }
  }
}
