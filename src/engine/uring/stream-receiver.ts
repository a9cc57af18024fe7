import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IORING } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Forwarding, Stream, StreamHandlers } from "../engine.ts";
import { StreamForwarding } from "../forwarding.ts";
import { attempt, uncaught } from "../uncaught.ts";
import { isCancelled, UringHandle } from "./handle.ts";
import type { Loop } from "./loop.ts";
import type { OpTag } from "./operations.ts";
import type { LoanedBuffer } from "./pooled-buffer.ts";
import type { BufferWaiter } from "./receive-buffers.ts";
import { prepPollAdd, prepPollMultishot, prepRecv, prepRecvMultishot } from "./sqe.ts";

const RECEIVE: OpTag = 2;
const HANG_UP: OpTag = 4;

const { MSG } = constants;
const { EAGAIN, EINTR, ENOBUFS } = errnos;

/** include/uapi/asm-generic/poll.h */
const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;

const peeked = new Uint8Array(1);

/**
 * How many bytes a paused stream keeps before it stops receiving. As many again may be in flight in
 * the kernel.
 */
const KEPT = 32_768;

/** Forwarding pauses while this many bytes wait to be sent: 16 receive buffers. */
const MOST_FORWARDED = 262_144;

/** Data that arrived while the stream was paused. */
interface Kept {
  readonly chunks: Uint8Array[];
  bytes: number;
  /** 0 for the peer's end, a negative errno for a failure. */
  last: number | undefined;
}

/** The receiving half of a stream. Both halves are one object, since there are many streams. */
export abstract class StreamReceiver extends UringHandle implements BufferWaiter {
  protected readonly handlers: StreamHandlers;
  /**
   * The first failure of sending or receiving, or 0. A failure to send is reported only after
   * received data has been delivered.
   */
  protected failed = 0;
  #paused = true;
  /**
   * The state of the receive operation: "multishot", "once" (a single receive), "cancelling", or
   * "ending" (being cancelled, and none will follow). Without an operation: "idle", "starved" of
   * buffers, or "ended" permanently.
   */
  #receive: "idle" | "multishot" | "once" | "cancelling" | "ending" | "starved" | "ended" = "idle";
  /**
   * Ends and failures are watched for separately. A multishot receive is woken by edges, and
   * expects another wake-up after it has emptied a socket (io_recv_finish and io_poll_check_events
   * in io_uring/): it never notices an end that came before the last bytes were received (liburing
   * issue 1549; on Linux 6.18 still after a requeue, which happens at the 33rd piece). Once the end
   * is "seen", data is received with single operations.
   */
  #hangUp: "unwatched" | "watched" | "watched by edges" | "seen, still watched" | "seen" = "unwatched";
  #kept: Kept | undefined;
  #forwarding: StreamForwarding | undefined;
  #isCallbackDue = false;

  constructor(loop: Loop, fd: number, handlers: StreamHandlers) {
    super(loop, fd);
    this.handlers = handlers;
  }

  /** The end was received, or never will be. Called after data that came before it is delivered. */
  protected abstract receivedLast(result: number): void;
  /** No receive is in flight any more. */
  protected abstract receiveCompleted(): void;

  resume(): void {
    if (!this.#paused || this.stopped) return;
    this.#paused = false;
    if (this.#kept !== undefined) this.callBackSoon();
    else this.receive();
  }

  pause(): void {
    this.#paused = true;
    // Data that arrives until then is forwarded as well; none is kept.
    if (this.#forwarding !== undefined) this.cancelReceive();
  }

  forward(to: Stream): Forwarding {
    this.#forwarding = new StreamForwarding(this, to);
    return this.#forwarding;
  }

  stopForwarding(forwarding: Forwarding): void {
    if (this.#forwarding === forwarding) this.#forwarding = undefined;
  }

  /** Sends received bytes from their buffer; copies them only if the buffer must not wait. */
  abstract sendReceived(buffer: LoanedBuffer, length: number): void;

  onBuffersAvailable(): void {
    if (this.#receive === "starved") this.#receive = "idle";
    this.receive();
  }

  override runCallbacks(): void {
    this.#isCallbackDue = false;
    super.runCallbacks();
  }

  protected override get inFlight(): boolean {
    return this.isReceiving || this.#isWatching;
  }

  protected override done(tag: OpTag, result: number, flags: number): void {
    if (tag === RECEIVE) this.#received(result, flags);
    else this.#hungUp(result, flags);
  }

  protected override stop(): void {
    super.stop();
    this.endReceiving();
    if (this.#isWatching) this.cancelAll(HANG_UP);
  }

  /** Data that arrives until the kernel has no receive operation left is kept. */
  protected override stopToRelease(): void {
    super.stopToRelease();
    this.#paused = true;
    this.cancelReceive();
    if (this.#isWatching) this.cancelAll(HANG_UP);
  }

  protected override abandon(_errno: number): void {
    this.#receive = "ended";
    this.#hangUp = "seen";
  }

  protected get paused(): boolean {
    return this.#paused;
  }

  /** Whether a receive is in flight. */
  protected get isReceiving(): boolean {
    return (
      this.#receive === "multishot" ||
      this.#receive === "once" ||
      this.#receive === "cancelling" ||
      this.#receive === "ending"
    );
  }

  /** Whether nothing more will be received. */
  protected get receivingIsOver(): boolean {
    return this.#receive === "ending" || this.#receive === "ended";
  }

  /**
   * Whether something that arrived while paused is still undelivered: bytes, the end, or a failure.
   */
  protected get hasKept(): boolean {
    return this.#kept !== undefined;
  }

  /**
   * The undelivered result that ended receiving: 0 or a negative errno; 0 also if there is none.
   */
  protected get keptLast(): number {
    return this.#kept?.last ?? 0;
  }

  /** Removes and returns the kept bytes. */
  protected takeKept(): readonly Uint8Array[] {
    const chunks = this.#kept?.chunks ?? [];
    this.#kept = undefined;
    return chunks;
  }

  /** Whether only the end or a failure is kept. */
  protected get keepsLastAlone(): boolean {
    return this.#kept !== undefined && this.#kept.chunks.length === 0;
  }

  protected callBackSoon(): void {
    if (this.#isCallbackDue) return;
    this.#isCallbackDue = true;
    this.loop.tick.deferCallback(this);
  }

  /** Starts receiving, if wanted and not yet in flight. */
  protected receive(): void {
    if (this.#receive !== "idle" || this.stopped) return;
    if (this.#paused) {
      if (this.failed < 0 && this.#kept === undefined) this.#endIfNothingWaits();
      return;
    }
    const { fd } = this;
    const { group } = this.loop.streamBuffers;
    if (this.#hasSeenEnd || this.failed < 0) {
      this.#receive = "once";
      // Once sending has failed, only data that has already arrived matters.
      const flags = this.failed < 0 ? MSG.DONTWAIT : 0;
      prepRecv(this.getSqe(RECEIVE), { fd, flags, group });
      return;
    }
    // Submitted before the receive so that it completes after it: a socket wakes its newest waiter
    // first.
    if (this.#hangUp === "unwatched") this.#watch("watched");
    this.#receive = "multishot";
    prepRecvMultishot(this.getSqe(RECEIVE), { fd, group });
  }

  protected cancelReceive(): void {
    if (this.#receive !== "multishot" && this.#receive !== "once") return;
    this.#receive = "cancelling";
    this.cancelAll(RECEIVE);
  }

  /** Stops receiving, and drops undelivered data. */
  protected endReceiving(): void {
    this.#kept = undefined;
    this.cancelReceive();
    if (this.#receive === "cancelling") this.#receive = "ending";
    else if (this.#receive !== "ending") this.#receive = "ended";
  }

  /** Delivers what arrived while the stream was paused, until it is paused again. */
  protected deliverReceived(): void {
    this.#deliverKept();
    // By now the receive has usually found the end.
    if (this.#hasSeenEnd && this.#receive === "multishot") this.cancelReceive();
  }

  /** Whether the operation that watches for the end is in flight. */
  get #isWatching(): boolean {
    return this.#hangUp !== "unwatched" && this.#hangUp !== "seen";
  }

  get #hasSeenEnd(): boolean {
    return this.#hangUp === "seen" || this.#hangUp === "seen, still watched";
  }

  /** Watches for the end, and for POLLHUP and POLLERR, which the kernel always reports as well. */
  #watch(how: "watched" | "watched by edges"): void {
    this.#hangUp = how;
    const { fd } = this;
    const sqe = this.getSqe(HANG_UP);
    if (how === "watched") prepPollAdd(sqe, { fd, events: POLLRDHUP });
    else prepPollMultishot(sqe, { fd, events: POLLRDHUP });
  }

  #hungUp(result: number, flags: number): void {
    const isWatchedOn = (flags & IORING.CQE_F_MORE) !== 0;
    const isOver = this.stopped || this.receivingIsOver;
    if (!isOver && result > 0 && (result & (POLLHUP | POLLRDHUP)) === 0) {
      // The socket's error queue has messages for the program, and keeps the socket ready until
      // they are read.
      if (!isWatchedOn) this.#watch("watched by edges");
      return;
    }
    this.#hangUp = isWatchedOn ? "seen, still watched" : "seen";
    if (!isOver) this.callBackSoon();
  }

  #received(result: number, flags: number): void {
    const wasOnce = this.#receive === "once";
    if ((flags & IORING.CQE_F_MORE) === 0) {
      this.#receive = this.#receive === "ending" ? "ended" : "idle";
      this.receiveCompleted();
    }
    if (result > 0) {
      const buffer = this.loop.streamBuffers.taken(flags);
      if ((!this.stopped || this.releasing) && !this.receivingIsOver) {
        if (this.#forwarding !== undefined && this.#kept === undefined && !this.releasing)
          this.#forward(this.#forwarding, buffer, result);
        else if (this.#paused || this.#kept !== undefined) this.#keep(buffer, result);
        else this.#give(buffer, result);
      }
      buffer.release();
    } else if (result === -ENOBUFS) {
      if (this.#receive === "idle") {
        this.#receive = "starved";
        this.loop.streamBuffers.starve(this);
      }
    } else if (
      !isCancelled(result) &&
      result !== -EINTR &&
      (result !== -EAGAIN || (wasOnce && this.failed < 0))
    ) {
      this.#receive = "ended";
      if (this.#kept !== undefined || (this.#paused && this.failed === 0)) this.#keeping().last = result;
      else this.receivedLast(result);
    }
    this.receive();
  }

  /** Lends a buffer to the handler. */
  #give(buffer: LoanedBuffer, length: number): void {
    const generation = ++buffer.generation;
    try {
      if (this.handlers.onDataToCopy !== undefined) this.handlers.onDataToCopy(buffer.first(length));
      else this.handlers.onData(buffer.lent(generation, 0, length));
    } catch (error) {
      uncaught(error);
    }
    buffer.handlerReturned();
  }

  #forward(forwarding: StreamForwarding, buffer: LoanedBuffer, length: number): void {
    const { to } = forwarding;
    forwarding.bytes += length;
    if (to instanceof StreamReceiver) {
      to.sendReceived(buffer, length);
    } else {
      const generation = ++buffer.generation;
      attempt((bytes: Uint8Array) => to.write(bytes), buffer.lent(generation, 0, length));
      buffer.generation++;
    }
    if (to.pendingBytes >= MOST_FORWARDED) this.pause();
  }

  #deliver(bytes: Uint8Array): void {
    const forwarding = this.#forwarding;
    if (forwarding === undefined) {
      this.handlers.onData(bytes);
      return;
    }
    forwarding.bytes += bytes.length;
    forwarding.to.write(bytes);
    if (forwarding.to.pendingBytes >= MOST_FORWARDED) this.pause();
  }

  #keep(buffer: LoanedBuffer, length: number): void {
    const kept = this.#keeping();
    kept.chunks.push(buffer.bytes.slice(0, length));
    kept.bytes += length;
    if (kept.bytes >= KEPT) this.cancelReceive();
  }

  #keeping(): Kept {
    this.#kept ??= { chunks: [], bytes: 0, last: undefined };
    return this.#kept;
  }

  #deliverKept(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    let delivered = 0;
    for (const chunk of kept.chunks) {
      if (this.#paused || this.stopped) break;
      delivered++;
      attempt((bytes: Uint8Array) => this.#deliver(bytes), chunk);
      kept.bytes -= chunk.length;
    }
    kept.chunks.splice(0, delivered);
    if (this.#paused || this.stopped) return;
    this.#kept = undefined;
    if (kept.last !== undefined) this.receivedLast(kept.last);
    else this.receive();
  }

  /**
   * A paused stream whose sending has failed keeps its received data; without any, it fails now.
   */
  #endIfNothingWaits(): void {
    const waiting = linux.recv(this.fd, peeked, MSG.PEEK | MSG.DONTWAIT);
    if (waiting > 0) return;
    this.#receive = "ended";
    this.receivedLast(waiting);
  }
}
