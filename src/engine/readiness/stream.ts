import { writeAfterEnd } from "../../errors/argument.ts";
import { invariant } from "../../invariant.ts";
import { WRITABLE } from "../../system/readiness-queue.ts";
import { lengthOf, partOf } from "../../system/view.ts";
import { causeOfFailedSend } from "../broken-pipe.ts";
import type { PendingPoll, Stream } from "../engine.ts";
import { lingerAtOnce } from "../linger-at-once.ts";
import { loanOf } from "../received-bytes.ts";
import { Shutdown } from "../shutdown.ts";
import { attempt, callOnDrain, callOnError, callOnProgress } from "../uncaught.ts";
import { Cork, type Sender } from "./cork.ts";
import { ReadinessPoll } from "./poll.ts";
import { StreamReceiver } from "./stream-receiver.ts";
import { WriteQueue } from "./write-queue.ts";

/** How many pieces one call accepts (UIO_MAXIOV on Linux; elsewhere IOV_MAX in limits.h). */
const IOV_MAX = 1024;

/** How many times to send queued data per turn. */
const CALLS = 4;

/** Shared by streams that have nothing queued; stays empty. */
const nothingWaits = new WriteQueue();

/** A stream: its sending half, its failures, and its end. */
export class ReadinessStream extends StreamReceiver implements Stream, Sender {
  /** Created when bytes first have to wait, which most streams never need. */
  #writeQueue = nothingWaits;
  corkSlot = -1;
  #writable = true;
  /** Bytes that remained when write() returned have been sent, so onDrain() is due. */
  #drained = false;
  /** How far `failed` has been reported: not at all, only to sendingFailed(), or completely. */
  #failureReported: "nothing" | "sending" | "all" = "nothing";
  /** Bytes that will never be sent. They count as pending until the failure is reported. */
  #lost = 0;
  /** undefined until shutdown() is called. */
  #shutdown: Shutdown | undefined;

  get pendingBytes(): number {
    return this.#writeQueue.bytes + this.#lost + this.reactor.cork.of(this);
  }

  override resume(): void {
    if (this.#failureReported !== "all") super.resume();
  }

  write(bytes: Uint8Array): void {
    if (this.stopped || this.#failureReported !== "nothing") return;
    if (this.#shutdown !== undefined) throw writeAfterEnd("write() after end()");
    // Throws if they lie in memory that was received into and used again since.
    loanOf(bytes);
    const length = lengthOf(bytes);
    const { reactor } = this;
    if (length === 0) return;
    if (this.failed < 0) {
      this.#lost += length;
    } else if (this.#writeQueue.bytes > 0) {
      this.#queue(bytes);
    } else if (reactor.serving && Cork.takes(length)) {
      reactor.cork.add(this, bytes, length);
    } else if (reactor.serving || reactor.mayWrite(length)) {
      reactor.cork.send();
      this.#send(bytes, length);
    } else {
      this.#queue(bytes);
      this.later();
    }
  }

  writev(pieces: readonly Uint8Array[]): void {
    const { reactor } = this;
    let length = 0;
    for (const piece of pieces) {
      // Throws on a view of a handler that has returned, before anything is sent.
      loanOf(piece);
      length += lengthOf(piece);
    }
    const isNext = this.#writable && this.#writeQueue.bytes === 0 && this.failed === 0;
    const isLive = !this.stopped && this.#failureReported === "nothing" && this.#shutdown === undefined;
    // Handlers' small writes are gathered anyway; in the other cases each piece is written on its
    // own.
    const isGathered = reactor.serving && Cork.takes(length);
    const mayCall = isLive && isNext && !isGathered && pieces.length <= IOV_MAX && length > 0;
    if (mayCall && (reactor.serving || reactor.mayWrite(length))) this.#sendPieces(pieces, length);
    else for (const piece of pieces) this.write(piece);
  }

  writeText(text: string, encoding: BufferEncoding, most: number): number {
    if (text.length === 0 || this.stopped || this.#failureReported !== "nothing") return 0;
    const { reactor } = this;
    const isNext = this.failed === 0 && this.#writeQueue.bytes === 0 && this.#shutdown === undefined;
    if (!isNext || !(reactor.serving || reactor.mayWrite(most))) {
      const bytes = Buffer.from(text, encoding);
      this.write(bytes);
      return bytes.length;
    }
    const length = reactor.cork.addText(this, text, encoding, most);
    if (!reactor.serving) reactor.cork.send();
    return length;
  }

  /** Each turn handles few events, and ends with ticks. */
  letTicksRun(): void {}

  get maySend(): boolean {
    return this.#writable && this.#writeQueue.bytes === 0 && this.failed === 0;
  }

  sendGathered(bytes: Uint8Array): void {
    this.#send(bytes, lengthOf(bytes));
    this.#drainLater();
  }

  sentGathered(bytes: Uint8Array, sent: number): void {
    const length = lengthOf(bytes);
    if (sent !== length) this.#keepRest(bytes, length, sent);
    this.#drainLater();
  }

  pollDuplicate(fd: number, done: (errno: number) => void): PendingPoll {
    return new ReadinessPoll(this.reactor, fd, "send", done);
  }

  failSending(errno: number): void {
    if (!this.stopped && this.failed === 0) this.fail(errno);
  }

  shutdown(done?: (errno: number) => void): void {
    if (this.stopped) return;
    const isFirst = this.#shutdown === undefined;
    this.#shutdown ??= new Shutdown();
    this.#shutdown.whenMade(done);
    if (done !== undefined) this.later();
    if (!isFirst) return;
    this.#sendGathered();
    this.#shutDown();
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.stopped) return;
    this.stop();
    this.#sendGathered();
    if (this.#writeQueue.bytes === 0) this.closeDescriptor(this.failed);
  }

  release(done: (errno: number, received: readonly Uint8Array[]) => void): void {
    if (this.stopped) return;
    this.whenClosed((errno) => {
      const result = this.released ? 0 : errno || this.reactor.errors.cancelled;
      this.#shutdown?.settle(result);
      done(result, []);
    });
    this.stopToRelease();
    this.pause();
    this.#lost = 0;
    this.#sendGathered();
    this.#letGo();
  }

  closeNow(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.closed) return;
    if (!this.stopped || this.releasing) {
      this.stop();
      this.#sendGathered();
    }
    while (!this.closed && this.#writable && this.#writeQueue.bytes > 0) this.#sendOutgoing();
    if (this.closed) return;
    if (this.failed === 0 && this.#writeQueue.bytes > 0) this.failed = this.reactor.errors.cancelled;
    this.#writeQueue.clear();
    this.closeDescriptor(this.failed);
  }

  reset(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.closed) return;
    if (this.failed === 0 && this.pendingBytes > 0) this.failed = this.reactor.errors.cancelled;
    this.stop();
    this.reactor.cork.drop(this);
    this.#writeQueue.clear();
    lingerAtOnce(this.reactor.system, this.fd);
    this.closeDescriptor(this.failed);
  }

  override ready(ready: number): void {
    this.noteReadable(ready);
    if (ready & WRITABLE) {
      this.#writable = true;
      if (this.#writeQueue.bytes > 0) this.#sendOutgoing();
    }
    if (this.mayReceive) this.receive();
  }

  protected override queueFailed(errno: number): void {
    this.fail(errno);
  }

  protected override continueWork(): void {
    if (this.releasing) {
      this.#letGo();
    } else if (this.stopped) {
      this.#shutdown?.settle(this.reactor.errors.cancelled);
    } else if (this.failed < 0) {
      if (this.#failureReported !== "all") this.#failOnceReceived();
      this.#shutdown?.settle(this.failed);
    } else {
      if (this.#drained && this.pendingBytes === 0) this.#reportDrained();
      if (this.#shutdown?.isWanted === false) this.#shutdown.settle(0);
    }
    if (this.#writeQueue.bytes > 0 && this.#writable) this.#sendOutgoing();
    if (this.mayReceive && this.failed === 0) this.receive();
  }

  /** Reports a failure, once everything that the system has received is delivered. */
  #failOnceReceived(): void {
    if (!this.receivingEnded && this.#failureReported === "nothing") {
      this.#failureReported = "sending";
      this.#lost = 0;
      attempt((errno: number) => this.handlers.sendingFailed?.(errno), this.failed);
      if (this.stopped) return;
    }
    if (this.receivingEnded) this.#reportFailure(false);
    else if (!this.paused) this.receive();
    else {
      const waiting = this.peek();
      if (waiting <= 0) this.#reportFailure(waiting === 0 && this.endIsThePeers);
    }
  }

  #reportFailure(ended: boolean): void {
    this.endReceiving();
    this.#failureReported = "all";
    this.#lost = 0;
    callOnError(this.handlers, this.failed, ended);
  }

  override sendReceived(bytes: Uint8Array, length: number): void {
    if (this.stopped || this.#failureReported !== "nothing" || this.#shutdown !== undefined) return;
    if (this.failed < 0) this.#lost += length;
    else if (this.#writeQueue.bytes > 0) this.#queue(bytes);
    else if (Cork.takes(length)) this.reactor.cork.add(this, bytes, length);
    else {
      this.reactor.cork.send();
      this.#send(bytes, length);
    }
  }

  override get isFull(): boolean {
    return this.#writeQueue.bytes + this.#lost > 0;
  }

  /** Sends the gathered bytes of this stream. */
  #sendGathered(): void {
    if (this.corkSlot >= 0) this.reactor.cork.send();
  }

  #queue(bytes: Uint8Array): void {
    if (this.#writeQueue === nothingWaits) this.#writeQueue = new WriteQueue();
    this.#writeQueue.add(bytes);
  }

  /** Sends bytes immediately if none are queued, and copies those that the system does not take. */
  #send(bytes: Uint8Array, length: number): void {
    if (this.maySend) {
      const { system, sendFlags } = this.reactor;
      const sent = system.send(this.fd, bytes, sendFlags);
      if (sent !== length) this.#keepRest(bytes, length, sent);
    } else if (this.failed < 0) {
      this.#lost += length;
    } else {
      this.#queue(bytes);
    }
  }

  /** Keeps the bytes that a send() did not take. */
  #keepRest(bytes: Uint8Array, length: number, sent: number): void {
    this.#tookLess(sent);
    if (this.failed < 0) this.#lost += length;
    else this.#queue(sent > 0 ? partOf(bytes, sent, length) : bytes);
  }

  /**
   * Reports later that gathered bytes were sent, because this may run inside another stream's
   * write().
   */
  #drainLater(): void {
    if (this.#writeQueue.bytes > 0 || this.failed < 0) return;
    this.#drained = true;
    this.later();
  }

  /** Sends pieces in one call, and copies the bytes that the system does not take. */
  #sendPieces(pieces: readonly Uint8Array[], length: number): void {
    const { system, sendFlags, cork } = this.reactor;
    cork.send();
    // Sending those may have failed, or filled the system's buffer.
    if (!this.#writable || this.#writeQueue.bytes > 0 || this.failed < 0) {
      for (const piece of pieces) this.write(piece);
      return;
    }
    const message = { address: null, data: pieces, locations: null, control: null, flags: 0, bytes: 0 };
    const sent = system.sendmsg(this.fd, message, sendFlags);
    if (sent === length) return;
    this.#tookLess(sent);
    if (this.failed < 0) {
      this.#lost += length;
      return;
    }
    let taken = Math.max(sent, 0);
    for (const piece of pieces) {
      const size = lengthOf(piece);
      if (taken < size) this.#queue(taken > 0 ? partOf(piece, taken, size) : piece);
      taken = Math.max(0, taken - size);
    }
  }

  #tookLess(sent: number): void {
    const { errors } = this.reactor;
    if (sent >= 0 || sent === errors.wouldBlock) this.#full();
    else if (sent === errors.interrupted) this.later();
    else this.fail(sent);
  }

  /** Sends queued bytes until the system's buffer is full or this turn's share is used up. */
  #sendOutgoing(): void {
    const { system, errors, sendFlags } = this.reactor;
    const writeQueue = this.#writeQueue;
    for (let calls = 0; calls < CALLS; calls++) {
      const bytes = writeQueue.first();
      const sent = system.send(this.fd, bytes, sendFlags);
      if (sent > 0) writeQueue.sent(sent);
      if (writeQueue.bytes === 0) {
        this.#reportDrained();
        return;
      }
      if (sent === errors.wouldBlock || (sent >= 0 && sent < bytes.length)) {
        this.#full();
        this.#reportSent();
        return;
      }
      if (sent < 0 && sent !== errors.interrupted) {
        this.fail(sent);
        return;
      }
    }
    this.later();
    this.#reportSent();
  }

  #reportSent(): void {
    if (this.stopped || this.failed < 0) return;
    callOnProgress(this.handlers);
  }

  #full(): void {
    this.#writable = false;
    const returned = this.await(WRITABLE);
    if (returned < 0) this.fail(returned);
  }

  #reportDrained(): void {
    this.#drained = false;
    if (this.releasing) {
      this.#letGo();
      return;
    }
    if (this.stopped) {
      this.closeDescriptor(0);
      return;
    }
    callOnDrain(this.handlers);
    this.#shutDown();
  }

  /** Shuts down sending, if that was requested and everything is sent. */
  #shutDown(): void {
    const shutdown = this.#shutdown;
    if (!shutdown?.isWanted || this.stopped || this.pendingBytes > 0) return;
    const result = shutdown.make(this.reactor.system, this.fd, this.failed);
    invariant(result !== undefined, "no receive is in flight");
    if (result < 0) this.fail(result);
    if (shutdown.isAwaited) this.later();
  }

  /** Releases the descriptor, once everything is sent. */
  #letGo(): void {
    if (this.closed || (this.failed === 0 && this.pendingBytes > 0)) return;
    if (this.#shutdown?.isWanted) {
      const result = this.#shutdown.make(this.reactor.system, this.fd, this.failed);
      invariant(result !== undefined, "no receive is under way");
      if (this.failed === 0) this.failed = result;
    }
    if (this.failed < 0) this.closeDescriptor(this.failed);
    else this.releaseDescriptor();
  }

  /** The handler is called in a later turn, since this may run inside a call by the program. */
  protected override fail(errno: number): void {
    if (this.failed < 0) {
      this.later();
      return;
    }
    this.failed = causeOfFailedSend(this.reactor.system, this.fd, errno);
    // No handler is called while it closes.
    this.#lost = this.stopped ? 0 : this.#writeQueue.bytes;
    this.#writeQueue.clear();
    if (this.stopped) this.closeDescriptor(this.failed);
    this.later();
  }

  protected override stop(): void {
    super.stop();
    this.#lost = 0;
    if (this.#shutdown?.isAwaited) this.later();
  }
}
