import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { AcceptQueue, ValueResult } from "../../system/system.ts";
import { SECOND } from "../clock/virtual-clock.ts";
import { InetSocket } from "../host/inet-socket.ts";
import type { KernelSocket, ReceiveRequest, SendRequest, SocketAddress } from "../host/kernel-socket.ts";
import type { Route } from "../host/protocol-host.ts";
import type { SimpleOption } from "../host/simple-option.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { chargeMemory } from "./buffers.ts";
import { inheritOptions } from "./child.ts";
import { closeConnection, disconnect, needsReset, shutdownSend } from "./close.ts";
import { routeForConnect, sendSyn, type Target, targetOf } from "./connect.ts";
import { ControlBlock, type Stack } from "./control-block.ts";
import { isCongestionName } from "./create-congestion-control.ts";
import { keepaliveTime } from "./keepalive.ts";
import type { ListenQueue } from "./listen-queue.ts";
import { read } from "./read.ts";
import { connectionEvents, isAtMark, isReadable, unacknowledgedBytes, unreadBytes } from "./readiness.ts";
import { send } from "./send.ts";
import { isOneOf, STATE, stateName, states } from "./state.ts";
import { tcpInfo } from "./tcp-info.ts";
import { getTcpOption, NOTHING_KEPT, setTcpOption } from "./tcp-options.ts";
import { STAMP, TransmitReports } from "./transmit-reports.ts";
import { unreadControl } from "./unread-control.ts";

const { AF, IPPROTO, POLL, SHUT, SOCK } = constants;
const {
  EADDRINUSE,
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOENT,
  ENOTCONN,
} = errnos;

const CONNECTING = states(STATE.SYN_SENT, STATE.SYN_RECV);
const LINGERING = states(STATE.FIN_WAIT1, STATE.CLOSING, STATE.LAST_ACK);
const NO_PEER = states(STATE.CLOSE, STATE.SYN_SENT);
const READABLE = POLL.IN | POLL.RDNORM;
const WRITABLE = POLL.OUT | POLL.WRNORM;
const INT_MAX = 0x7fffffff;

/** What a socket needs from the protocol. */
export interface SocketStack extends Stack {
  /** Enters a connection in the table; a negative errno if its ends are taken. */
  hash(socket: TcpSocket): void;
  unhash(socket: TcpSocket): void;
  /** Finds a port for a connection; a negative errno if there is none. */
  bindToConnect(socket: TcpSocket, target: Target): number;
  initialSequence(socket: TcpSocket): number;
  timestampOffset(socket: TcpSocket): number;
  /** Begins to listen; `false` if another socket's listening forbids it. */
  startListening(socket: TcpSocket, backlog: number): boolean;
  stopListening(socket: TcpSocket): void;
}

/** A TCP socket: connection, listener, or neither yet. */
export class TcpSocket extends InetSocket implements KernelSocket {
  readonly #stack: SocketStack;
  tcb: ControlBlock;
  /** The port that the socket had before its connection ended: names still show it. */
  formerPort = 0;
  /** The queues of a listener. */
  queue: ListenQueue<TcpSocket> | undefined = undefined;
  /** struct socket's state: whether connect() has begun, and reported its end. */
  #progress: "unconnected" | "connecting" | "connected" | "disconnecting" = "unconnected";
  /** Shared until an option is set. */
  #kept = NOTHING_KEPT;
  /** When a lingering close() stops waiting. */
  #lingerUntil = 0;

  constructor(stack: SocketStack, domain: number) {
    super(stack.host, domain);
    this.#stack = stack;
    const { sysctls } = stack.host;
    const [, send = 0] = sysctls.get("net.ipv4.tcp_wmem");
    const [, receive = 0] = sysctls.get("net.ipv4.tcp_rmem");
    this.sendBuffer = send;
    this.receiveBuffer = receive;
    this.tcb = this.#newBlock();
  }

  #newBlock(): ControlBlock {
    const name = this.host.sysctls.get("net.ipv4.tcp_congestion_control");
    return new ControlBlock(this.#stack, this, isCongestionName(name) ? name : "reno");
  }

  // Of the class, so that no connection has fields for them.

  get kind(): "connection" {
    return "connection";
  }

  override get type(): number {
    return SOCK.STREAM;
  }

  override get protocol(): number {
    return IPPROTO.TCP;
  }

  override get listening(): boolean {
    return this.tcb.state === STATE.LISTEN;
  }

  protected override get unbindable(): boolean {
    return this.tcb.state !== STATE.CLOSE;
  }

  protected override get hashed(): boolean {
    return this.tcb.state !== STATE.CLOSE;
  }

  connect(address: SocketAddress): number {
    if (address.length < 2) return -EINVAL;
    if (address.family === AF.UNSPEC) {
      this.#disconnect();
      return 0;
    }
    switch (this.#progress) {
      case "connected":
        return -EISCONN;
      case "disconnecting":
        return -EINVAL;
      case "connecting":
        if (isOneOf(this.tcb.state, CONNECTING)) return -EALREADY;
        break;
      case "unconnected": {
        if (this.tcb.state !== STATE.CLOSE) return -EISCONN;
        const result = this.#beginConnect(address);
        if (result < 0) return result;
        this.#progress = "connecting";
        return -EINPROGRESS;
      }
    }
    if (this.tcb.state === STATE.CLOSE) {
      const error = this.takeError();
      this.#progress = "unconnected";
      this.#renew();
      return error || -ECONNABORTED;
    }
    this.#progress = "connected";
    return 0;
  }

  #beginConnect(address: SocketAddress): number {
    const target = targetOf(this, address);
    if (typeof target === "number") return target;
    const earlier = { local: this.localAddress, scope: this.scopeId };
    if (target.scopeId !== 0) this.scopeId = target.scopeId;
    const route = routeForConnect(this.routeTo(target.address));
    if (typeof route === "number") return route;
    const unbound = this.localAddress === "::" || this.localAddress === "0.0.0.0";
    if (unbound) this.localAddress = route.source;
    const result = this.#stack.bindToConnect(this, target);
    if (result < 0) {
      this.localAddress = earlier.local;
      this.scopeId = earlier.scope;
      this.remoteAddress = "";
      this.remotePort = 0;
      return result;
    }
    this.#open(route);
    return 0;
  }

  #open(route: Route): void {
    const { tcb } = this;
    this.#stack.hash(this);
    tcb.tsOffset = this.#stack.timestampOffset(this);
    sendSyn(tcb, tcb.writeSeq || this.#stack.initialSequence(this), route);
  }

  /** connect() with AF_UNSPEC, and what a failed connect() leaves behind. */
  #disconnect(): void {
    const { tcb } = this;
    this.#progress = "unconnected";
    if (tcb.state === STATE.LISTEN) {
      this.#stack.stopListening(this);
    } else {
      const error = needsReset(tcb) || tcb.state === STATE.SYN_SENT ? ECONNRESET : 0;
      tcb.orphaned = true;
      disconnect(tcb);
      this.error = error;
    }
    this.#renew();
    this.host.changed(this, READABLE | WRITABLE | POLL.HUP);
  }

  /** Starts over: tcp_disconnect() resets every variable, and keeps the options. */
  #renew(): void {
    const earlier = this.tcb;
    this.tcb = this.#newBlock();
    inheritOptions(this.tcb, earlier);
    this.tcb.congestionName = earlier.congestionName;
    this.receiveShutdown = false;
    this.sendShutdown = false;
    this.remoteAddress = "";
    this.remotePort = 0;
    if (!this.boundAddress) this.localAddress = this.ipv6 ? "::" : "0.0.0.0";
  }

  listen(backlog: number): number {
    const limit = this.host.sysctls.get("net.core.somaxconn");
    const clamped = backlog < 0 || backlog > limit ? limit : backlog;
    if (this.#progress !== "unconnected") return -EINVAL;
    const { state } = this.tcb;
    if (state === STATE.LISTEN) {
      if (this.queue !== undefined) this.queue.backlog = clamped;
      return 0;
    }
    if (state !== STATE.CLOSE) return -EINVAL;
    if (this.localPort === 0) {
      const result = this.takePort(0);
      if (result < 0) return result;
    }
    return this.#stack.startListening(this, clamped) ? 0 : -EADDRINUSE;
  }

  accept(): KernelSocket | number {
    if (this.tcb.state !== STATE.LISTEN || this.queue === undefined) return -EINVAL;
    const child = this.queue.shift();
    if (child === undefined) return -EAGAIN;
    child.tcb.unaccepted = false;
    child.#progress = "connected";
    return child;
  }

  shutdown(how: number): number {
    if (how < SHUT.RD || how > SHUT.RDWR) return -EINVAL;
    const { tcb } = this;
    const receive = how !== SHUT.WR;
    const sending = how !== SHUT.RD;
    const { state } = tcb;
    if (this.#progress === "connecting")
      this.#progress = isOneOf(state, CONNECTING) || state === STATE.CLOSE ? "disconnecting" : "connected";
    if (state === STATE.LISTEN) {
      if (receive) this.#disconnect();
      return 0;
    }
    if (state === STATE.SYN_SENT) {
      this.#disconnect();
      return 0;
    }
    if (receive) this.receiveShutdown = true;
    if (sending) {
      this.sendShutdown = true;
      shutdownSend(tcb);
    }
    this.host.changed(this, READABLE | WRITABLE | POLL.RDHUP | POLL.HUP);
    return state === STATE.CLOSE ? -ENOTCONN : 0;
  }

  send(request: SendRequest): number {
    const sent = send(this.tcb, request);
    chargeMemory(this.tcb);
    return sent;
  }

  receive(request: ReceiveRequest): number {
    const received = read(this.tcb, request);
    chargeMemory(this.tcb);
    if (received >= 0 && this.#kept.inq !== 0) request.controls.push(unreadControl(this.tcb));
    return received;
  }

  /** The peer of a connection that is accepted, even if it has ended since. */
  acceptedFrom(): SocketAddress {
    return this.named(this.remoteAddress, this.remotePort);
  }

  override getsockname(): SocketAddress {
    return this.named(this.localAddress, this.localPort || this.formerPort);
  }

  override getpeername(): SocketAddress | number {
    return this.remotePort === 0 || isOneOf(this.tcb.state, NO_PEER) ? -ENOTCONN : super.getpeername();
  }

  events(): number {
    return this.tcb.state === STATE.LISTEN
      ? this.queue !== undefined && this.queue.length > 0
        ? READABLE
        : 0
      : connectionEvents(this.tcb);
  }

  atMark(): number {
    return isAtMark(this.tcb) ? 1 : 0;
  }

  readable(): number {
    return unreadBytes(this.tcb);
  }

  override acceptQueue(): AcceptQueue | undefined {
    const { queue } = this;
    return queue === undefined || this.tcb.state !== STATE.LISTEN
      ? undefined
      : { pending: queue.length, limit: queue.backlog };
  }

  close(): void {
    const { tcb } = this;
    const { linger } = this.settings;
    if (linger !== undefined && linger > 0) this.#lingerUntil = this.host.clock.now + linger * SECOND;
    if (tcb.state === STATE.LISTEN) {
      tcb.orphaned = true;
      this.#stack.stopListening(this);
      return;
    }
    const wasClosed = tcb.state === STATE.CLOSE;
    closeConnection(tcb, linger);
    if (wasClosed) this.#stack.done(tcb);
    chargeMemory(tcb);
  }

  unacknowledged(): { readonly queued: number; readonly unsent: number } {
    return unacknowledgedBytes(this.tcb);
  }

  /** Segments leave no stamp. */
  stamp(): bigint {
    return BigInt(-ENOENT);
  }

  override lingering(): number {
    if (!isOneOf(this.tcb.state, LINGERING)) return 0;
    return Math.max(0, this.#lingerUntil - this.host.clock.now);
  }

  describe(): string {
    const { state } = this.tcb;
    const local = ends(this.localAddress, this.localPort);
    if (state === STATE.LISTEN) return `tcp ${local} listening`;
    const peer = this.remoteAddress === "" ? "" : ` to ${ends(this.remoteAddress, this.remotePort)}`;
    return `tcp ${local}${peer} ${stateName(state)}`;
  }

  protected override getProtocolOption(level: number, name: number, value: ValueResult): number {
    if (level !== IPPROTO.TCP) return super.getProtocolOption(level, name, value);
    return getTcpOption(this.tcb, this.#kept, name, value, () => tcpInfo(this.tcb, this.queue));
  }

  protected override setProtocolOption(level: number, name: number, value: Uint8Array): number {
    if (level !== IPPROTO.TCP) return super.setProtocolOption(level, name, value);
    if (this.#kept === NOTHING_KEPT) this.#kept = { ...NOTHING_KEPT };
    return setTcpOption(this.tcb, this.#kept, name, value);
  }

  /** tcp_set_keepalive(). */
  protected override optionChanged(option: SimpleOption, value: number): void {
    const { tcb } = this;
    if (option === SOCKET_OPTION.TIMESTAMPING) {
      const fromWritten = (value & STAMP.OPT_ID_TCP) !== 0;
      if (tcb.reports !== undefined && (tcb.reports.flags & STAMP.OPT_ID) !== 0) tcb.reports.flags = value;
      else tcb.reports = new TransmitReports(value, fromWritten ? tcb.writeSeq : tcb.sndUna);
    }
    if (option !== SOCKET_OPTION.KEEPALIVE) return;
    if (tcb.state === STATE.CLOSE || tcb.state === STATE.LISTEN) return;
    if (value === 0) tcb.stopKeepaliveTimer();
    else if (!tcb.keepaliveTimer.running) tcb.keepaliveTimer.startIn(keepaliveTime(tcb));
  }

  /** tcp_set_rcvlowat(). */
  override setReceiveLowWater(bytes: number): number {
    const { tcb } = this;
    const [, , most = 0] = this.host.sysctls.get("net.ipv4.tcp_rmem");
    const locked = (this.value(SOCKET_OPTION.BUF_LOCK) & 2) !== 0;
    const limit = locked ? this.receiveBuffer >> 1 : most >> 1;
    this.configure({ receiveLowWater: Math.min(bytes, limit, INT_MAX) || 1 });
    if (isReadable(this.tcb)) this.host.changed(this, READABLE);
    if (locked) return 0;
    const space = tcb.window.toSpace(bytes);
    if (space > this.receiveBuffer) {
      this.receiveBuffer = Math.min(space, most);
      tcb.window.clamp = tcb.window.fromSpace(this.receiveBuffer);
    }
    return 0;
  }

  override memoryInfo(): number[] {
    const { sendQueue, receiveQueue } = this.tcb;
    return [receiveQueue.memory, this.receiveBuffer, 0, this.sendBuffer, 0, sendQueue.memory, 0, 0, 0];
  }
}

const ends = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
