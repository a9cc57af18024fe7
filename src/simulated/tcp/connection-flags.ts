const FLAG = {
  ORPHANED: 1 << 0,
  UNACCEPTED: 1 << 1,
  FIN_RECEIVED: 1 << 2,
  NO_SPACE: 1 << 3,
  SACK_OK: 1 << 4,
  TIMESTAMPS_OK: 1 << 5,
  WINDOW_SCALING_OK: 1 << 6,
  SAW_TIMESTAMP: 1 << 7,
  ECN_OK: 1 << 8,
  ECN_DEMAND_CWR: 1 << 9,
  ECN_QUEUE_CWR: 1 << 10,
  ECN_SEEN: 1 << 11,
} as const;

/** What a connection is or is not, in one number, as the bit fields of struct tcp_sock. */
export class ConnectionFlags {
  #flags = 0;

  #set(flag: number, on: boolean): void {
    this.#flags = on ? this.#flags | flag : this.#flags & ~flag;
  }

  /** The program has closed the socket: SOCK_DEAD. */
  get orphaned(): boolean {
    return (this.#flags & FLAG.ORPHANED) !== 0;
  }

  set orphaned(on: boolean) {
    this.#set(FLAG.ORPHANED, on);
  }

  /** accept() has not given it out yet. */
  get unaccepted(): boolean {
    return (this.#flags & FLAG.UNACCEPTED) !== 0;
  }

  set unaccepted(on: boolean) {
    this.#set(FLAG.UNACCEPTED, on);
  }

  /** The peer's FIN has arrived: SOCK_DONE. */
  get finReceived(): boolean {
    return (this.#flags & FLAG.FIN_RECEIVED) !== 0;
  }

  set finReceived(on: boolean) {
    this.#set(FLAG.FIN_RECEIVED, on);
  }

  /** Whether a send found no memory: SOCK_NOSPACE. */
  get noSpace(): boolean {
    return (this.#flags & FLAG.NO_SPACE) !== 0;
  }

  set noSpace(on: boolean) {
    this.#set(FLAG.NO_SPACE, on);
  }

  /** Both SYNs offered SACK. */
  get sackOk(): boolean {
    return (this.#flags & FLAG.SACK_OK) !== 0;
  }

  set sackOk(on: boolean) {
    this.#set(FLAG.SACK_OK, on);
  }

  /** Both SYNs had timestamps. */
  get timestampsOk(): boolean {
    return (this.#flags & FLAG.TIMESTAMPS_OK) !== 0;
  }

  set timestampsOk(on: boolean) {
    this.#set(FLAG.TIMESTAMPS_OK, on);
  }

  /** Both SYNs had a window scale. */
  get windowScalingOk(): boolean {
    return (this.#flags & FLAG.WINDOW_SCALING_OK) !== 0;
  }

  set windowScalingOk(on: boolean) {
    this.#set(FLAG.WINDOW_SCALING_OK, on);
  }

  /** The segment that is being processed has a timestamp. */
  get sawTimestamp(): boolean {
    return (this.#flags & FLAG.SAW_TIMESTAMP) !== 0;
  }

  set sawTimestamp(on: boolean) {
    this.#set(FLAG.SAW_TIMESTAMP, on);
  }

  /** Both SYNs agreed on explicit congestion notification (RFC 3168). */
  get ecnOk(): boolean {
    return (this.#flags & FLAG.ECN_OK) !== 0;
  }

  set ecnOk(on: boolean) {
    this.#set(FLAG.ECN_OK, on);
  }

  /** A CE mark is echoed in acknowledgments until the peer's CWR. */
  get ecnDemandCwr(): boolean {
    return (this.#flags & FLAG.ECN_DEMAND_CWR) !== 0;
  }

  set ecnDemandCwr(on: boolean) {
    this.#set(FLAG.ECN_DEMAND_CWR, on);
  }

  /** The next segment with data carries CWR. */
  get ecnQueueCwr(): boolean {
    return (this.#flags & FLAG.ECN_QUEUE_CWR) !== 0;
  }

  set ecnQueueCwr(on: boolean) {
    this.#set(FLAG.ECN_QUEUE_CWR, on);
  }

  /** A packet of the peer was marked as capable of it. */
  get ecnSeen(): boolean {
    return (this.#flags & FLAG.ECN_SEEN) !== 0;
  }

  set ecnSeen(on: boolean) {
    this.#set(FLAG.ECN_SEEN, on);
  }
}
