import type { Forwarding, PendingPoll, Stream } from "../../engine/engine.ts";
import { loanOf } from "../../engine/received-bytes.ts";
import { writeAfterEnd } from "../../errors/argument.ts";
import { defined } from "../../invariant.ts";
import { readOption } from "../../options/read-option.ts";
import { TCP } from "../../options/tcp.ts";
import { writeOption } from "../../options/write-option.ts";
import type { System } from "../../system/system.ts";
import { copyOf, lengthOf } from "../../system/view.ts";

/** Something sent in the order of the writes, but not by write(). */
export interface Sending {
  /** Everything before it is sent. Calls `HeldStream.sent()` once it is sent, too. */
  start(): void;
  /** The system has accepted what it wrote itself. */
  onDrain(): void;
  /** Stops it permanently; calls `then` once it no longer uses the socket. */
  stop(error: unknown, then: () => void): void;
}

/** The connection whose stream is held. */
export interface HeldOwner {
  readonly isOpen: boolean;
  /** Nothing is held back any more; the connection uses the stream directly again. */
  onReleased(inner: Stream): void;
  /** Everything is sent. */
  onDrain(): void;
  readonly sendingError: unknown;
}

/**
 * A connection's stream while something other than bytes is being sent. Writes, the end and a
 * close() wait here meanwhile. Once all is sent, it passes every call on.
 */
export class HeldStream implements Stream {
  readonly #inner: Stream;
  readonly #owner: HeldOwner;
  /** Waiting entries, in order; the first `#next` are done. */
  #waiting: (Uint8Array | Sending)[] = [];
  #next = 0;
  #waitingBytes = 0;
  #current: Sending | undefined;
  #state: "holding" | "started" | "released" = "holding";
  #ended = false;
  #shutdowns: ((errno: number) => void)[] = [];
  /** How it ends once all is sent: close() or release(). */
  #finish: (() => void) | undefined;
  #closeCalls: ((errno: number) => void)[] = [];
  /** The callback that waits for a release(). */
  #released: ((errno: number, received: readonly Uint8Array[]) => void) | undefined;

  /**
   * Whether TCP holds back partial segments until all is sent, as nginx's tcp_nopush does: with
   * Nagle's algorithm, the last segment of a file would wait until the peer has acknowledged a
   * header before it, 40 ms.
   */
  readonly #corked: boolean;

  constructor(inner: Stream, owner: HeldOwner) {
    const { system, fd } = inner;
    this.#inner = inner;
    this.#owner = owner;
    // The program may have set TCP_CORK itself.
    this.#corked =
      system.sendfile !== undefined &&
      readOption(system, fd, TCP.CORK) === false &&
      writeOption(system, fd, TCP.CORK, true) === 0;
  }

  /** The engine's stream, which also sends what a Sending writes. */
  get inner(): Stream {
    return this.#inner;
  }

  get system(): System {
    return this.#inner.system;
  }

  get fd(): number {
    return this.#inner.fd;
  }

  /** The bytes of write() that wait: not those of a Sending. */
  get pendingBytes(): number {
    const before = this.#state === "started" ? 0 : this.#inner.pendingBytes;
    return before + this.#waitingBytes;
  }

  get #isReleased(): boolean {
    return this.#state === "released";
  }

  /** Sends it after everything written so far. */
  send(sending: Sending): void {
    this.#waiting.push(sending);
    this.#proceed();
  }

  /** The current one is sent. */
  sent(sending: Sending): void {
    if (this.#current !== sending) return;
    this.#current = undefined;
    this.#state = "holding";
    this.#proceed();
  }

  /** Drops one that has not started. */
  drop(sending: Sending): void {
    if (this.#current === sending) {
      this.sent(sending);
      return;
    }
    this.#waiting = this.#waiting.slice(this.#next).filter((each) => each !== sending);
    this.#next = 0;
  }

  /** The engine's stream has sent everything that it was given. */
  onDrain(): void {
    if (this.#current === undefined) return;
    if (this.#state === "started") this.#current.onDrain();
    else this.#start(this.#current);
  }

  /** The connection has failed: drops the waiting entries. */
  fail(error: unknown): void {
    if (this.#isReleased) return;
    // First, because the next calls may close the stream, after which it calls nobody back.
    for (const done of this.#shutdowns) this.#inner.shutdown(done);
    this.#abandon(error, () => this.#finish?.());
  }

  write(bytes: Uint8Array): void {
    if (this.#isReleased) {
      this.#inner.write(bytes);
      return;
    }
    if (this.#ended) throw writeAfterEnd("write() after end()");
    loanOf(bytes);
    const length = lengthOf(bytes);
    if (length === 0) return;
    this.#waiting.push(copyOf(bytes));
    this.#waitingBytes += length;
  }

  writev(pieces: readonly Uint8Array[]): void {
    if (this.#isReleased) {
      this.#inner.writev(pieces);
      return;
    }
    // Throws on a view of a handler that has returned, before anything is queued.
    for (const piece of pieces) loanOf(piece);
    for (const piece of pieces) this.write(piece);
  }

  writeText(text: string, encoding: BufferEncoding, most: number): number {
    if (this.#isReleased) return this.#inner.writeText(text, encoding, most);
    const bytes = Buffer.from(text, encoding);
    this.write(bytes);
    return bytes.length;
  }

  shutdown(done: (errno: number) => void = ignore): void {
    if (this.#isReleased) {
      this.#inner.shutdown(done);
      return;
    }
    this.#ended = true;
    this.#shutdowns.push(done);
  }

  close(done?: (errno: number) => void): void {
    if (this.#isReleased) {
      this.#inner.close(done);
      return;
    }
    if (done !== undefined) this.#closeCalls.push(done);
    this.#finishBy(() => this.#inner.close());
  }

  release(done: (errno: number, received: readonly Uint8Array[]) => void): void {
    this.#released = done;
    this.#finishBy(() => this.#inner.release(done));
  }

  closeNow(done?: (errno: number) => void): void {
    this.#endBy((inner) => inner.closeNow(done));
  }

  reset(done?: (errno: number) => void): void {
    this.#endBy((inner) => inner.reset(done));
  }

  resume(): void {
    if (this.#finish === undefined) this.#inner.resume();
  }

  pause(): void {
    this.#inner.pause();
  }

  forward(to: Stream): Forwarding {
    return this.#inner.forward(to);
  }

  pollDuplicate(fd: number, done: (errno: number) => void): PendingPoll {
    return this.#inner.pollDuplicate(fd, done);
  }

  failSending(errno: number): void {
    this.#inner.failSending(errno);
  }

  letTicksRun(): void {
    this.#inner.letTicksRun();
  }

  ref(): void {
    this.#inner.ref();
  }

  unref(): void {
    this.#inner.unref();
  }

  hasRef(): boolean {
    return this.#inner.hasRef();
  }

  #proceed(): void {
    while (this.#current === undefined && this.#next < this.#waiting.length) {
      const next = defined(this.#waiting[this.#next++], "it is one of them");
      if (next instanceof Uint8Array) {
        this.#waitingBytes -= next.length;
        this.#inner.write(next);
      } else {
        this.#current = next;
        if (this.#inner.pendingBytes === 0) this.#start(next);
      }
    }
    if (this.#current !== undefined) return;
    this.#release();
    for (const done of this.#shutdowns) this.#inner.shutdown(done);
    this.#finish?.();
    // The system may have accepted the waiting data immediately, which the engine does not report.
    // Later, because the program may have called this, or a file that is not closed yet.
    this.system.clock.setImmediate(() => {
      const isDrained = this.#finish === undefined && this.#inner.pendingBytes === 0;
      if (isDrained && this.#owner.isOpen) this.#owner.onDrain();
    });
  }

  #start(sending: Sending): void {
    this.#state = "started";
    sending.start();
  }

  #release(): void {
    this.#state = "released";
    if (this.#corked) this.#uncork();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#owner.onReleased(this.#inner);
  }

  #uncork(): void {
    const { system, fd } = this;
    writeOption(system, fd, TCP.CORK, false);
    if (readOption(system, fd, TCP.NODELAY) !== false) return;
    // What was sent before the cork may be unacknowledged, and Nagle's algorithm waits for that.
    // Setting the option pushes the last segment out (__tcp_sock_set_nodelay in net/ipv4/tcp.c).
    writeOption(system, fd, TCP.NODELAY, true);
    writeOption(system, fd, TCP.NODELAY, false);
  }

  /** Ends it once all is sent. No handler is called from now on. */
  #finishBy(finish: () => void): void {
    if (this.#isReleased) {
      finish();
      return;
    }
    this.#inner.pause();
    this.#finish ??= () => {
      finish();
      for (const done of this.#closeCalls) this.#inner.close(done);
    };
  }

  /** Ends it without waiting. */
  #endBy(end: (inner: Stream) => void): void {
    if (this.#isReleased) {
      end(this.#inner);
      return;
    }
    // No handler is called until the file no longer uses the socket.
    this.#inner.pause();
    const shutdowns = this.#shutdowns;
    this.#abandon(this.#owner.sendingError, () => {
      const closes = this.#closeCalls;
      const released = this.#released;
      this.#closeCalls = [];
      end(this.#inner);
      // Not with release(), which would take the descriptor away before the reset.
      if (released !== undefined)
        closes.push((errno) => released(errno || -this.system.errnos.ECANCELED, []));
      for (const done of closes) this.#inner.close(done);
      for (const done of shutdowns) done(-this.system.errnos.ECANCELED);
    });
  }

  #abandon(error: unknown, then: () => void): void {
    const current = this.#current;
    const later = this.#waiting.slice(this.#next);
    this.#current = undefined;
    this.#shutdowns = [];
    this.#release();
    for (const each of later) if (!(each instanceof Uint8Array)) each.stop(error, ignore);
    if (current === undefined) then();
    else current.stop(error, then);
  }
}

const ignore = () => {};
