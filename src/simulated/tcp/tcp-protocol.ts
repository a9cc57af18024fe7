import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { icmpErrno } from "../host/icmp-errnos.ts";
import { LOCK } from "../host/inet-socket.ts";
import type { KernelSocket } from "../host/kernel-socket.ts";
import type { NetworkInterface } from "../host/network-interface.ts";
import type { Counter, MemoryUse, ProtocolHandler, ProtocolHost } from "../host/protocol-host.ts";
import { filtered } from "../host/socket-filter.ts";
import { isMulticast } from "../ip/address.ts";
import { type IcmpMessage, type Packet, PROTOCOL, type TcpSegment } from "../ip/packet.ts";
import { chargeMemory } from "./buffers.ts";
import { openChild } from "./child.ts";
import { disconnect } from "./close.ts";
import type { Target } from "./connect.ts";
import { ConnectionTable } from "./connection-table.ts";
import { TIMEWAIT_LENGTH } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { delayedAckDue } from "./delayed-ack.ts";
import { Handshake, type HandshakeContext, type Listener } from "./handshake.ts";
import { receiveError } from "./icmp-error.ts";
import { Secrets } from "./initial-sequence.ts";
import { done, stopTimers } from "./lifecycle.ts";
import { ListenQueue } from "./listen-queue.ts";
import { ListenerTable } from "./listener-table.ts";
import type { PendingConnection } from "./pending-connection.ts";
import { queueChange } from "./queue-record.ts";
import { resetFor } from "./reply.ts";
import { segmentArrives, segmentEnd } from "./segment-arrives.ts";
import { fromPacket } from "./sequence.ts";
import { SharedRoutes } from "./shared-routes.ts";
import { STATE, type State, stateName } from "./state.ts";
import { type SocketStack, TcpSocket } from "./tcp-socket.ts";
import { TimeWait, type TimeWaitOwner } from "./time-wait.ts";
import { keepaliveDue, retransmitDue } from "./timeouts.ts";
import { TimestampOptions } from "./timestamp-options.ts";

const { AF, POLL } = constants;
const { EADDRNOTAVAIL } = errnos;

/** A socket while it listens. */
type ListeningSocket = TcpSocket & Listener<TcpSocket>;

/**
 * TCP on one host: its sockets, requests and TIME_WAIT records, and which of them a segment is for.
 */
export class TcpProtocol implements ProtocolHandler, SocketStack, HandshakeContext<TcpSocket>, TimeWaitOwner {
  readonly host: ProtocolHost;
  readonly secrets: Secrets;
  readonly memory: MemoryUse;
  readonly timestampOptions = new TimestampOptions();
  readonly routes = new SharedRoutes();
  readonly #connections = new ConnectionTable<TcpSocket | PendingConnection | TimeWait>();
  readonly #listeners = new ListenerTable<TcpSocket>();
  readonly #listenerOf = new Map<PendingConnection, TcpSocket>();
  readonly #handshake: Handshake<TcpSocket>;
  readonly #segmentsIn: Counter;
  /** TIME_WAIT records, which tcp_max_tw_buckets limits. */
  #timeWaits = 0;

  constructor(host: ProtocolHost) {
    this.host = host;
    this.secrets = new Secrets(host);
    this.memory = host.memory(PROTOCOL.TCP);
    this.#segmentsIn = host.counters.counter("Tcp.InSegs");
    this.#handshake = new Handshake<TcpSocket>(this);
    host.register(PROTOCOL.TCP, this);
  }

  socket(domain: number): KernelSocket {
    return new TcpSocket(this, domain);
  }

  receive(packet: Packet, from: NetworkInterface): void {
    const segment = packet.payload;
    if (segment.kind !== "tcp") return;
    this.#segmentsIn.value += 1;
    const { source, destination } = packet;
    const found = this.#connections.find(destination, segment.destinationPort, source, segment.sourcePort);
    if (found === undefined) {
      // No connection has such an address.
      if (isMulticast(destination) || this.host.isBroadcast(destination)) return;
      this.#receiveForListener(packet, segment, from);
    } else if (found.kind === "connection") {
      const left = filtered(found, packet, segment, from);
      if (left !== undefined) this.#receiveForConnection(found, packet, left);
    } else if (found.kind === "request") this.#receiveForRequest(found, packet, segment, from);
    else this.#receiveInTimeWait(found, packet, segment, from);
  }

  #receiveForConnection({ tcb }: TcpSocket, packet: Packet, segment: TcpSegment): void {
    if (segmentArrives(tcb, packet, segment)) resetFor(this.host, packet, segment);
    chargeMemory(tcb);
  }

  #receiveForListener(packet: Packet, segment: TcpSegment, from: NetworkInterface, iss?: number): void {
    const listener = this.#findListener(packet, segment, from);
    if (listener === undefined) {
      resetFor(this.host, packet, segment);
      return;
    }
    const left = filtered(listener, packet, segment, from);
    if (left === undefined) return;
    const child = this.#handshake.receiveInListen(listener, packet, left, iss);
    if (child !== undefined) this.#establish(child, listener, packet, left);
  }

  #findListener(packet: Packet, segment: TcpSegment, from: NetworkInterface): ListeningSocket | undefined {
    const listener = this.#listeners.find(this.host, packet, segment, from);
    return listener === undefined || !isListening(listener) ? undefined : listener;
  }

  #receiveForRequest(
    request: PendingConnection,
    packet: Packet,
    segment: TcpSegment,
    from: NetworkInterface,
  ): void {
    const listener = this.listenerOf(request);
    if (listener === undefined) {
      this.forget(request);
      this.host.clock.cancel(request);
      this.#receiveForListener(packet, segment, from);
      return;
    }
    const left = filtered(listener, packet, segment, from);
    if (left === undefined) return;
    const result = this.#handshake.receiveInSynReceived(listener, request, packet, left, segmentEnd(left));
    if (result === undefined) return;
    if (result === "listen") this.#receiveForListener(packet, segment, from);
    else this.#establish(result, listener, packet, left);
  }

  /** The segment that made a connection is its first: tcp_child_process(). */
  #establish(child: TcpSocket, listener: TcpSocket, packet: Packet, segment: TcpSegment): void {
    this.#receiveForConnection(child, packet, segment);
    this.host.changed(listener, POLL.IN | POLL.RDNORM);
  }

  #receiveInTimeWait(record: TimeWait, packet: Packet, segment: TcpSegment, from: NetworkInterface): void {
    switch (record.receive(segment, segmentEnd(segment))) {
      case "acknowledge":
        record.sendAck();
        break;
      case "reset":
        resetFor(this.host, packet, segment);
        break;
      case "reopen":
        if (this.#findListener(packet, segment, from) === undefined) {
          record.sendAck();
        } else {
          this.timeWaitOver(record);
          this.#receiveForListener(packet, segment, from, record.nextIss);
        }
        break;
      case "nothing":
        break;
    }
  }

  error(about: Packet, message: IcmpMessage): void {
    const segment = about.payload;
    if (segment.kind !== "tcp") return;
    const found = this.#connections.find(
      about.source,
      segment.sourcePort,
      about.destination,
      segment.destinationPort,
    );
    if (found?.kind === "connection") {
      receiveError(found.tcb, about, message, fromPacket(segment.sequence));
    } else if (
      found?.kind === "request" &&
      fromPacket(segment.sequence) === found.iss &&
      icmpErrno(about.version, message.type, message.code) !== undefined
    ) {
      this.#dropRequest(found);
    }
  }

  crash(): void {
    for (const entry of this.#connections.entries()) {
      if (entry.kind === "connection") stopTimers(entry.tcb);
      else this.host.clock.cancel(entry);
    }
    this.#connections.clear();
    this.#listeners.clear();
    this.#listenerOf.clear();
    this.#timeWaits = 0;
  }

  // The interface for sockets.

  hash(socket: TcpSocket): void {
    this.#connections.add(socket);
  }

  unhash(socket: TcpSocket): void {
    this.#connections.remove(socket);
  }

  initialSequence(socket: TcpSocket): number {
    return this.secrets.initialSequence(socket);
  }

  timestampOffset(socket: TcpSocket): number {
    return this.secrets.timestampOffset(socket);
  }

  /** __inet_hash_connect(): the ends of a connection must be its own. */
  bindToConnect(socket: TcpSocket, target: Target): number {
    socket.remoteAddress = target.address;
    socket.remotePort = target.port;
    if (socket.localPort !== 0) return this.#takeEnds(socket, socket.localPort, "bound") ? 0 : -EADDRNOTAVAIL;
    const ports = this.host.ports(PROTOCOL.TCP);
    const port = ports.portToConnect(
      (candidate) => !this.#takeEnds(socket, candidate, "try"),
      socket.portRange(),
    );
    if (port === undefined || !this.#takeEnds(socket, port, "found")) return -EADDRNOTAVAIL;
    socket.locks |= LOCK.CONNECT_PORT;
    ports.add(socket, port, "silently");
    socket.localPort = port;
    return 0;
  }

  /**
   * Whether no connection has these ends; one in TIME_WAIT may make way.
   * __inet_check_established().
   */
  #takeEnds(socket: TcpSocket, port: number, how: "bound" | "try" | "found"): boolean {
    const found = this.#connections.find(socket.localAddress, port, socket.remoteAddress, socket.remotePort);
    if (found === undefined) return true;
    if (found.kind !== "time-wait" || !found.mayMakeWay(how === "bound")) return false;
    if (how === "try") return true;
    socket.tcb.writeSeq = found.nextIss;
    socket.tcb.tsRecent = found.tsRecent;
    socket.tcb.tsRecentAt = found.tsRecentAt;
    this.timeWaitOver(found);
    return true;
  }

  startListening(socket: TcpSocket, backlog: number): boolean {
    socket.tcb.setState(STATE.LISTEN);
    const ports = this.host.ports(PROTOCOL.TCP);
    if (ports.conflicts(socket, socket.localPort)) {
      socket.tcb.setState(STATE.CLOSE);
      return false;
    }
    ports.listens(socket, socket.localPort);
    const subject = `tcp ${socket.localAddress}:${socket.localPort}`;
    socket.queue = new ListenQueue<TcpSocket>(backlog, (lengths) => {
      this.host.logged(subject, queueChange(lengths));
    });
    for (const [request, listener] of this.#listenerOf) {
      if (listener === socket) socket.queue.add(request);
    }
    this.#listeners.add(socket);
    return true;
  }

  /**
   * inet_csk_listen_stop(): waiting connections will not be accepted. Requests stay until their
   * next segment or timeout, and become connections if the socket listens again by then.
   */
  stopListening(socket: TcpSocket): void {
    const { queue } = socket;
    this.#listeners.remove(socket);
    socket.tcb.setState(STATE.CLOSE);
    socket.queue = undefined;
    // shutdown() leaves the socket a port that bind() chose.
    if (socket.tcb.orphaned || !socket.boundPort) this.#releasePort(socket);
    if (queue === undefined) return;
    for (let child = queue.shift(); child !== undefined; child = queue.shift()) {
      child.tcb.orphaned = true;
      disconnect(child.tcb);
    }
  }

  // The interface for connections.

  retransmitDue(tcb: ControlBlock): void {
    retransmitDue(tcb);
  }

  delayedAckDue(tcb: ControlBlock): void {
    delayedAckDue(tcb);
  }

  keepaliveDue(tcb: ControlBlock): void {
    keepaliveDue(tcb);
  }

  woken(tcb: ControlBlock, events: number): void {
    if (!tcb.orphaned && !tcb.unaccepted) this.host.changed(tcb.socket, events);
  }

  stateChanged(tcb: ControlBlock): void {
    const { socket } = tcb;
    const peer = socket.remotePort === 0 ? "" : ` ${socket.remoteAddress}:${socket.remotePort}`;
    this.host.logged(`tcp ${socket.localAddress}:${socket.localPort}${peer}`, stateName(tcb.state));
  }

  done(tcb: ControlBlock): void {
    const { socket } = tcb;
    if (!(socket instanceof TcpSocket)) return;
    this.unhash(socket);
    if (tcb.orphaned || !socket.boundPort) this.#releasePort(socket);
    chargeMemory(tcb);
  }

  #releasePort(socket: TcpSocket): void {
    socket.formerPort = socket.localPort || socket.formerPort;
    socket.releasePort();
  }

  timeWait(tcb: ControlBlock, substate: State, timeout: number): void {
    const { socket } = tcb;
    const { clock, counters, sysctls } = this.host;
    if (socket instanceof TcpSocket && this.#timeWaits < sysctls.get("net.ipv4.tcp_max_tw_buckets")) {
      const record = new TimeWait(this, tcb, substate);
      const port = socket.localPort;
      this.unhash(socket);
      this.#connections.add(record);
      // Even if the program keeps the socket, the connection's part of the port is the record's.
      this.host.ports(PROTOCOL.TCP).add(record, port, "silently");
      this.#timeWaits += 1;
      const least = Math.max(timeout, 3.5 * tcb.rtt.rto);
      clock.add(record, clock.now + (substate === STATE.TIME_WAIT ? TIMEWAIT_LENGTH : least));
      this.host.logged(
        `tcp ${socket.localAddress}:${port} ${socket.remoteAddress}:${socket.remotePort}`,
        stateName(substate),
      );
    } else {
      counters.count("TcpExt.TCPTimeWaitOverflow");
    }
    done(tcb);
  }

  timeWaitOver(record: TimeWait): void {
    this.host.clock.cancel(record);
    this.#connections.remove(record);
    this.host.ports(PROTOCOL.TCP).remove(record, record.localPort);
    this.#timeWaits -= 1;
  }

  // The interface for the handshake.

  register(request: PendingConnection, listener: Listener<TcpSocket>): void {
    this.#connections.add(request);
    const { socket } = listener.tcb;
    if (socket instanceof TcpSocket) this.#listenerOf.set(request, socket);
  }

  forget(request: PendingConnection): void {
    this.#connections.remove(request);
    this.#listenerOf.delete(request);
  }

  listenerOf(request: PendingConnection): ListeningSocket | undefined {
    const listener = this.#listenerOf.get(request);
    return listener === undefined || !isListening(listener) ? undefined : listener;
  }

  #dropRequest(request: PendingConnection): void {
    this.host.clock.cancel(request);
    this.listenerOf(request)?.queue.remove(request);
    this.forget(request);
  }

  createChild(listener: Listener<TcpSocket>, request: PendingConnection, window: number): TcpSocket {
    const parent = listener.tcb.socket;
    const child = new TcpSocket(this, parent.ipv6 ? AF.INET6 : AF.INET);
    child.inherit(parent);
    // sk_clone_lock() copies sk_shutdown, which shutdown() sets even before listen().
    child.receiveShutdown = parent.receiveShutdown;
    child.sendShutdown = parent.sendShutdown;
    child.localAddress = request.localAddress;
    child.localPort = request.localPort;
    child.remoteAddress = request.remoteAddress;
    child.remotePort = request.remotePort;
    // sk_userlocks without SOCK_BINDPORT_LOCK: its port is free once it has ended.
    child.locks = parent.locks & LOCK.BIND_ADDRESS;
    child.scopeId = parent.scopeId || (request.remoteAddress.startsWith("fe80:") ? request.interface : 0);
    child.tcb.congestionName = listener.tcb.congestionName;
    this.host.ports(PROTOCOL.TCP).add(child, child.localPort, "silently");
    openChild(child.tcb, listener.tcb, request, window);
    this.hash(child);
    return child;
  }
}

const isListening = (socket: TcpSocket): socket is ListeningSocket =>
  socket.queue !== undefined && socket.tcb.state === STATE.LISTEN;
