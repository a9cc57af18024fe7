/** The result of an acknowledgment: the FLAG_ bits of net/ipv4/tcp_input.c. */
export const FLAG = {
  /** The segment had data. */
  DATA: 0x01,
  WIN_UPDATE: 0x02,
  DATA_ACKED: 0x04,
  /** Some of what it acknowledged had been retransmitted. */
  RETRANS_DATA_ACKED: 0x08,
  SYN_ACKED: 0x10,
  DATA_SACKED: 0x20,
  ECE: 0x40,
  /** A retransmission was lost. */
  LOST_RETRANS: 0x80,
  /** The window and the sequence numbers need the full checks. */
  SLOWPATH: 0x100,
  /** Something sent before the recovery, and not again, was acknowledged. */
  ORIG_SACK_ACKED: 0x200,
  SND_UNA_ADVANCED: 0x400,
  DSACKING_ACK: 0x800,
  SET_XMIT_TIMER: 0x1000,
  SACK_RENEGING: 0x2000,
  UPDATE_TS_RECENT: 0x4000,
  NO_CHALLENGE_ACK: 0x8000,
  /** A DSACK about the tail loss probe. */
  DSACK_TLP: 0x20000,
} as const;

export const ACKED = FLAG.DATA_ACKED | FLAG.SYN_ACKED;
export const NOT_DUPLICATE = FLAG.DATA | FLAG.WIN_UPDATE | ACKED;
export const ALERT = FLAG.DATA_SACKED | FLAG.ECE | FLAG.DSACKING_ACK;
export const FORWARD_PROGRESS = ACKED | FLAG.DATA_SACKED;

/** The results collected while an acknowledgment is processed: struct tcp_sacktag_state. */
export class AckOutcome {
  /** FLAG, combined with |. */
  flags = 0;
  /** The lowest segment found delivered out of order. */
  reordered = 0;
  /** When the first and last newly sacked segments were sent; -1 if there were none. */
  firstSackedAt = -1;
  lastSackedAt = -1;
  /** Segments that SACKs and DSACKs reported. */
  sackDelivered = 0;
  /** What must be sent afterwards. */
  resend: "nothing" | "lost" | "new" = "nothing";
  /** For the delivery rate: what was delivered when the last acknowledged segment was sent. */
  priorDelivered = -1;
  priorSentAt = 0;
}
