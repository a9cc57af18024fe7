import type { Engine, StreamHandlers } from "../../engine/engine.ts";
import { invalidState, invalidStateForGood } from "../../errors/argument.ts";
import { lengthOf } from "../../system/view.ts";
import type { WaitOptions } from "../abort.ts";
import { Waiters } from "../waiters.ts";
import { type ConnectionError, connectionError, receivingClosed, sendingClosed } from "./connection-error.ts";
import { OpenStream, type StreamOwner } from "./open-stream.ts";
import { asResult } from "./pieces.ts";

/** Copies a view of the engine's, which may be a Buffer, whose own slice() does not copy. */
const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

const nothing = () => {};

/** Who takes a stream over, as a Duplex does. */
export interface Consumer extends StreamHandlers {
  sendingFailed(errno: number): void;
  /**
   * The descriptor is closed before both sides had ended: by the program, its listener, or a
   * failure.
   */
  closed(error: unknown): void;
}

/**
 * A connection whose program asks for bytes. It receives from the first read() on, and one piece
 * ahead at most: a peer whose bytes nobody reads is not received from.
 */
export class PulledStream extends OpenStream {
  readonly #readers = new Waiters<Uint8Array | null>("read()");
  readonly #writers = new Waiters<void>("write()");
  #closers: Waiters<void> | undefined;
  #unread: Uint8Array | undefined;
  /** How many bytes write() and send() were given in all. */
  #written = 0;
  #receivingEnded = false;
  #sendingEnded = false;
  #receiving = false;
  #sendingFailure: ConnectionError | undefined;
  #descriptorClosed = false;
  #consumer: Consumer | undefined;

  constructor(engine: Engine, fd: number, owner: StreamOwner | null) {
    super(engine, fd, owner);
  }

  override onData(bytes: Uint8Array): void {
    if (this.#consumer !== undefined) {
      this.#consumer.onData(bytes);
      return;
    }
    const piece = copy(bytes);
    if (this.#readers.resolveFirst(piece)) return;
    this.#unread = piece;
    this.pause();
  }

  override onEnd(): void {
    this.#receivingEnded = true;
    this.#consumer?.onEnd();
    this.#readers.resolveAll(null);
    this.#closeIfEnded();
  }

  onProgress(): void {
    this.#writers.resolveUpTo(this.#written - this.pendingBytes);
  }

  override onDrain(): void {
    this.#consumer?.onDrain();
    this.#writers.resolveAll();
  }

  /** What has been received can still be read; the failure itself comes after that. */
  sendingFailed(errno: number): void {
    this.#sendingFailure = connectionError(errno);
    this.#writers.rejectAll(this.#sendingFailure);
    // Nobody will read what has been received.
    if (this.#receivingEnded) this.onError(errno, false);
    else this.#consumer?.sendingFailed(errno);
  }

  override onError(errno: number, ended: boolean): void {
    if (ended) this.onEnd();
    super.onError(errno, ended);
    this.#consumer?.onError(errno, ended);
  }

  protected override closing(): void {
    this.#readers.rejectAll(this.error ?? receivingClosed());
    if (this.error !== null) this.#writers.rejectAll(this.error);
  }

  protected override closed(): void {
    this.#descriptorClosed = true;
    // What close() was still sending has been sent, unless something failed.
    if (this.error === null) this.#writers.resolveAll();
    else this.#writers.rejectAll(this.error);
    this.#closers?.resolveAll();
    if (!this.#receivingEnded || !this.#sendingEnded) this.#consumer?.closed(this.error);
  }

  override closeNow(): void {
    super.closeNow();
    this.#writers.rejectAll(this.error ?? sendingClosed());
  }

  override reset(error: unknown = null): void {
    super.reset(error);
    this.#writers.rejectAll(this.error ?? sendingClosed());
  }

  read(options: WaitOptions | undefined): Promise<Uint8Array | null> {
    return this.#read(options, (piece) => piece);
  }

  /** `read()`, for an iterator. */
  next(): Promise<IteratorResult<Uint8Array, void>> {
    return this.#read(undefined, asResult);
  }

  #read<As>(options: WaitOptions | undefined, as: (piece: Uint8Array | null) => As): Promise<As> {
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    const aborted = options?.signal?.aborted === true;
    const piece = this.#unread;
    if (piece !== undefined && !aborted) {
      this.#unread = undefined;
      this.resume();
      return Promise.resolve(as(piece));
    }
    if (this.#receivingEnded && !aborted) return Promise.resolve(as(null));
    if (!this.open) return Promise.reject(this.error ?? receivingClosed());
    if (!aborted) this.resume();
    return this.#readers.wait(options, as);
  }

  /** The bytes are good ones. */
  write(bytes: Uint8Array, options: WaitOptions | undefined): Promise<void> {
    if (this.#consumer !== undefined) return Promise.reject(takenOver());
    if (!this.open) return Promise.reject(this.error ?? sendingClosed());
    if (this.#sendingFailure !== undefined) return Promise.reject(this.#sendingFailure);
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    try {
      this.stream.write(bytes);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#written += lengthOf(bytes);
    return this.pendingBytes === 0 ? Promise.resolve() : this.#writers.wait(options, nothing, this.#written);
  }

  /** Sends what was written, and the end. */
  finish(done: (error: unknown) => void): void {
    if (!this.open) {
      done(this.error ?? sendingClosed());
      return;
    }
    this.stream.shutdown((errno) => {
      if (errno === 0) {
        this.#sendingEnded = true;
        done(null);
        this.#closeIfEnded();
      } else {
        done(this.error ?? (this.open ? connectionError(errno) : sendingClosed()));
      }
    });
  }

  /** Waits until the descriptor is closed. */
  untilClosed(options?: WaitOptions): Promise<void> {
    if (this.#descriptorClosed) return Promise.resolve();
    this.#closers ??= new Waiters("close()");
    return this.#closers.wait(options);
  }

  /** Nobody will read what is still to come. */
  receiveNoMore(): void {
    this.#receivingEnded = true;
    this.#unread = undefined;
    this.pause();
    this.#closeIfEnded();
  }

  /** Gives the stream to a consumer, with what was received and not read yet. */
  handOver(consumer: Consumer): { readonly unread: Uint8Array | undefined; readonly ended: boolean } {
    if (this.#consumer !== undefined) throw takenOver();
    if (!this.open) throw receivingClosed();
    if (this.#readers.size > 0) throw invalidState("a read() of the connection is still waiting");
    this.#consumer = consumer;
    const unread = this.#unread;
    this.#unread = undefined;
    return { unread, ended: this.#receivingEnded };
  }

  /** For who has taken it over: as write(), without a promise. */
  send(bytes: Uint8Array): void {
    this.stream.write(bytes);
    this.#written += lengthOf(bytes);
  }

  resume(): void {
    if (this.#receiving || this.#receivingEnded || !this.open) return;
    this.#receiving = true;
    this.stream.resume();
  }

  pause(): void {
    if (!this.#receiving || !this.open) return;
    this.#receiving = false;
    this.stream.pause();
  }

  /** A connection whose both sides have ended is of no more use. */
  #closeIfEnded() {
    if (this.#receivingEnded && this.#sendingEnded) this.close();
  }
}

function takenOver(): TypeError {
  return invalidStateForGood("the connection belongs to the Duplex of its toDuplex()");
}
