/** The measurements for tuning the receive buffer: tcp_rcv_space_adjust(). */
export class ReceiveTuning {
  /** Where the present round trip began, and when. */
  spaceSeq: number;
  spaceAt: number;
  /** Round trip time as the receiver sees it, eight times, in microseconds. */
  rtt = 0;
  rttSeq = 0;
  rttAt: number | undefined = undefined;

  constructor(sequence: number, at: number) {
    this.spaceSeq = sequence;
    this.spaceAt = at;
  }
}

/** That of connections on which no data has arrived; nothing is ever written to it. */
export const NO_TUNING = new ReceiveTuning(0, 0);

/** The receive side's window: what was offered, and how it may grow. */
export class ReceiveWindow {
  /** The window that was last offered. */
  offered = 0;
  /** `rcvNxt` when it was. */
  offeredAt = 0;
  /** The largest window that may be offered: TCP_WINDOW_CLAMP, and what the buffer allows. */
  clamp = 0;
  /** What may be offered for now; it grows as segments turn out to be full: rcv_ssthresh. */
  threshold = 0;
  /** How much of the buffer is data rather than overhead, in 256ths: scaling_ratio. */
  ratio = 128;
  /** How much the program read in the last round trip. */
  space = 0;
  /** The last timestamp that the peer echoed. */
  rttEcho = 0;
  /** Made when data first arrives. */
  tuning = NO_TUNING;

  /** Begins the tuning with the first data: what is read from then on counts. */
  beginTuning(sequence: number, at: number): void {
    if (this.tuning === NO_TUNING) this.tuning = new ReceiveTuning(sequence, at);
  }

  /** tcp_win_from_space(). */
  fromSpace(space: number): number {
    return Math.floor((space * this.ratio) / 256);
  }

  /** tcp_space_from_win(). */
  toSpace(window: number): number {
    return Math.floor((window * 256) / this.ratio);
  }

  /** Sets the most that may be offered: tcp_set_window_clamp(). */
  clampTo(clamp: number): void {
    if (clamp < this.clamp) this.threshold = Math.min(this.threshold, clamp);
    else if (clamp > this.clamp) this.threshold = Math.max(this.threshold, Math.min(this.offered, clamp));
    this.clamp = clamp;
  }

  /** What is left of the last offer: tcp_receive_window(). */
  remaining(rcvNxt: number): number {
    const left = (this.offeredAt + this.offered - rcvNxt) | 0;
    return left < 0 ? 0 : left;
  }
}
