import { writeAfterEnd } from "../../errors/argument.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IORING, IOSQE } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Stream, StreamHandlers } from "../engine.ts";
import { isTcp } from "../is-tcp.ts";
import { lingerAtOnce } from "../linger-at-once.ts";
import { pendingError } from "../pending-error.ts";
import { attempt, uncaught } from "../uncaught.ts";
import { isCancelled, UringHandle } from "./handle.ts";
import type { Loop } from "./loop.ts";
import type { OpTag } from "./operations.ts";
import type { LoanedBuffer, PooledBuffer } from "./pooled-buffer.ts";
import type { BufferWaiter } from "./receive-buffers.ts";
import { first } from "./ring.ts";
import { SendQueue } from "./send-queue.ts";
import type { Preparing } from "./tick.ts";

const RECEIVE: OpTag = 2;
const SEND: OpTag = 3;
const HANG_UP: OpTag = 4;

const RECEIVE_ENTRY = first(IORING.OP_RECV, IOSQE.BUFFER_SELECT, IORING.RECV_MULTISHOT);
const RECEIVE_ONCE_ENTRY = first(IORING.OP_RECV, IOSQE.BUFFER_SELECT);
const POLL_ENTRY = first(IORING.OP_POLL_ADD);
const SEND_ENTRY = first(IORING.OP_SEND);
const SENDMSG_ENTRY = first(IORING.OP_SENDMSG);
const { MSG, SHUT } = constants;
const SEND_FLAGS = MSG.NOSIGNAL | MSG.WAITALL;
const { EAGAIN = 0, ECANCELED = 0, EINTR = 0, ENOBUFS = 0, EPIPE = 0 } = errnos;

/** include/uapi/asm-generic/poll.h */
const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;

const peeked = new Uint8Array(1);

/**
 * How much a paused stream keeps before it stops receiving. The kernel may have as much again on
 * its way.
 */
const KEPT = 32_768;

/** What came while the stream was paused. */
interface Kept {
  readonly chunks: Uint8Array[];
  bytes: number;
  /** 0 at the peer's end, a negative errno at a failure. */
  last: number | undefined;
}

export class UringStream extends UringHandle implements Stream, Preparing, BufferWaiter {
  readonly #handlers: StreamHandlers;
  readonly #queue: SendQueue;
  #paused = true;
  /** The receive that the kernel has: of many pieces, of one, or cancelled; or why it has none. */
  #receiving: "no" | "multishot" | "once" | "cancelled" | "starved" = "no";
  /** The kernel has a send. */
  #sending = false;
  #message: PooledBuffer | undefined;
  /**
   * The peer's end and a failure are watched for apart from receiving. A multishot receive is woken
   * by edges, and takes a socket that it has emptied for one that will wake it again
   * (io_recv_finish and io_poll_check_events in io_uring/): an end that came before the last bytes
   * were received goes unnoticed for ever (liburing issue 1549; on Linux 6.18 still after a
   * requeue, which comes with the 33rd piece). Once the end is "seen", pieces are received one by
   * one, each asked for anew.
   */
  #hangUp: "unwatched" | "watched" | "watched by edges" | "seen, still watched" | "seen" = "unwatched";
  /** No more will be received. */
  #over = false;
  /**
   * The first failure of sending or receiving. After one of sending, what has come is received
   * before it is told.
   */
  #failed = 0;
  #failureTold = false;
  /** The kernel took a part of what it was to send at once. */
  #sentInPart = false;
  #preparing = false;
  #telling = false;
  /** The descriptor is being closed. */
  #finishing = false;
  #kept: Kept | undefined;
  #shutdown: "not wanted" | "wanted" | "done" = "not wanted";
  #shutdownResult = 0;
  #shutdownCalls: ((errno: number) => void)[] | undefined;

  constructor(loop: Loop, fd: number, handlers: StreamHandlers) {
    super(loop, fd);
    this.#handlers = handlers;
    this.#queue = new SendQueue(loop.sendMemory);
  }

  get pendingBytes(): number {
    return this.#failed === 0 ? this.#queue.bytes : 0;
  }

  resume(): void {
    if (!this.#paused || this.closing || this.#failureTold) return;
    this.#paused = false;
    if (this.#kept !== undefined) this.#tellSoon();
    else this.#receive();
  }

  pause(): void {
    this.#paused = true;
  }

  write(bytes: Uint8Array): void {
    if (this.closing || this.#failed < 0) return;
    if (this.#shutdown !== "not wanted") throw writeAfterEnd("write() after end()");
    this.#queue.add(bytes);
    this.#prepareSoon();
  }

  shutdown(done?: (errno: number) => void): void {
    if (this.closing) return;
    if (this.#shutdown === "not wanted") this.#shutdown = "wanted";
    if (done !== undefined) {
      this.#shutdownCalls ??= [];
      this.#shutdownCalls.push(done);
    }
    this.#tellSoon();
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.closing) return;
    this.#stop();
    if (this.pendingBytes === 0) this.#finish();
  }

  closeNow(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.#finishing) return;
    if (!this.closing) this.#stop();
    // Where an operation is under way the system has no room: it was tried at once.
    if (!this.#sending && this.#failed === 0) this.#sendNow();
    if (this.#failed === 0 && this.#queue.bytes > 0) this.#failed = -ECANCELED;
    this.#finish();
  }

  reset(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.#finishing) return;
    if (!this.closing) this.#stop();
    if (this.#failed === 0 && this.#queue.bytes > 0) this.#failed = -ECANCELED;
    lingerAtOnce(linux, this.fd);
    this.#finish();
  }

  /** Hands the bytes that are queued to the kernel. */
  prepare(): void {
    this.#preparing = false;
    if (this.#sending || this.#failed < 0) return;
    const { first } = this.#queue;
    if (first === undefined) return;
    this.#sending = true;
    if (this.#queue.several) {
      const message = this.#queue.message();
      this.#message = message;
      this.prepareEntry(SENDMSG_ENTRY, SEND, 0, message.low, message.high, 1, SEND_FLAGS, 0);
    } else {
      const { buffer, offset, length } = first;
      const low = (buffer.low >>> 0) + offset;
      const high = low > 0xffffffff ? buffer.high + 1 : buffer.high;
      this.prepareEntry(SEND_ENTRY, SEND, 0, low | 0, high, length, SEND_FLAGS, 0);
    }
  }

  onBuffersAvailable(): void {
    if (this.#receiving === "starved") this.#receiving = "no";
    this.#receive();
  }

  override tell(): void {
    this.#telling = false;
    super.tell();
    if (this.closing) {
      this.#tellShutdown(-ECANCELED);
      return;
    }
    this.#tellKept();
    // In most cases the receive has found the end by now.
    if (this.#hasSeenEnd && this.#receiving === "multishot") this.#cancelReceive();
    if (this.#queue.bytes === 0) this.#shutDown();
  }

  protected override abandon(errno: number): void {
    this.#receiving = "no";
    this.#hangUp = "seen";
    this.#sending = false;
    this.#over = true;
    this.#message?.release();
    this.#message = undefined;
    this.#queue.clear();
    if (this.#failed === 0) this.#failed = errno;
    if (this.closing) this.#finish();
    else if (!this.#failureTold) this.#tellFailure(false);
  }

  protected override get inFlight(): boolean {
    return this.#isReceiving || this.#sending || this.#isWatching;
  }

  /** Whether the kernel has a receive. */
  get #isReceiving(): boolean {
    return this.#receiving !== "no" && this.#receiving !== "starved";
  }

  /** Whether the kernel has the operation that watches for the end. */
  get #isWatching(): boolean {
    return this.#hangUp !== "unwatched" && this.#hangUp !== "seen";
  }

  get #hasSeenEnd(): boolean {
    return this.#hangUp === "seen" || this.#hangUp === "seen, still watched";
  }

  protected override done(kind: OpTag, result: number, flags: number): void {
    if (kind === RECEIVE) this.#received(result, flags);
    else if (kind === SEND) this.#sent(result);
    else this.#hungUp(result, flags);
  }

  #receive(): void {
    if (this.#receiving !== "no" || this.#over || this.closing) return;
    if (this.#paused) {
      if (this.#failed < 0 && this.#kept === undefined) this.#failIfNothingWaits();
      return;
    }
    const { group } = this.loop.streamBuffers;
    if (this.#hasSeenEnd || this.#failed < 0) {
      this.#receiving = "once";
      // What has come is wanted, and not waited for, once sending has failed.
      const flags = this.#failed < 0 ? MSG.DONTWAIT : 0;
      this.prepareEntry(RECEIVE_ONCE_ENTRY, RECEIVE, 0, 0, 0, 0, flags, group);
      return;
    }
    // Before the receive, whose completion comes first then: the wait queue of a socket is woken
    // from its end.
    if (this.#hangUp === "unwatched") this.#watch("watched");
    this.#receiving = "multishot";
    this.prepareEntry(RECEIVE_ENTRY, RECEIVE, 0, 0, 0, 0, 0, group);
  }

  /** Watches for the end, and for what the kernel tells of with it: POLLHUP and POLLERR. */
  #watch(how: "watched" | "watched by edges"): void {
    this.#hangUp = how;
    const multishot = how === "watched" ? 0 : IORING.POLL_ADD_MULTI;
    this.prepareEntry(POLL_ENTRY, HANG_UP, 0, 0, 0, multishot, POLLRDHUP, 0);
  }

  #hungUp(result: number, flags: number): void {
    const isWatchedOn = (flags & IORING.CQE_F_MORE) !== 0;
    const isOver = this.closing || this.#over;
    if (!isOver && result > 0 && (result & (POLLHUP | POLLRDHUP)) === 0) {
      // The socket's queue of errors has something, which is for its program to read, and stays
      // ready until then.
      if (!isWatchedOn) this.#watch("watched by edges");
      return;
    }
    this.#hangUp = isWatchedOn ? "seen, still watched" : "seen";
    if (!isOver) this.#tellSoon();
  }

  #cancelReceive(): void {
    if (this.#receiving !== "multishot" && this.#receiving !== "once") return;
    this.#receiving = "cancelled";
    this.cancel(RECEIVE);
  }

  #received(result: number, flags: number): void {
    const wasOnce = this.#receiving === "once";
    if ((flags & IORING.CQE_F_MORE) === 0) {
      this.#receiving = "no";
      // It may have been waited for (#failToEnd).
      if (this.#shutdown === "wanted") this.#tellSoon();
    }
    if (result > 0) {
      const buffer = this.loop.streamBuffers.taken(flags);
      if (!this.closing && !this.#over) {
        if (this.#paused || this.#kept !== undefined) this.#keep(buffer, result);
        else this.#give(buffer, result);
      }
      buffer.release();
    } else if (result === -ENOBUFS) {
      this.#receiving = "starved";
      this.loop.streamBuffers.starve(this);
    } else if (
      !isCancelled(result) &&
      result !== -EINTR &&
      (result !== -EAGAIN || (wasOnce && this.#failed < 0))
    ) {
      this.#over = true;
      if (this.#kept !== undefined || (this.#paused && this.#failed === 0)) this.#keeping().last = result;
      else this.#last(result);
    }
    this.#receive();
  }

  /** Lends a room to the handler. */
  #give(buffer: LoanedBuffer, length: number): void {
    const generation = ++buffer.generation;
    try {
      this.#handlers.onData(buffer.lent(generation, 0, length));
    } catch (error) {
      uncaught(error);
    }
    buffer.generation++;
  }

  #keep(buffer: LoanedBuffer, length: number): void {
    const kept = this.#keeping();
    kept.chunks.push(buffer.bytes.slice(0, length));
    kept.bytes += length;
    if (kept.bytes >= KEPT) this.#cancelReceive();
  }

  #keeping(): Kept {
    this.#kept ??= { chunks: [], bytes: 0, last: undefined };
    return this.#kept;
  }

  /** Tells what came while the stream was paused, until it is paused again. */
  #tellKept(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    let told = 0;
    while (!this.#paused && !this.closing && told < kept.chunks.length) {
      const chunk = kept.chunks[told++];
      if (chunk !== undefined) attempt((bytes: Uint8Array) => this.#handlers.onData(bytes), chunk);
      kept.bytes -= chunk?.length ?? 0;
    }
    kept.chunks.splice(0, told);
    if (this.#paused || this.closing) return;
    this.#kept = undefined;
    if (kept.last !== undefined) this.#last(kept.last);
    else this.#receive();
  }

  /** The end, or why there will be none. */
  #last(result: number): void {
    if (this.closing || this.#failureTold) return;
    const ended = result === 0 && this.#endIsThePeers();
    if (ended && !this.#paused) {
      try {
        this.#handlers.onEnd();
      } catch (error) {
        uncaught(error);
      }
    }
    if (this.#failed === 0 && result < 0) this.#fail(result);
    else if (this.#failed < 0 && !this.closing) this.#tellFailure(ended && this.#paused);
  }

  /**
   * Whether an end that was received is the peer's. Where sending was told of a reset, receiving
   * gives an end.
   */
  #endIsThePeers(): boolean {
    if (this.#failed === 0) return true;
    // MSG_WAITALL hides the failure after a part: what sending then fails with is EPIPE, whatever
    // it was (io_send in io_uring/net.c).
    return this.#failed === -EPIPE && !(this.#sentInPart && isTcp(linux, this.fd));
  }

  /**
   * A paused stream whose sending has failed keeps what has come; where nothing has, it fails now.
   */
  #failIfNothingWaits(): void {
    const waiting = linux.recv(this.fd, peeked, MSG.PEEK | MSG.DONTWAIT);
    if (waiting > 0) return;
    this.#over = true;
    this.#last(waiting);
  }

  /**
   * Sends by calls, until the system has no room: an operation would be cancelled by the end, and
   * need not have begun.
   */
  #sendNow(): void {
    for (let bytes = this.#queue.firstBytes(); bytes !== undefined; bytes = this.#queue.firstBytes()) {
      const sent = linux.send(this.fd, bytes, MSG.NOSIGNAL | MSG.DONTWAIT);
      if (sent === -EINTR) continue;
      if (sent < 0 && sent !== -EAGAIN) this.#failed = sent;
      if (sent > 0) this.#queue.sent(sent);
      if (sent < bytes.length) return;
    }
  }

  #sent(result: number): void {
    this.#sending = false;
    this.#message?.release();
    this.#message = undefined;
    if (this.#failed < 0) {
      this.#queue.clear();
      if (this.closing) this.#finish();
    } else if (result >= 0) {
      this.#queue.sent(result);
      if (this.#queue.bytes > 0) {
        this.#sentInPart = true;
        this.#prepareSoon();
        this.#tellSent();
      } else this.#drained();
    } else if (result === -EINTR || result === -EAGAIN) {
      this.#prepareSoon();
    } else {
      this.#failToSend(result);
    }
  }

  #tellSent(): void {
    if (this.closing) return;
    try {
      this.#handlers.onProgress?.();
    } catch (error) {
      uncaught(error);
    }
  }

  #drained(): void {
    if (this.closing) {
      this.#finish();
      return;
    }
    try {
      this.#handlers.onDrain();
    } catch (error) {
      uncaught(error);
    }
    if (this.#queue.bytes === 0) this.#shutDown();
  }

  /** Ends sending, if that is wanted: everything is sent. */
  #shutDown(): void {
    if (this.#shutdown === "not wanted" || this.closing) return;
    if (this.#shutdown === "wanted") {
      this.#shutdown = "done";
      this.#shutdownResult = this.#failed < 0 ? this.#failed : linux.shutdown(this.fd, SHUT.WR);
      if (this.#shutdownResult < 0 && this.#failed === 0) {
        this.#failToEnd(this.#shutdownResult);
        return;
      }
    }
    this.#tellShutdown(this.#shutdownResult);
  }

  /**
   * ENOTCONN of a connection that the peer has reset, whose own error tells more. Where the peer
   * had ended before, nothing else would tell of it.
   */
  #failToEnd(errno: number): void {
    const kept = this.#kept?.last ?? 0;
    const error = pendingError(linux, this.fd) || kept;
    if (error === 0 && this.#isReceiving) {
      // The receive that is under way has taken the error, and tells of it.
      this.#shutdown = "wanted";
      return;
    }
    this.#shutdownResult = error || errno;
    this.#sentInPart = false;
    this.#failToSend(this.#shutdownResult);
  }

  #tellShutdown(result: number): void {
    const calls = this.#shutdownCalls;
    this.#shutdownCalls = undefined;
    if (calls !== undefined) for (const call of calls) attempt(call, result);
  }

  /** Receiving has failed. */
  #fail(errno: number): void {
    this.#failed = errno;
    if (this.#sending) this.cancel(SEND);
    else this.#queue.clear();
    this.#tellFailure(false);
  }

  /** Sending has failed: what the system has received by then comes first. */
  #failToSend(errno: number): void {
    this.#failed = errno;
    this.#queue.clear();
    if (this.closing) {
      this.#finish();
      return;
    }
    attempt((failed: number) => this.#handlers.sendingFailed?.(failed), errno);
    if (this.closing) return;
    this.#shutDown();
    if (this.#over) {
      // Where the end is kept, and bytes before it, they are told first.
      if (this.#kept === undefined) this.#tellFailure(false);
      else if (this.#kept.chunks.length === 0 && this.#paused) this.#last(this.#kept.last ?? 0);
      else this.#tellSoon();
    } else if (this.#isReceiving) this.#cancelReceive();
    else this.#receive();
  }

  #tellFailure(ended: boolean): void {
    this.#failureTold = true;
    this.#over = true;
    this.#kept = undefined;
    this.#cancelReceive();
    try {
      this.#handlers.onError(this.#failed, ended);
    } catch (error) {
      uncaught(error);
    }
    this.#shutDown();
  }

  /** The first half of closing: nothing more is received, and no handler is called. */
  #stop(): void {
    this.closing = true;
    this.#kept = undefined;
    this.#cancelReceive();
    if (this.#isWatching) this.cancel(HANG_UP);
    if (this.#shutdownCalls !== undefined) this.#tellSoon();
  }

  /** The second half: what is not sent by now is dropped. */
  #finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    if (this.#sending) this.cancel(SEND);
    else this.#queue.clear();
    this.closeDescriptor(this.#failed);
  }

  #prepareSoon(): void {
    if (this.#preparing || this.#sending) return;
    this.#preparing = true;
    this.loop.turns.deferSubmit(this);
  }

  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    this.loop.turns.deferCallback(this);
  }
}
