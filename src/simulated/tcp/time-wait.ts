import { MILLISECOND, Scheduled } from "../clock/virtual-clock.ts";
import type { PortUser } from "../host/port-table.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { isLoopback } from "../ip/address.ts";
import { NO_TCP_OPTIONS, TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import { isRateLimited } from "./challenge-ack.ts";
import type { Ends } from "./connection-table.ts";
import { TIMEWAIT_LENGTH } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { sendReply, timestampsOnly } from "./reply.ts";
import { add, after, before, between, fromPacket } from "./sequence.ts";
import { STATE, type State } from "./state.ts";
import { rejectsTimestamp } from "./timestamps.ts";

const { ACK, FIN, RST, SYN } = TCP_FLAG;

/** The owner of the record. */
export interface TimeWaitOwner {
  readonly host: ProtocolHost;
  timeWaitOver(record: TimeWait): void;
}

/** How a segment is answered. */
export type TimeWaitAnswer = "nothing" | "acknowledge" | "reset" | "reopen";

/**
 * The record of a connection in TIME_WAIT, or in FIN_WAIT2 after its socket was closed: struct
 * tcp_timewait_sock. It acknowledges a retransmitted FIN, and protects later connections between
 * the same ends from old duplicates.
 */
export class TimeWait extends Scheduled implements Ends, PortUser {
  readonly kind = "time-wait";
  readonly #owner: TimeWaitOwner;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly ipv6: boolean;
  readonly v6only: boolean;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly boundInterface: number;
  readonly user: number;
  readonly listening = false;
  readonly timeWait = true;
  readonly connectBound: boolean;
  /** FIN_WAIT2 or TIME_WAIT. */
  substate: State;
  readonly sndNxt: number;
  rcvNxt: number;
  readonly window: number;
  readonly rcvWscale: number;
  readonly timestamps: boolean;
  tsRecent: number;
  /** In milliseconds. */
  tsRecentAt: number;
  readonly tsOffset: number;
  lastOutOfWindowAck: number | undefined = undefined;

  constructor(owner: TimeWaitOwner, tcb: ControlBlock, substate: State) {
    super();
    const { socket } = tcb;
    this.#owner = owner;
    this.localAddress = socket.localAddress;
    this.localPort = socket.localPort;
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.ipv6 = socket.ipv6;
    this.v6only = socket.v6only;
    this.reuseAddress = socket.reuseAddress;
    this.reusePort = socket.reusePort;
    this.boundInterface = socket.boundInterface;
    this.user = socket.user;
    this.connectBound = socket.connectBound;
    this.substate = substate;
    this.sndNxt = tcb.sndNxt;
    this.rcvNxt = tcb.rcvNxt;
    this.window = tcb.window.remaining(tcb.rcvNxt);
    this.rcvWscale = tcb.rcvWscale;
    this.timestamps = tcb.timestampsOk;
    this.tsRecent = tcb.tsRecent;
    this.tsRecentAt = tcb.tsRecentAt;
    this.tsOffset = tcb.tsOffset;
  }

  override due(): void {
    this.#owner.timeWaitOver(this);
  }

  #wait(): void {
    const { clock } = this.#owner.host;
    clock.add(this, clock.now + TIMEWAIT_LENGTH);
  }

  /** A segment arrives: tcp_timewait_state_process(). */
  receive(segment: TcpSegment, end: number): TimeWaitAnswer {
    const { flags, options } = segment;
    const sequence = fromPacket(segment.sequence);
    const value = this.timestamps ? options.timestamps?.value : undefined;
    const isReset = (flags & RST) !== 0;
    const rejected = value !== undefined && rejectsTimestamp(this, value, this.#milliseconds, isReset);
    if (this.substate === STATE.FIN_WAIT2) return this.#receiveInFinWait2(segment, end, rejected);
    if (!rejected && sequence === this.rcvNxt && (sequence === end || isReset)) {
      if (!isReset) this.#wait();
      // TIME_WAIT assassination (RFC 1337).
      else if (this.#owner.host.sysctls.get("net.ipv4.tcp_rfc1337") === 0) this.#owner.timeWaitOver(this);
      if (value !== undefined) this.#noteTimestamp(value);
      return "nothing";
    }
    const isNewSyn = (flags & (SYN | RST | ACK)) === SYN && !rejected;
    if (
      isNewSyn &&
      (after(sequence, this.rcvNxt) || (value !== undefined && ((this.tsRecent - value) | 0) < 0))
    )
      return "reopen";
    if (isReset) return "nothing";
    if (rejected || (flags & ACK) !== 0) this.#wait();
    return this.#acknowledge(segment, end);
  }

  #receiveInFinWait2(segment: TcpSegment, end: number, rejected: boolean): TimeWaitAnswer {
    const { flags, options } = segment;
    const sequence = fromPacket(segment.sequence);
    if (rejected || !this.#isInWindow(sequence, end)) return this.#acknowledge(segment, end);
    if ((flags & RST) !== 0) {
      this.#owner.timeWaitOver(this);
      return "nothing";
    }
    if ((flags & SYN) !== 0 && !before(sequence, this.rcvNxt)) return "reset";
    if ((flags & ACK) === 0 || !after(end, this.rcvNxt) || sequence === end) return "nothing";
    // Data that no program will read.
    if ((flags & FIN) === 0 || end !== add(this.rcvNxt, 1)) {
      this.#owner.timeWaitOver(this);
      return "reset";
    }
    this.substate = STATE.TIME_WAIT;
    this.rcvNxt = end;
    if (options.timestamps !== undefined && this.timestamps) this.#noteTimestamp(options.timestamps.value);
    this.#wait();
    return "acknowledge";
  }

  get #milliseconds(): number {
    return Math.floor(this.#owner.host.clock.now / MILLISECOND);
  }

  #noteTimestamp(value: number): void {
    this.tsRecent = fromPacket(value);
    this.tsRecentAt = this.#milliseconds;
  }

  /**
   * Whether a new connection of the same ends may take its place: tcp_twsk_unique(). Timestamps
   * tell the two apart after a second; at once, if the program has chosen the port.
   */
  mayMakeWay(bound: boolean): boolean {
    if (bound) return this.timestamps;
    const { sysctls } = this.#owner.host;
    const reuse = sysctls.get("net.ipv4.tcp_tw_reuse");
    const loopback = isLoopback(this.localAddress) && isLoopback(this.remoteAddress);
    if (reuse === 0 || (reuse === 2 && !loopback) || !this.timestamps) return false;
    return this.#milliseconds - this.tsRecentAt > sysctls.get("net.ipv4.tcp_tw_reuse_delay");
  }

  /** tcp_in_window(). */
  #isInWindow(sequence: number, end: number): boolean {
    const edge = add(this.rcvNxt, this.window);
    if (sequence === this.rcvNxt) return true;
    if (after(end, this.rcvNxt) && before(sequence, edge)) return true;
    return sequence === edge && sequence === end && between(sequence, this.rcvNxt, edge);
  }

  /** At most twice a second for segments without data. */
  #acknowledge({ sequence, flags }: TcpSegment, end: number): TimeWaitAnswer {
    const { clock, sysctls } = this.#owner.host;
    const limited = fromPacket(sequence) === end || (flags & SYN) !== 0;
    return limited && isRateLimited(this, clock.now, sysctls.get("net.ipv4.tcp_invalid_ratelimit"))
      ? "nothing"
      : "acknowledge";
  }

  /** Sends the last acknowledgment again: tcp_v4_timewait_ack(). */
  sendAck(): void {
    const { host } = this.#owner;
    const timestamp = Math.floor(host.clock.now / 1e6) + 1 + this.tsOffset;
    sendReply(host, this, {
      sequence: this.sndNxt,
      acknowledgment: this.rcvNxt,
      flags: ACK,
      window: Math.floor(this.window / 2 ** this.rcvWscale),
      options: this.timestamps ? timestampsOnly(timestamp, this.tsRecent) : NO_TCP_OPTIONS,
    });
  }

  /** The initial sequence number of a connection that follows this one. */
  get nextIss(): number {
    return add(this.sndNxt, 65_535 + 2) || 1;
  }
}
