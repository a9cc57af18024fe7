import { MILLISECOND, SECOND } from "../clock/virtual-clock.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { isMulticast } from "../ip/address.ts";
import { NO_TCP_OPTIONS, type Packet, TCP_FLAG, type TcpOptions, type TcpSegment } from "../ip/packet.ts";
import { agreeOn, offeredWindow } from "./agreement.ts";
import { isRateLimited } from "./challenge-ack.ts";
import type { Ends } from "./connection-table.ts";
import { TIMEOUT_INIT } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import type { Secrets } from "./initial-sequence.ts";
import type { ListenQueue } from "./listen-queue.ts";
import { announcedMss, clampMss } from "./path.ts";
import {
  type Agreement,
  PendingConnection,
  type RequestedConnection,
  type RequestOwner,
} from "./pending-connection.ts";
import { endsOf, resetFor, sendReply, timestampsOnly } from "./reply.ts";
import { add, after, before, between, fromPacket, toPacket } from "./sequence.ts";
import { checkCookie, cookieOptions, cookieTimestamp, makeCookie } from "./syn-cookies.ts";
import { rejectsTimestamp } from "./timestamps.ts";

// The passive side of the handshake, until there is a connection: LISTEN and SYN_RECV (RFC 9293,
// 3.10.7.2), as tcp_conn_request() and tcp_check_req() do it.

const { ACK, ECE, FIN, RST, SYN } = TCP_FLAG;
/** How long after an overflow cookies are accepted. */
const COOKIE_VALID = 120 * SECOND;

/** A socket that listens, as the handshake needs it. */
export interface Listener<Connection> {
  readonly tcb: ControlBlock;
  readonly queue: ListenQueue<Connection>;
}

/** What the handshake needs of the protocol. */
export interface HandshakeContext<Connection> {
  readonly host: ProtocolHost;
  readonly secrets: Secrets;
  register(request: PendingConnection, listener: Listener<Connection>): void;
  forget(request: PendingConnection): void;
  /** The listener that a request belongs to; undefined if it no longer listens. */
  listenerOf(request: PendingConnection): Listener<Connection> | undefined;
  /** Makes a connection of a request that a segment with this window acknowledged. */
  createChild(listener: Listener<Connection>, request: PendingConnection, window: number): Connection;
}

export class Handshake<Connection> implements RequestOwner {
  readonly #context: HandshakeContext<Connection>;

  constructor(context: HandshakeContext<Connection>) {
    this.#context = context;
  }

  /** A segment arrives for a listener. Returns a connection that a cookie established. */
  receiveInListen(
    listener: Listener<Connection>,
    packet: Packet,
    segment: TcpSegment,
    iss?: number,
  ): Connection | undefined {
    const { flags } = segment;
    if ((flags & RST) !== 0) return undefined;
    if ((flags & ACK) !== 0) {
      const child = (flags & SYN) === 0 ? this.#checkCookie(listener, packet, segment) : "none";
      if (child === "none") resetFor(this.#context.host, packet, segment);
      else if (child !== "dropped") return child;
      return undefined;
    }
    if ((flags & (SYN | FIN)) === SYN) this.#request(listener, packet, segment, iss);
    return undefined;
  }

  /** A SYN: tcp_conn_request(). `reopened` is the sequence number that follows a TIME_WAIT. */
  #request(
    listener: Listener<Connection>,
    packet: Packet,
    segment: TcpSegment,
    reopened: number | undefined,
  ): void {
    const { host, secrets } = this.#context;
    const { queue, tcb } = listener;
    if (isMulticast(packet.destination) || !host.isLocal(packet.destination)) return;
    const cookies = host.sysctls.get("net.ipv4.tcp_syncookies");
    let cookie = false;
    if ((cookies === 2 || queue.isSynQueueFull) && reopened === undefined) {
      host.counters.count(cookies === 0 ? "TcpExt.TCPReqQFullDrop" : "TcpExt.TCPReqQFullDoCookies");
      if (cookies === 0) {
        host.counters.count("TcpExt.ListenDrops");
        return;
      }
      cookie = true;
    }
    if (queue.isFull) {
      host.counters.count("TcpExt.ListenOverflows");
      host.counters.count("TcpExt.ListenDrops");
      return;
    }
    const most = host.sysctls.get("net.ipv4.tcp_max_syn_backlog");
    if (!cookie && reopened === undefined && cookies === 0 && most - queue.requests.size < most >> 2) {
      // The last quarter is reserved for known hosts; there are none here.
      host.counters.count("TcpExt.ListenDrops");
      return;
    }
    const ends = endsOf(packet, segment);
    const route = host.route(ends.remoteAddress, {
      source: ends.localAddress,
      interface: tcb.socket.boundInterface,
    });
    if (typeof route === "number") return;
    const agreement = agreeOn(host.sysctls, tcb, packet, segment, cookie);
    const window = offeredWindow(host, tcb, ends, route, agreement);
    const { now } = host.clock;
    const tsOffset = secrets.timestampOffset(ends);
    const clock = (Math.floor(now / 1e6) + 1) >>> 0;
    const made = cookie ? makeCookie(secrets, ends, segment, agreement.mss, now) : undefined;
    const iss = made?.cookie ?? reopened ?? secrets.initialSequence(ends);
    const tsval =
      cookie && agreement.timestamps
        ? cookieTimestamp(
            { windowScale: agreement.sndWscale, sack: agreement.sack, ecn: agreement.ecn },
            clock,
          )
        : clock;
    const request = this.#pending(ends, {
      agreement: { ...agreement, rcvWscale: window.scale },
      irs: fromPacket(segment.sequence),
      iss,
      window: window.window,
      windowClamp: window.clamp,
      interface: route.interface.index,
      tsRecent: fromPacket(segment.options.timestamps?.value ?? 0),
      tsOffset,
      tsval,
      now,
    });
    if (cookie) {
      queue.overflowedAt = now;
      host.counters.count("TcpExt.SyncookiesSent");
    } else {
      queue.add(request);
      this.#context.register(request, listener);
      host.clock.add(request, now + TIMEOUT_INIT);
    }
    this.#sendSynAck(tcb, request);
  }

  #pending(ends: Ends, syn: RequestedConnection): PendingConnection {
    return new PendingConnection(this, ends, syn);
  }

  /** tcp_make_synack(). */
  #sendSynAck(tcb: ControlBlock, request: PendingConnection): void {
    const { host } = this.#context;
    const { agreement } = request;
    const route = host.route(request.remoteAddress, {
      source: request.localAddress,
      interface: tcb.socket.boundInterface,
    });
    if (typeof route === "number") return;
    const options: TcpOptions = {
      mss: clampMss(announcedMss(route.mtu, request.remoteAddress), tcb.settings.userMss),
      windowScale: agreement.sndWscale === undefined ? undefined : agreement.rcvWscale,
      sackPermitted: agreement.sack,
      timestamps: agreement.timestamps
        ? { value: toPacket(request.lastTsval + request.tsOffset), echo: toPacket(request.tsRecent) }
        : undefined,
      sack: NO_TCP_OPTIONS.sack,
      unknown: NO_TCP_OPTIONS.unknown,
    };
    sendReply(
      host,
      request,
      {
        sequence: request.iss,
        acknowledgment: add(request.irs, 1),
        flags: SYN | ACK | (agreement.ecn ? ECE : 0),
        window: Math.min(request.window, 0xffff),
        options,
      },
      tcb.socket.boundInterface,
    );
  }

  #sendSynAckAgain(tcb: ControlBlock, request: PendingConnection): void {
    request.lastTsval = (Math.floor(this.#context.host.clock.now / 1e6) + 1) >>> 0;
    request.retransmissions += 1;
    this.#context.host.counters.count("Tcp.RetransSegs");
    this.#context.host.counters.count("TcpExt.TCPSynRetrans");
    this.#sendSynAck(tcb, request);
  }

  #drop(request: PendingConnection): void {
    const { host } = this.#context;
    host.clock.cancel(request);
    this.#context.listenerOf(request)?.queue.remove(request);
    this.#context.forget(request);
  }

  /** The SYN-ACK was not answered in time: reqsk_timer_handler(). */
  requestDue(request: PendingConnection): void {
    const { host } = this.#context;
    const listener = this.#context.listenerOf(request);
    if (listener === undefined) {
      this.#context.forget(request);
      return;
    }
    const { queue, tcb } = listener;
    let most = tcb.settings.synRetries || host.sysctls.get("net.ipv4.tcp_synack_retries");
    // Old requests must not clog the queue: they get fewer attempts when it fills.
    if (queue.requests.size * 2 > Math.max(8, queue.backlog)) {
      for (let young = queue.young * 2; most > 2 && queue.requests.size >= young; young *= 2) most -= 1;
    }
    const defer = tcb.settings.deferAccept;
    const expired =
      request.timeouts >= most && (defer === 0 || !request.acknowledged || request.timeouts >= defer);
    if (expired) {
      this.#drop(request);
      return;
    }
    // While TCP_DEFER_ACCEPT waits for data, the peer's acknowledgment is enough, until the end.
    if (defer === 0 || !request.acknowledged || request.timeouts >= defer - 1)
      this.#sendSynAckAgain(tcb, request);
    if (request.timeouts === 0) queue.young -= 1;
    request.timeouts += 1;
    this.#startTimer(tcb, request);
  }

  #startTimer(tcb: ControlBlock, request: PendingConnection): void {
    const { clock } = this.#context.host;
    clock.add(request, clock.now + Math.min(TIMEOUT_INIT * 2 ** request.timeouts, tcb.greatestRto));
  }

  /**
   * A segment arrives for a request: tcp_check_req(). Returns the connection that it establishes;
   * `listen` if the segment is the listener's.
   */
  receiveInSynReceived(
    listener: Listener<Connection>,
    request: PendingConnection,
    packet: Packet,
    segment: TcpSegment,
    end: number,
  ): Connection | "listen" | undefined {
    const { host } = this.#context;
    const { now } = host.clock;
    const { flags, options } = segment;
    const sequence = fromPacket(segment.sequence);
    const acknowledgment = fromPacket(segment.acknowledgment);
    const rcvNxt = add(request.irs, 1);
    const isReset = (flags & RST) !== 0;
    const timestamps = request.agreement.timestamps ? options.timestamps : undefined;
    let rejected = false;
    if (timestamps !== undefined) {
      const echo = (timestamps.echo - request.tsOffset) >>> 0;
      const foreign = timestamps.echo !== 0 && !between(echo, request.firstTsval, request.lastTsval);
      rejected =
        foreign || rejectsTimestamp(request, timestamps.value, Math.floor(now / MILLISECOND), isReset);
    }
    if (sequence === request.irs && (flags & (SYN | RST | ACK)) === SYN && !rejected) {
      // The SYN again: our answer was lost.
      if (!isRateLimited(request, now, host.sysctls.get("net.ipv4.tcp_invalid_ratelimit"))) {
        this.#sendSynAckAgain(listener.tcb, request);
        this.#startTimer(listener.tcb, request);
      }
      return undefined;
    }
    if ((flags & ACK) !== 0 && acknowledgment !== add(request.iss, 1)) return "listen";
    if (rejected || !isInWindow(sequence, end, rcvNxt, request.window)) {
      const limited = sequence === end || (flags & SYN) !== 0;
      if (
        !isReset &&
        !(limited && isRateLimited(request, now, host.sysctls.get("net.ipv4.tcp_invalid_ratelimit")))
      )
        this.#sendAck(request);
      if (rejected) host.counters.count("TcpExt.PAWSEstab");
      return undefined;
    }
    // A SYN before the window is cut off.
    const syn = sequence === request.irs ? 0 : flags & SYN;
    if (isReset || syn !== 0) {
      host.counters.count("Tcp.AttemptFails");
      this.#refuse(request, packet, segment);
      return undefined;
    }
    if ((flags & ACK) === 0) return undefined;
    if (timestamps !== undefined && !after(sequence, rcvNxt)) request.tsRecent = fromPacket(timestamps.value);
    if (request.timeouts < listener.tcb.settings.deferAccept && end === rcvNxt) {
      request.acknowledged = true;
      host.counters.count("TcpExt.TCPDeferAcceptDrop");
      return undefined;
    }
    if (listener.queue.isFull) {
      host.counters.count("TcpExt.ListenOverflows");
      host.counters.count("TcpExt.ListenDrops");
      if (host.sysctls.get("net.ipv4.tcp_abort_on_overflow") === 0) {
        // As if the acknowledgment had been lost: the SYN-ACK is sent again, and may succeed later.
        request.acknowledged = true;
        return undefined;
      }
      this.#refuse(request, packet, segment);
      return undefined;
    }
    this.#drop(request);
    const child = this.#context.createChild(listener, request, segment.window);
    listener.queue.push(child);
    return child;
  }

  #refuse(request: PendingConnection, packet: Packet, segment: TcpSegment): void {
    resetFor(this.#context.host, packet, segment);
    this.#drop(request);
    this.#context.host.counters.count("TcpExt.EmbryonicRsts");
  }

  /** tcp_v4_reqsk_send_ack(). */
  #sendAck(request: PendingConnection): void {
    const { host } = this.#context;
    const timestamp = Math.floor(host.clock.now / 1e6) + 1 + request.tsOffset;
    sendReply(host, request, {
      sequence: add(request.iss, 1),
      acknowledgment: add(request.irs, 1),
      flags: ACK,
      window: Math.floor(request.window / 2 ** request.agreement.rcvWscale),
      options: request.agreement.timestamps ? timestampsOnly(timestamp, request.tsRecent) : NO_TCP_OPTIONS,
    });
  }

  /** An acknowledgment of a cookie: cookie_v4_check(). */
  #checkCookie(
    listener: Listener<Connection>,
    packet: Packet,
    segment: TcpSegment,
  ): Connection | "none" | "dropped" {
    const { host, secrets } = this.#context;
    const { queue, tcb } = listener;
    const { now } = host.clock;
    const always = host.sysctls.get("net.ipv4.tcp_syncookies") === 2;
    if (host.sysctls.get("net.ipv4.tcp_syncookies") === 0) return "none";
    if (!always && now - queue.overflowedAt > COOKIE_VALID) return "none";
    const ends = endsOf(packet, segment);
    const mss = checkCookie(secrets, ends, segment, now);
    if (mss === undefined) {
      host.counters.count("TcpExt.SyncookiesFailed");
      return "none";
    }
    host.counters.count("TcpExt.SyncookiesRecv");
    const route = host.route(ends.remoteAddress, {
      source: ends.localAddress,
      interface: tcb.socket.boundInterface,
    });
    if (typeof route === "number") return "dropped";
    const tsOffset = secrets.timestampOffset(ends);
    const { timestamps } = segment.options;
    const carried = cookieOptions(timestamps === undefined ? undefined : (timestamps.echo - tsOffset) >>> 0);
    const agreement: Agreement = {
      mss,
      timestamps: timestamps !== undefined,
      sack: carried.sack,
      sndWscale: carried.windowScale,
      rcvWscale: 0,
      ecn: carried.ecn,
    };
    const window = offeredWindow(host, tcb, ends, route, agreement);
    const request = this.#pending(ends, {
      agreement: { ...agreement, rcvWscale: window.scale },
      irs: add(segment.sequence, -1),
      iss: add(segment.acknowledgment, -1),
      window: window.window,
      windowClamp: window.clamp,
      interface: route.interface.index,
      tsRecent: fromPacket(timestamps?.value ?? 0),
      tsOffset,
      tsval: 0,
      now,
    });
    if (queue.isFull) {
      host.counters.count("TcpExt.ListenOverflows");
      host.counters.count("TcpExt.ListenDrops");
      return "dropped";
    }
    // The time of the SYN-ACK is forgotten: no round trip is measured.
    request.retransmissions = 1;
    const child = this.#context.createChild(listener, request, segment.window);
    queue.push(child);
    return child;
  }
}

function isInWindow(sequence: number, end: number, rcvNxt: number, window: number): boolean {
  const edge = add(rcvNxt, window);
  if (sequence === rcvNxt) return true;
  if (after(end, rcvNxt) && before(sequence, edge)) return true;
  return sequence === edge && sequence === end;
}
