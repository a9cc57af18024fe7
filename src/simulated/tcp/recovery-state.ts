/** The state of congestion avoidance: tcpi_ca_state, in Linux's numbers. */
export const CA = { OPEN: 0, DISORDER: 1, CWR: 2, RECOVERY: 3, LOSS: 4 } as const;
export type CaState = (typeof CA)[keyof typeof CA];

/** The state of loss detection and recovery. */
export class RecoveryState {
  state: CaState = CA.OPEN;
  /** `sndNxt` when congestion began: recovery ends once it is acknowledged. */
  highSeq = 0;
  /** Where recovery began, while it may still turn out to have been needless; 0 if it may not. */
  undoMarker = 0;
  /** Retransmissions that no DSACK has reported as needless yet; -1 if there were none. */
  undoRetrans = 0;
  /** The value to restore when recovery turns out to be needless; 0 for none. */
  priorSsthresh = 0;
  /** Proportional rate reduction (RFC 9937). */
  prrDelivered = 0;
  prrOut = 0;
  /** Segments of reordering to expect. */
  reordering = 3;
  reorderingSeen = 0;
  /** F-RTO (RFC 5682) is finding out whether a timeout was spurious. */
  frto = false;
  /** The peer took back a SACK. */
  reneging = false;
  /** `sndNxt` when a tail loss probe was sent (RFC 8985, 7); 0 if none is out. */
  tlpHighSeq = 0;
  /** Whether that probe was a retransmission. */
  tlpRetrans = false;
  /** The end of the highest sacked segment, as long as any is. */
  highestSack = 0;

  // RACK (RFC 8985): the most recently sent segment that arrived. Times are nanoseconds.
  rackSentAt = 0;
  rackEnd = 0;
  rackAdvanced = false;
  /** The reordering window in quarters of the least round trip time. */
  rackSteps = 1;
  rackPersist = 0;
  rackDsackSeen = false;
  rackLastDelivered = 0;
}
