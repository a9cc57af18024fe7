import { SECOND } from "../clock/virtual-clock.ts";
import { ATO_MIN, MAX_QUICKACKS, MSS_DEFAULT } from "./constants.ts";

/** The acknowledgments that are due: `icsk_ack.pending`. */
export const ACK = {
  /** An acknowledgment is due, sooner or later. */
  SCHEDULED: 1,
  /** The timer runs. */
  TIMER: 2,
  /** A segment arrived that was not full. */
  PUSHED: 4,
  /** Two of them. */
  PUSHED2: 8,
  /** At once. */
  NOW: 16,
  /** Data was dropped for lack of memory: announce no window. */
  NO_MEMORY: 32,
} as const;

const LONG_AGO = -24 * 3_600 * SECOND;

/**
 * When to acknowledge: struct inet_connection_sock's icsk_ack. A connection starts by acknowledging
 * every segment (quick), and delays once the program answers what it receives (pingpong).
 */
export class AckState {
  /** ACK, combined with |. */
  pending = 0;
  /** Segments still to be acknowledged at once. */
  quick = 0;
  /** How often an answer followed data soon; from tcp_pingpong_thresh on, it is interactive. */
  pingpong = 0;
  /** How long an acknowledgment waits for data to ride on, in nanoseconds; 0 before any data. */
  ato = 0;
  /** When data last arrived, in nanoseconds; long ago before any, as icsk_ack.lrcvtime of 0 is. */
  lastReceived = LONG_AGO;
  /** A guess of the peer's segment size. */
  rcvMss = MSS_DEFAULT;
  lastSegmentSize = 0;

  get scheduled(): boolean {
    return (this.pending & ACK.SCHEDULED) !== 0;
  }

  schedule(): void {
    this.pending |= ACK.SCHEDULED;
  }

  get interactive(): boolean {
    return this.pingpong >= PINGPONG_THRESH;
  }

  /** Whether the next segment is acknowledged at once: tcp_in_quickack_mode(). */
  get isQuick(): boolean {
    return this.quick > 0 && !this.interactive;
  }

  beInteractive(): void {
    this.pingpong = PINGPONG_THRESH;
  }

  countPingpong(): void {
    if (this.pingpong < 255) this.pingpong += 1;
  }

  /** Acknowledges about as many segments at once as fill half the window: tcp_incr_quickack(). */
  addQuick(window: number, most = MAX_QUICKACKS): void {
    const quick = Math.min(Math.floor(window / (2 * this.rcvMss)) || 2, most);
    if (quick > this.quick) this.quick = quick;
  }

  /** tcp_enter_quickack_mode(). */
  beQuick(window: number, most = MAX_QUICKACKS): void {
    this.addQuick(window, most);
    this.pingpong = 0;
    this.ato = ATO_MIN;
  }

  /** An acknowledgment was sent: tcp_dec_quickack_mode() and inet_csk_clear_xmit_timer(). */
  sent(): void {
    if (this.quick > 0) {
      const segments = this.scheduled ? 1 : 0;
      if (segments >= this.quick) {
        this.quick = 0;
        this.ato = ATO_MIN;
      } else {
        this.quick -= segments;
      }
    }
    this.pending = 0;
  }
}

const PINGPONG_THRESH = 1;
