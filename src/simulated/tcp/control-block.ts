import { MILLISECOND } from "../clock/virtual-clock.ts";
import type { InetSocket } from "../host/inet-socket.ts";
import type { MemoryUse, ProtocolHost } from "../host/protocol-host.ts";
import { AckState } from "./ack-state.ts";
import { Chronograph, type Limit } from "./chronograph.ts";
import type { CongestionControl, CongestionWindow } from "./congestion-control.ts";
import { ConnectionFlags } from "./connection-flags.ts";
import { MSS_DEFAULT } from "./constants.ts";
import { type CongestionName, createCongestionControl } from "./create-congestion-control.ts";
import { EMPTY_RECEIVE_QUEUE, ReceiveQueue } from "./receive-queue.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { RecoveryState } from "./recovery-state.ts";
import { RoundTripTime } from "./rtt.ts";
import { NO_SELECTIVE_ACKS, SelectiveAcks } from "./selective-acks.ts";
import type { SendQueue } from "./send-queue.ts";
import { NO_SENDER, type Pending, Sender } from "./sender.ts";
import type { SharedRoute, SharedRoutes } from "./shared-routes.ts";
import { STATE, type State } from "./state.ts";
import { Statistics } from "./statistics.ts";
import { INITIAL_SETTINGS, type TcpSettings } from "./tcp-settings.ts";
import { ConnectionTimer, type TimerOwner } from "./timer.ts";
import type { TimestampOptions } from "./timestamp-options.ts";
import type { TransmitReports } from "./transmit-reports.ts";
import type { UrgentByte } from "./urgent-byte.ts";

/** What a connection needs from its stack: sockets, timers, tables. */
export interface Stack {
  readonly host: ProtocolHost;
  /** The memory of all TCP sockets, which tcp_mem limits. */
  readonly memory: MemoryUse;
  readonly timestampOptions: TimestampOptions;
  readonly routes: SharedRoutes;
  /** A timer of a connection is due. */
  retransmitDue(tcb: ControlBlock): void;
  delayedAckDue(tcb: ControlBlock): void;
  keepaliveDue(tcb: ControlBlock): void;
  /** Poll events may have begun: POLL_, combined with |. */
  woken(tcb: ControlBlock, events: number): void;
  stateChanged(tcb: ControlBlock): void;
  /** The connection has ended: tcp_done(). */
  done(tcb: ControlBlock): void;
  /** A small record takes the connection's part until a timeout: tcp_time_wait(). */
  timeWait(tcb: ControlBlock, substate: State, timeout: number): void;
}

/**
 * The transmission control block of a connection (RFC 9293, 3.3.1): struct tcp_sock. It holds state
 * and no rules; the functions beside it do.
 */
export class ControlBlock extends ConnectionFlags implements TimerOwner {
  readonly stack: Stack;
  /** Its socket, also after the program closed it. */
  readonly socket: InetSocket;
  state: State = STATE.CLOSE;
  /** An ICMP error that does not end the connection, a positive errno: sk_err_soft. */
  softError = 0;

  /** The way to the peer, for as long as it may be trusted. */
  route: SharedRoute | undefined = undefined;
  /** The identification of the next packet. */
  identification = 0;

  // Send sequence variables.
  sndUna = 0;
  sndNxt = 0;
  /** The end of what the program wrote. */
  writeSeq = 0;
  sndWnd = 0;
  /** The segment that last updated the window. */
  sndWl1 = 0;
  /** The largest window the peer ever offered. */
  maxWindow = 0;
  /** The end of the urgent data; urgent mode lasts while it is after `sndUna`. */
  sndUp = 0;
  /** NAGLE bits of TCP_NODELAY and TCP_CORK. */
  nonagle = 0;

  // Receive sequence variables. IRS is needed only while the SYN is processed.
  rcvNxt = 0;
  /** How far the program has read. */
  copiedSeq = 0;
  /** Once the peer has announced some, until the program has read past it. */
  urgent: UrgentByte | undefined = undefined;

  // What the SYNs agreed on.
  sndWscale = 0;
  rcvWscale = 0;
  /** What our SYN said, whatever came of it. */
  announcedWscale = 0;
  /** The smaller of the peer's MSS option and TCP_MAXSEG. */
  mssClamp = MSS_DEFAULT;
  /** The MSS we announce. */
  advmss = MSS_DEFAULT;
  /** Bytes that a segment can carry, without the SACK blocks that vary. */
  mssCache = MSS_DEFAULT;
  pmtu = 0;

  // Timestamps (RFC 7323).
  tsOffset = 0;
  tsRecent = 0;
  /** When `tsRecent` was taken, in milliseconds. */
  tsRecentAt = 0;
  /** Of the segment that is being processed. */
  rcvTsval = 0;
  rcvTsecr = 0;

  #sender = NO_SENDER;
  /** Both are shared while they are empty: most connections never lose a segment. */
  receiveQueue = EMPTY_RECEIVE_QUEUE;
  selectiveAcks = NO_SELECTIVE_ACKS;
  readonly window = new ReceiveWindow();
  readonly ack = new AckState();
  readonly rtt = new RoundTripTime();
  readonly statistics = new Statistics();
  #congestionName: CongestionName;

  // Timers, made when they are first started, and what they count.
  #delayedAckTimer: ConnectionTimer | undefined = undefined;
  #keepaliveTimer: ConnectionTimer | undefined = undefined;
  /** Unanswered keepalive and zero-window probes. */
  probesOut = 0;
  /** When anything last came from the peer, in nanoseconds. */
  rcvTstamp = 0;
  /** When data was last sent. */
  lsndTime = 0;
  /** When a segment out of the window was last answered, if ever: tcp_oow_rate_limited(). */
  lastOutOfWindowAck: number | undefined = undefined;

  /** Shared until an option is set. */
  settings = INITIAL_SETTINGS;
  /** SO_TIMESTAMPING of sent data. */
  reports: TransmitReports | undefined = undefined;
  /** What it is charged of `Stack.memory`, in bytes. */
  charged = 0;

  constructor(stack: Stack, socket: InetSocket, congestionName: CongestionName) {
    super();
    this.stack = stack;
    this.socket = socket;
    this.#congestionName = congestionName;
  }

  get host(): ProtocolHost {
    return this.stack.host;
  }

  /** Makes the sending half: the first segment is about to be queued. */
  beginSending(): void {
    if (this.#sender !== NO_SENDER) return;
    this.#sender = new Sender(this.writeSeq);
    this.congestion.stamp = this.now;
    this.recovery.reordering = this.host.sysctls.get("net.ipv4.tcp_reordering");
  }

  /** A SYN was all that was sent, and it went through at once: nothing was learned. */
  forgetSender(): void {
    this.#sender = NO_SENDER;
  }

  get hasSender(): boolean {
    return this.#sender !== NO_SENDER;
  }

  get sendQueue(): SendQueue {
    return this.#sender.queue;
  }

  get congestion(): CongestionWindow {
    return this.#sender.congestion;
  }

  get recovery(): RecoveryState {
    return this.#sender.recovery;
  }

  get congestionControl(): CongestionControl {
    this.#sender.congestionControl ??= createCongestionControl(this.#congestionName);
    return this.#sender.congestionControl;
  }

  get chronograph(): Chronograph | undefined {
    return this.#sender.chronograph;
  }

  get pending(): Pending {
    return this.#sender.pending;
  }

  set pending(pending: Pending) {
    this.#sender.pending = pending;
  }

  get pushedSeq(): number {
    return this.#sender.pushedSeq;
  }

  set pushedSeq(sequence: number) {
    this.#sender.pushedSeq = sequence;
  }

  get sndSml(): number {
    return this.#sender.sndSml;
  }

  set sndSml(sequence: number) {
    this.#sender.sndSml = sequence;
  }

  get retransStamp(): number {
    return this.#sender.retransStamp;
  }

  set retransStamp(timestamp: number) {
    this.#sender.retransStamp = timestamp;
  }

  get retransmits(): number {
    return this.#sender.retransmits;
  }

  set retransmits(count: number) {
    this.#sender.retransmits = count;
  }

  get probesSince(): number | undefined {
    return this.#sender.probesSince;
  }

  set probesSince(at: number | undefined) {
    this.#sender.probesSince = at;
  }

  get pacingRate(): number {
    return this.#sender.pacingRate;
  }

  set pacingRate(rate: number) {
    this.#sender.pacingRate = rate;
  }

  /** TCP_CONGESTION. Another algorithm begins without knowledge. */
  get congestionName(): CongestionName {
    return this.#congestionName;
  }

  set congestionName(name: CongestionName) {
    this.#congestionName = name;
    this.#sender.congestionControl = undefined;
  }

  /** The receive queue, to add to. */
  ownReceiveQueue(): ReceiveQueue {
    if (this.receiveQueue === EMPTY_RECEIVE_QUEUE) this.receiveQueue = new ReceiveQueue();
    return this.receiveQueue;
  }

  /** The blocks to report, to add to. */
  ownSelectiveAcks(): SelectiveAcks {
    if (this.selectiveAcks === NO_SELECTIVE_ACKS) this.selectiveAcks = new SelectiveAcks();
    return this.selectiveAcks;
  }

  /** Notes what limits the connection. */
  beginLimit(limit: Limit): void {
    this.#sender.chronograph ??= new Chronograph();
    this.#sender.chronograph.start(limit, this.now);
  }

  /** Sets options of TCP. */
  configure(changed: Partial<TcpSettings>): void {
    this.settings = { ...this.settings, ...changed };
  }

  get retransmitTimer(): ConnectionTimer {
    this.#sender.timer ??= new ConnectionTimer(this.host.clock, this);
    return this.#sender.timer;
  }

  get delayedAckTimer(): ConnectionTimer {
    this.#delayedAckTimer ??= new ConnectionTimer(this.host.clock, this);
    return this.#delayedAckTimer;
  }

  get keepaliveTimer(): ConnectionTimer {
    this.#keepaliveTimer ??= new ConnectionTimer(this.host.clock, this);
    return this.#keepaliveTimer;
  }

  stopRetransmitTimer(): void {
    this.#sender.timer?.stop();
  }

  stopDelayedAckTimer(): void {
    this.#delayedAckTimer?.stop();
  }

  stopKeepaliveTimer(): void {
    this.#keepaliveTimer?.stop();
  }

  timerDue(timer: ConnectionTimer): void {
    if (timer === this.#sender.timer) this.stack.retransmitDue(this);
    else if (timer === this.#delayedAckTimer) this.stack.delayedAckDue(this);
    else this.stack.keepaliveDue(this);
  }

  get now(): number {
    return this.host.clock.now;
  }

  setState(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.stack.stateChanged(this);
  }

  /** The end of the peer's window: tcp_wnd_end(). */
  get windowEnd(): number {
    return (this.sndUna + this.sndWnd) | 0;
  }

  get inUrgentMode(): boolean {
    return this.sndUna !== this.sndUp;
  }

  /** The time in milliseconds, which is a small integer of V8's for 24 days. */
  get milliseconds(): number {
    return Math.floor(this.host.clock.now / MILLISECOND);
  }

  /** The clock of timestamps, in milliseconds, without the offset. Never 0. */
  get timestamp(): number {
    return (this.milliseconds + 1) >>> 0;
  }

  /** What the next timestamp option carries. */
  get tsval(): number {
    return (this.timestamp + this.tsOffset) >>> 0;
  }

  /** tcp_rto_min(), in nanoseconds. */
  get leastRto(): number {
    return this.settings.rtoMin || this.host.sysctls.get("net.ipv4.tcp_rto_min_us") * 1_000;
  }

  /** tcp_rto_max(), in nanoseconds. */
  get greatestRto(): number {
    return this.settings.rtoMax || this.host.sysctls.get("net.ipv4.tcp_rto_max_ms") * 1e6;
  }
}
