import { MICROSECOND, MILLISECOND, SECOND } from "../clock/virtual-clock.ts";
import type { CongestionAck, CongestionControl, CongestionWindow } from "./congestion-control.ts";
import { GSO_MAX_SIZE, INFINITE_SSTHRESH, inTicks } from "./constants.ts";
import { after } from "./sequence.ts";

/** The window after a loss, as a share of the one before: beta is 717/1024. */
const BETA = 717;
const BETA_SCALE = 1024;
/** The cubic's C of 0.4 (RFC 9438, 5): cube_rtt_scale and bic_scale. */
const CUBE_SCALE = 41 * 10;
/** The cubic's unit of time is a 1,024th of a second: BICTCP_HZ. */
const UNITS = 1_024;
/** How many acknowledged segments the window of Reno grows by one at. */
const RENO_SCALE = Math.floor((8 * (BETA_SCALE + BETA)) / 3 / (BETA_SCALE - BETA));

// HyStart (RFC 9406's predecessor in Linux): leaves slow start before the first loss.
const HYSTART_LOW_WINDOW = 16;
const HYSTART_MIN_SAMPLES = 8;
const HYSTART_DELAY_MIN = 4_000;
const HYSTART_DELAY_MAX = 16_000;
/** Acknowledgments closer together than this belong to one train. */
const HYSTART_ACK_DELTA = 2 * MILLISECOND;

/** How much later bursts make an acknowledgment, in nanoseconds: hystart_ack_delay(). */
const burstDelay = ({ pacingRate }: CongestionAck): number =>
  Math.min(MILLISECOND, ((GSO_MAX_SIZE * 4) / pacingRate) * SECOND);

/** CUBIC (RFC 9438) as in net/ipv4/tcp_cubic.c, with HyStart. */
export class Cubic implements CongestionControl {
  readonly name = "cubic";
  /** Acknowledged segments per growth by one. */
  #per = 0;
  /** The window before the last reduction. */
  #lastMax = 0;
  #lastCwnd = 0;
  #lastTime = 0;
  /**
   * Where the cubic's plateau is, in segments, and how many UNITS of time it takes to get there.
   */
  #origin = 0;
  #k = 0;
  /** When this epoch began; 0 if it begins with the next acknowledgment. */
  #epochStart = 0;
  /** The window that Reno would have, and what it counted. */
  #renoCwnd = 0;
  #ackCount = 0;
  /** The least delay seen, in microseconds; 0 if none. */
  #delayMin = 0;

  #roundStart = 0;
  /** undefined before the first round. */
  #endSeq: number | undefined = undefined;
  #lastAck = 0;
  #currentRtt = Number.POSITIVE_INFINITY;
  #samples = 0;
  #found = false;

  ssthresh(window: CongestionWindow): number {
    this.#epochStart = 0;
    const { cwnd } = window;
    // Fast convergence.
    this.#lastMax = cwnd < this.#lastMax ? Math.floor((cwnd * (BETA_SCALE + BETA)) / (2 * BETA_SCALE)) : cwnd;
    return Math.max(Math.floor((cwnd * BETA) / BETA_SCALE), 2);
  }

  avoid(window: CongestionWindow, ack: CongestionAck): void {
    let { acked } = ack;
    if (window.inSlowStart) {
      acked = window.slowStart(acked);
      if (acked === 0) return;
    }
    this.#update(window.cwnd, acked, ack.now);
    window.additiveIncrease(this.#per, acked);
  }

  undo(window: CongestionWindow): number {
    return Math.max(window.cwnd, window.priorCwnd);
  }

  /** bictcp_update(). */
  #update(cwnd: number, acked: number, now: number): void {
    this.#ackCount += acked;
    if (this.#lastCwnd === cwnd && now - this.#lastTime <= SECOND / 32) return;
    // The window changes at most once per tick.
    if (this.#epochStart !== 0 && now === this.#lastTime) {
      this.#friendly(cwnd);
      return;
    }
    this.#lastCwnd = cwnd;
    this.#lastTime = now;
    if (this.#epochStart === 0) {
      this.#epochStart = now;
      this.#ackCount = acked;
      this.#renoCwnd = cwnd;
      if (this.#lastMax <= cwnd) {
        this.#k = 0;
        this.#origin = cwnd;
      } else {
        this.#k = Math.floor(Math.cbrt(((this.#lastMax - cwnd) * UNITS ** 4) / CUBE_SCALE));
        this.#origin = this.#lastMax;
      }
    }
    const elapsed = now - this.#epochStart + inTicks(this.#delayMin * MICROSECOND);
    const distance = Math.floor((elapsed * UNITS) / SECOND) - this.#k;
    // Whole segments, rounded towards the plateau.
    const target = this.#origin + Math.trunc((CUBE_SCALE * distance ** 3) / UNITS ** 4);
    this.#per = target > cwnd ? Math.floor(cwnd / (target - cwnd)) : 100 * cwnd;
    // The first epoch after a timeout grows at least by a twentieth.
    if (this.#lastMax === 0 && this.#per > 20) this.#per = 20;
    this.#friendly(cwnd);
  }

  /** Never slower than Reno (RFC 9438, 4.3). */
  #friendly(cwnd: number): void {
    const delta = Math.max(1, Math.floor((cwnd * RENO_SCALE) / 8));
    while (this.#ackCount > delta) {
      this.#ackCount -= delta;
      this.#renoCwnd += 1;
    }
    if (this.#renoCwnd > cwnd) this.#per = Math.min(this.#per, Math.floor(cwnd / (this.#renoCwnd - cwnd)));
    // At most half as fast as slow start.
    this.#per = Math.max(this.#per, 2);
  }

  measured(window: CongestionWindow, rtt: number, ack: CongestionAck): void {
    // Delays right after a reduction are unusual: the queue drains.
    if (this.#epochStart !== 0 && ack.now - this.#epochStart < SECOND) return;
    const delay = Math.max(1, rtt);
    if (this.#delayMin === 0 || delay < this.#delayMin) this.#delayMin = delay;
    if (!this.#found && window.inSlowStart && window.cwnd >= HYSTART_LOW_WINDOW)
      this.#hystart(window, delay, ack);
  }

  #hystart(window: CongestionWindow, delay: number, ack: CongestionAck): void {
    const { sndUna, sndNxt, now } = ack;
    if (this.#endSeq === undefined || after(sndUna, this.#endSeq)) {
      this.#roundStart = now;
      this.#lastAck = now;
      this.#endSeq = sndNxt;
      this.#currentRtt = Number.POSITIVE_INFINITY;
      this.#samples = 0;
    }
    // A train of acknowledgments as long as half the round trip fills the path.
    if (now - this.#lastAck <= HYSTART_ACK_DELTA) {
      this.#lastAck = now;
      const threshold = (this.#delayMin * MICROSECOND + burstDelay(ack)) / 2;
      if (now - this.#roundStart > threshold) this.#found = true;
    }
    // The delay grows: a queue builds up.
    if (this.#currentRtt > delay) this.#currentRtt = delay;
    if (this.#samples < HYSTART_MIN_SAMPLES) {
      this.#samples += 1;
    } else {
      const threshold = Math.min(Math.max(this.#delayMin / 8, HYSTART_DELAY_MIN), HYSTART_DELAY_MAX);
      if (this.#currentRtt > this.#delayMin + threshold) this.#found = true;
    }
    if (this.#found) window.ssthresh = Math.min(window.cwnd, INFINITE_SSTHRESH);
  }

  timedOut(): void {
    this.#per = 0;
    this.#lastMax = 0;
    this.#lastCwnd = 0;
    this.#lastTime = 0;
    this.#origin = 0;
    this.#k = 0;
    this.#epochStart = 0;
    this.#renoCwnd = 0;
    this.#ackCount = 0;
    this.#delayMin = 0;
    this.#found = false;
    this.#endSeq = undefined;
  }

  /** An idle time does not count as growth: the epoch shifts by it. */
  restarted(now: number, idle: number): void {
    if (this.#epochStart !== 0 && idle > 0) this.#epochStart = Math.min(this.#epochStart + idle, now);
  }
}
