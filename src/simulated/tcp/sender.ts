import type { Chronograph } from "./chronograph.ts";
import { type CongestionControl, CongestionWindow } from "./congestion-control.ts";
import { RecoveryState } from "./recovery-state.ts";
import { SendQueue } from "./send-queue.ts";
import type { ConnectionTimer } from "./timer.ts";

/** The purpose of the retransmission timer: `icsk_pending`. */
export type Pending = "none" | "retransmit" | "loss probe" | "reordering" | "zero-window probe";

/**
 * The sending half of a connection: data waiting to be sent or acknowledged, how much may be in
 * flight, and how losses are repaired. Created when the first segment is queued.
 */
export class Sender {
  readonly queue = new SendQueue();
  readonly congestion = new CongestionWindow();
  readonly recovery = new RecoveryState();
  /** Made when it is first asked, mostly by the acknowledgment of data. */
  congestionControl: CongestionControl | undefined = undefined;
  /** Made when something first holds the connection up. */
  chronograph: Chronograph | undefined = undefined;
  /** The timer, made when it is first started, and what it is for. */
  timer: ConnectionTimer | undefined = undefined;
  pending: Pending = "none";
  /** Retransmission timeouts without progress. */
  retransmits = 0;
  /** When zero-window probing began; undefined if it has not. */
  probesSince: number | undefined = undefined;
  /** In bytes per second; 0 until something was acknowledged. */
  pacingRate = 0;
  /** The end of what was marked with PSH. */
  pushedSeq: number;
  /** The end of the last segment that was not full: Minshall's rule for Nagle. */
  sndSml: number;
  /** `timestamp` at the first retransmission of this recovery; 0 if there was none. */
  retransStamp = 0;

  /** @param sequence of the first byte that it will send */
  constructor(sequence: number) {
    this.pushedSeq = sequence;
    this.sndSml = sequence;
  }
}

/** Shared by connections that have sent nothing; only its present values are ever written to it. */
export const NO_SENDER = new Sender(0);
