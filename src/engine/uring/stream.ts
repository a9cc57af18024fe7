import { writeAfterEnd } from "../../errors/argument.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { linux } from "../../system/linux/linux.ts";
import { lostError } from "../../system/linux/lost-error.ts";
import { lengthOf } from "../../system/view.ts";
import { causeOfFailedSend } from "../broken-pipe.ts";
import type { PendingPoll, Stream, StreamHandlers } from "../engine.ts";
import { lingerAtOnce } from "../linger-at-once.ts";
import { loanOf, partOfLent } from "../received-bytes.ts";
import { Shutdown } from "../shutdown.ts";
import { attempt, callOnDrain, callOnEnd, callOnError, callOnProgress } from "../uncaught.ts";
import type { Loop } from "./loop.ts";
import type { OpTag } from "./operations.ts";
import { UringPoll } from "./poll.ts";
import type { LoanedBuffer, PooledBuffer } from "./pooled-buffer.ts";
import { SendQueue } from "./send-queue.ts";
import { prepSend, prepSendmsg } from "./sqe.ts";
import { StreamReceiver } from "./stream-receiver.ts";
import type { Preparing } from "./tick.ts";

const SEND: OpTag = 3;

/** From this many bytes on, a copy costs more than a call. */
const LARGE = 4096;

const { MSG } = constants;
const SEND_FLAGS = MSG.NOSIGNAL | MSG.WAITALL;
const { EAGAIN, ECANCELED, EINTR, EPIPE } = errnos;

/** A stream: its sending half, its failures, and its end. */
export class UringStream extends StreamReceiver implements Stream, Preparing {
  readonly #queue: SendQueue;
  /**
   * Whether a send is in flight, or will be submitted before the ring is next entered. "peeked":
   * its result was used before its completion was read.
   */
  #send: "idle" | "deferred" | "sending" | "peeked" = "idle";
  #message: PooledBuffer | undefined;
  #failureReported = false;
  /** undefined until shutdown() is called. */
  #shutdown: Shutdown | undefined;

  constructor(loop: Loop, fd: number, handlers: StreamHandlers) {
    super(loop, fd, handlers);
    this.#queue = new SendQueue(loop.sendMemory);
  }

  get pendingBytes(): number {
    return this.failed === 0 ? this.#queue.bytes : 0;
  }

  write(bytes: Uint8Array): void {
    if (this.stopped || this.failed < 0) return;
    if (this.#shutdown !== undefined) throw writeAfterEnd("write() after end()");
    const length = lengthOf(bytes);
    const sent = length < LARGE ? 0 : this.#sendAtOnce(bytes, length);
    // Even empty bytes go to the queue, which checks that they may be sent.
    if (sent === length && length > 0) return;
    this.#queue.add(sent === 0 ? bytes : partOfLent(bytes, sent));
    this.#prepareSoon();
  }

  /** Everything written before the ring is entered is sent with one entry. */
  writev(pieces: readonly Uint8Array[]): void {
    // Throws on a view of a handler that has returned, before anything is queued.
    for (const piece of pieces) loanOf(piece);
    if (this.stopped || this.failed < 0) return;
    if (this.#shutdown !== undefined) throw writeAfterEnd("write() after end()");
    for (const piece of pieces) this.#queue.add(piece);
    this.#prepareSoon();
  }

  override sendReceived(buffer: LoanedBuffer, length: number): void {
    if (this.stopped || this.failed < 0 || this.#shutdown !== undefined) return;
    this.#queue.addReceived(buffer, length);
    this.#prepareSoon();
  }

  writeText(text: string, encoding: BufferEncoding, most: number): number {
    if (text.length === 0 || this.stopped || this.failed < 0) return 0;
    if (this.#shutdown !== undefined) throw writeAfterEnd("write() after end()");
    const length = this.#queue.addText(text, encoding, most);
    this.#prepareSoon();
    return length;
  }

  letTicksRun(): void {
    this.loop.tick.letTicksRun();
  }

  pollDuplicate(fd: number, done: (errno: number) => void): PendingPoll {
    return new UringPoll(this.loop, fd, "send", done);
  }

  failSending(errno: number): void {
    if (!this.stopped && this.failed === 0) this.#failToSend(errno);
  }

  shutdown(done?: (errno: number) => void): void {
    if (this.stopped) return;
    this.#shutdown ??= new Shutdown();
    this.#shutdown.whenMade(done);
    this.callBackSoon();
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.stopped) return;
    this.stop();
    if (this.pendingBytes === 0) this.#finish();
  }

  release(done: (errno: number, received: readonly Uint8Array[]) => void): void {
    if (this.stopped) return;
    this.whenClosed((errno) => {
      done(this.released ? 0 : errno || -ECANCELED, this.takeKept());
    });
    this.stopToRelease();
    this.callBackSoon();
  }

  closeNow(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.closing) return;
    if (!this.stopped || this.releasing) this.stop();
    if (this.#send === "sending") this.#takeResult();
    // While an operation is in flight the system's buffer is full, since a send is tried
    // immediately.
    if (this.#send !== "sending" && this.failed === 0) this.#sendNow();
    if (this.failed === 0 && this.#queue.bytes > 0) this.failed = -ECANCELED;
    this.#finish();
  }

  reset(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.closing) return;
    if (!this.stopped || this.releasing) this.stop();
    if (this.failed === 0 && this.#queue.bytes > 0) this.failed = -ECANCELED;
    lingerAtOnce(linux, this.fd);
    this.#finish();
  }

  /** Submits the queued bytes. */
  prepare(): void {
    if (this.#send !== "deferred") return;
    this.#send = "idle";
    if (this.failed < 0) return;
    const { first } = this.#queue;
    if (first === undefined) return;
    this.#send = "sending";
    const { fd } = this;
    if (this.#queue.several) {
      const message = this.#queue.message();
      this.#message = message;
      prepSendmsg(this.getSqe(SEND), { fd, message, flags: SEND_FLAGS });
    } else {
      const { buffer, offset, length } = first;
      this.#queue.sending = length;
      prepSend(this.getSqe(SEND), { fd, buffer, offset, length, flags: SEND_FLAGS });
    }
  }

  override runCallbacks(): void {
    super.runCallbacks();
    if (this.releasing) {
      this.#letGo();
      return;
    }
    if (this.stopped) {
      this.#shutdown?.settle(-ECANCELED);
      return;
    }
    this.deliverReceived();
    if (this.#queue.bytes === 0) this.#shutDown();
  }

  protected override abandon(errno: number): void {
    super.abandon(errno);
    this.#send = "idle";
    this.#message?.release();
    this.#message = undefined;
    this.#queue.clear();
    if (this.failed === 0) this.failed = errno;
    if (this.stopped) this.#finish();
    else if (!this.#failureReported) this.#reportFailure(false);
  }

  protected override get inFlight(): boolean {
    return this.#send === "sending" || super.inFlight;
  }

  protected override done(tag: OpTag, result: number, flags: number): void {
    if (tag === SEND) this.#sent(result);
    else super.done(tag, result, flags);
    if (this.releasing) this.callBackSoon();
  }

  protected override stop(): void {
    super.stop();
    if (this.#shutdown?.isAwaited) this.callBackSoon();
  }

  protected override receiveCompleted(): void {
    // Shutdown.make() may have been waiting for the receive.
    if (this.#shutdown?.isWanted) this.callBackSoon();
  }

  protected override receivedLast(result: number): void {
    if (this.stopped || this.#failureReported) return;
    const ended = result === 0 && this.#endIsThePeers();
    if (ended && !this.paused) callOnEnd(this.handlers);
    if (this.failed === 0 && result < 0) this.#failToReceive(result);
    else if (this.failed < 0 && !this.stopped) this.#reportFailure(ended && this.paused);
  }

  /**
   * Whether a received end was sent by the peer: once sending has reported a reset, receiving
   * reports an end too.
   */
  #endIsThePeers(): boolean {
    return this.failed === 0 || this.failed === -EPIPE;
  }

  /**
   * Sends a large piece immediately, for a program that awaits its writes: an entry needs a copy,
   * which would cost more than the call. Returns how many bytes the kernel has taken.
   */
  #sendAtOnce(bytes: Uint8Array, length: number): number {
    if (this.#send !== "idle" || this.#queue.bytes > 0 || !this.loop.tick.maySend(length)) return 0;
    // Throws if the memory may have been reused.
    loanOf(bytes);
    const sent = linux.send(this.fd, bytes, MSG.NOSIGNAL | MSG.DONTWAIT);
    if (sent < 0 && sent !== -EAGAIN && sent !== -EINTR) this.#failSoon(sent);
    return Math.max(sent, 0);
  }

  /**
   * Reports a failure in a later turn, since no handler is called inside a call by the program.
   * Nothing is sent in the meantime.
   */
  #failSoon(errno: number): void {
    this.#send = "deferred";
    this.loop.tick.deferCallback({
      runCallbacks: () => {
        if (this.#send === "deferred") this.#send = "idle";
        if (this.failed === 0 && !this.closing) this.#failToSend(errno);
      },
    });
  }

  /**
   * Sends with plain calls until the system's buffer is full: closing might cancel an operation
   * before it even starts.
   */
  #sendNow(): void {
    for (let bytes = this.#queue.firstBytes(); bytes !== undefined; bytes = this.#queue.firstBytes()) {
      const sent = linux.send(this.fd, bytes, MSG.NOSIGNAL | MSG.DONTWAIT);
      if (sent === -EINTR) continue;
      if (sent < 0 && sent !== -EAGAIN) this.failed = causeOfFailedSend(linux, this.fd, sent);
      if (sent > 0) this.#queue.sent(sent);
      if (sent < bytes.length) return;
    }
  }

  /** Takes the result of the send in flight, if it has completed since the ring was last read. */
  #takeResult(): void {
    const result = this.peekResult(SEND);
    if (result === undefined) return;
    this.#send = "peeked";
    this.#message?.release();
    this.#message = undefined;
    if (result >= 0) this.#queue.sent(result);
    else if (result !== -EINTR && result !== -EAGAIN && this.failed === 0)
      this.failed = causeOfFailedSend(linux, this.fd, result);
  }

  #sent(result: number): void {
    if (this.#send === "peeked") return;
    this.#send = "idle";
    this.#message?.release();
    this.#message = undefined;
    if (this.failed < 0) {
      this.#queue.clear();
      if (this.stopped) this.#finish();
    } else if (result >= 0) {
      // MSG_WAITALL loses the error that ended a send in part (io_send in io_uring/net.c).
      const lost = result < this.#queue.sending ? lostError(linux, this.fd) : 0;
      this.#queue.sent(result);
      if (lost < 0) {
        this.#failToSend(lost);
      } else if (this.#queue.bytes > 0) {
        this.#prepareSoon();
        this.#reportSent();
      } else this.#drained();
    } else if (result === -EINTR || result === -EAGAIN) {
      this.#prepareSoon();
    } else {
      this.#failToSend(result);
    }
  }

  #reportSent(): void {
    if (this.stopped) return;
    callOnProgress(this.handlers);
  }

  #drained(): void {
    if (this.stopped) {
      this.#finish();
      return;
    }
    callOnDrain(this.handlers);
    if (this.#queue.bytes === 0) this.#shutDown();
  }

  /** Everything is sent: shuts down sending, if requested. */
  #shutDown(): void {
    const shutdown = this.#shutdown;
    if (shutdown === undefined || this.stopped) return;
    if (shutdown.isWanted) {
      const result = shutdown.make(linux, this.fd, this.failed, this.keptLast, this.isReceiving);
      // The receive in flight has taken the error, and will report it.
      if (result === undefined) return;
      if (result < 0 && this.failed === 0) {
        this.#failToSend(result);
        return;
      }
    }
    shutdown.settle(0);
  }

  #failToReceive(errno: number): void {
    this.failed = errno;
    if (this.#send === "sending") this.cancelAll(SEND);
    else this.#queue.clear();
    this.#reportFailure(false);
  }

  /** Sending has failed: data that the system has received is delivered first. */
  #failToSend(errno: number): void {
    // The receive in flight may have taken the socket's error, such as a reset: a send then gets
    // EPIPE (sk_stream_error in net/core/stream.c).
    this.failed =
      errno === -EPIPE && this.keptLast < 0 ? this.keptLast : causeOfFailedSend(linux, this.fd, errno);
    this.#queue.clear();
    if (this.stopped) {
      this.#finish();
      return;
    }
    attempt((failed: number) => this.handlers.sendingFailed?.(failed), this.failed);
    if (this.stopped) return;
    this.#shutDown();
    if (this.receivingIsOver) {
      // Undelivered data and the end are delivered first.
      if (!this.hasKept) this.#reportFailure(false);
      else if (this.keepsLastAlone && this.paused) this.receivedLast(this.keptLast);
      else this.callBackSoon();
    } else if (this.isReceiving) this.cancelReceive();
    else this.receive();
  }

  #reportFailure(ended: boolean): void {
    this.#failureReported = true;
    this.endReceiving();
    callOnError(this.handlers, this.failed, ended);
    this.#shutDown();
  }

  /** Releases the descriptor, once everything is sent and nothing is in flight. */
  #letGo(): void {
    if (this.failed === 0 && this.#queue.bytes > 0) return;
    const shutdown = this.#shutdown;
    if (shutdown?.isWanted) {
      const result = shutdown.make(linux, this.fd, this.failed, this.keptLast, this.isReceiving);
      // The receive in flight has taken the error, and will report it.
      if (result === undefined) return;
      if (this.failed === 0) this.failed = result;
    }
    shutdown?.settle(0);
    // The receive took the error, so the socket's next owner could not find it.
    if (this.failed === 0) this.failed = this.keptLast;
    if (this.failed < 0) this.#finish();
    else if (!this.inFlight) this.releaseDescriptor();
  }

  /** The second half of closing: drops anything not sent by now. */
  #finish(): void {
    if (this.closing || (this.releasing && this.failed === 0)) return;
    if (this.#send === "sending") this.cancelAll(SEND);
    else this.#queue.clear();
    this.closeDescriptor(this.failed);
  }

  #prepareSoon(): void {
    if (this.#send !== "idle") return;
    this.#send = "deferred";
    this.loop.tick.deferSubmit(this);
  }
}
