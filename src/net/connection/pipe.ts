import type { Forwarding, Stream } from "../../engine/engine.ts";
import { invalidState, writeAfterEnd } from "../../errors/argument.ts";

/** A connection, for its pipes. @internal */
export interface PipeEnd {
  readonly stream: Stream;
  readonly isOpen: boolean;
  readonly pendingBytes: number;
  readonly receivingEnded: boolean;
  readonly sendingEnded: boolean;
  /** Why nothing is received from one that is not open. */
  readonly receivingError: unknown;
  /** Why nothing is sent to one that is not open. */
  readonly sendingError: unknown;
  /** `noPipes` until the first. */
  pipes: Pipes;
  /** Throws unless something else may receive just now. */
  checkReadable(): void;
  /** Throws if something else sends, or sending has failed. */
  checkWritable(): void;
  /** Returns received data that has not been read, after `checkReadable()`. */
  takeUnread(): Uint8Array | undefined;
  /** Receives for a pipe. */
  resumeForPipe(): void;
  /** Receives again for a pipe that was full, unless the program has it paused. */
  resumeFullPipe(): void;
  /** Sends everything written, then the end. */
  finish(done: (error: unknown) => void): void;
  endSending(): void;
  closeIfEnded(): void;
  /**
   * Resets the connection because the other end of its pipe is gone, in the event loop's next turn:
   * until then the system takes what was received before.
   */
  resetForPipe(error: unknown): void;
  resetBecause(error: unknown): void;
}

const nothing = new Uint8Array(0);

/** Takes the bytes of a pipe from the handler `data()`, and forwards them. @internal */
export interface Diversion {
  /** The source has ended: `Pipe.finish()` follows the last bytes. */
  onEnd(): void;
  /** The target has sent everything. */
  onDrain(): void;
}

/** Forwards what one connection receives to another. @internal */
export class Pipe {
  readonly from: PipeEnd;
  readonly to: PipeEnd;
  #forwarding: Forwarding | undefined;
  #diversion: Diversion | undefined;
  /**
   * "ending": the source has ended, and the rest is being sent. "broken": the target takes nothing
   * more, but is still received from.
   */
  #state: "open" | "ending" | "broken" | "ended" = "open";
  /** The number of bytes sent by other means than `#forwarding`. */
  #others = 0;
  #failure: { readonly error: unknown } | null = null;
  #whenEnded: (() => void) | undefined;

  constructor(from: PipeEnd, to: PipeEnd) {
    this.from = from;
    this.to = to;
    this.#forwarding = from.stream.forward(to.stream);
  }

  /**
   * Resolves once all is sent, with the end after it. May be called once, by callers that do not
   * only count.
   */
  untilEnded(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => (this.#failure === null ? resolve() : reject(this.#failure.error));
      if (this.#state === "ended") settle();
      else this.#whenEnded = settle;
    });
  }

  get bytes(): number {
    return this.#others + (this.#forwarding?.bytes ?? 0);
  }

  /** Sends bytes that were not forwarded. */
  send(bytes: Uint8Array): void {
    this.#others += bytes.length;
    this.to.stream.write(bytes);
  }

  /** Stops forwarding, or without an argument resumes it. */
  divert(diversion: Diversion | undefined): void {
    if (this.#state !== "open" || this.#diversion === diversion) return;
    this.#diversion = diversion;
    this.#stopForwarding();
    if (diversion === undefined) this.#forwarding = this.from.stream.forward(this.to.stream);
    this.from.resumeFullPipe();
  }

  /** The source has ended: the end follows what is not sent yet. */
  onEnd(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    if (this.#diversion === undefined) this.finish();
    else this.#diversion.onEnd();
  }

  /** Sends the end. */
  finish(): void {
    if (this.#state !== "ending") return;
    const { to } = this;
    if (to.isOpen && to.receivingEnded && to.pendingBytes === 0) {
      // Closing sends the end as well, in one call.
      to.endSending();
      this.#end(null);
      to.closeIfEnded();
      return;
    }
    to.finish((error) => {
      if (error === null) this.#end(null);
      else this.fail(error);
    });
  }

  /** The target has sent everything. */
  onDrain(): void {
    this.#diversion?.onDrain();
    if (this.#state === "open") this.from.resumeFullPipe();
  }

  /**
   * The target cannot be sent to.
   *
   * @param isReceived whether its own pipe still receives what it has: its failure follows
   */
  onSendingFailed(error: unknown, isReceived: boolean): void {
    if (!isReceived) {
      this.fail(error);
    } else if (this.#state === "open") {
      this.#state = "broken";
      // Dropped, so that a peer that reads only after writing gets to read.
      this.from.resumeFullPipe();
    }
  }

  /** One of the two has failed, or is closed. */
  onClosing(which: PipeEnd): void {
    if (which === this.to) this.fail(which.sendingError);
    // Once the source has ended, the target has everything that it received.
    else if (this.#state !== "ending") this.fail(which.receivingError);
  }

  abort(reason: unknown): void {
    if (this.#state === "ended") return;
    this.#end({ error: reason });
    this.from.resetBecause(reason);
    this.to.resetBecause(reason);
  }

  /** Ends it with an error, and resets both connections. */
  fail(error: unknown): void {
    if (this.#state === "ended") return;
    const sourceHasEnded = this.#state === "ending";
    this.#end({ error });
    if (!sourceHasEnded && this.from.isOpen) this.from.resetForPipe(error);
    if (this.to.isOpen) this.to.resetForPipe(error);
  }

  #stopForwarding(): void {
    this.#others = this.bytes;
    this.#forwarding?.stop();
    this.#forwarding = undefined;
  }

  #end(failure: { readonly error: unknown } | null): void {
    this.#state = "ended";
    this.#stopForwarding();
    this.from.pipes.drop(this);
    this.to.pipes.drop(this);
    this.#failure = failure;
    this.#whenEnded?.();
  }
}

const noneInto: readonly Pipe[] = [];

/** The pipes of a connection. @internal */
export class Pipes {
  /** The pipe that takes what it receives. */
  out: Pipe | undefined;
  /** The pipes that send to it. The array is replaced, never changed. */
  into = noneInto;
  /** The number of bytes that earlier pipes have sent to it. */
  #earlier = 0;

  get isEmpty(): boolean {
    return this.out === undefined && this.into.length === 0;
  }

  /** Throws if a pipe takes what is received. */
  checkNoneOut(): void {
    if (this.out !== undefined) throw invalidState("a pipe() is reading from the connection");
  }

  /** Throws if a pipe sends to the connection, and will send the end. */
  checkNoneInto(): void {
    if (this.into.length > 0) throw invalidState("a pipe() is sending to the connection, and will end it");
  }

  /** Whether receiving waits until the other end has sent more. */
  get isFull(): boolean {
    return this.out !== undefined && this.out.to.pendingBytes > 0;
  }

  /** The number of bytes that pipes have sent to the connection. */
  get bytesInto(): number {
    let bytes = this.#earlier;
    for (const pipe of this.into) bytes += pipe.bytes;
    return bytes;
  }

  /** The peer has ended: returns whether a pipe sends the end. */
  onEnd(): boolean {
    const pipe = this.out;
    pipe?.onEnd();
    return pipe !== undefined;
  }

  drop(pipe: Pipe): void {
    if (this.out === pipe) this.out = undefined;
    if (!this.into.includes(pipe)) return;
    this.into = this.into.length === 1 ? noneInto : this.into.filter((each) => each !== pipe);
    this.#earlier += pipe.bytes;
  }

  onDrain(): void {
    for (const pipe of this.into) pipe.onDrain();
  }

  onSendingFailed(error: unknown, isReceived: boolean): void {
    for (const pipe of this.into) pipe.onSendingFailed(error, isReceived);
  }

  onClosing(which: PipeEnd): void {
    this.out?.onClosing(which);
    for (const pipe of this.into) pipe.onClosing(which);
  }
}

/** The pipes of a connection without any. Stays empty. @internal */
export const noPipes = new Pipes();

/** Throws if nothing can be piped from one to the other. @internal */
export function checkPipe(from: PipeEnd, to: PipeEnd): void {
  if (!from.isOpen) throw from.receivingError;
  if (!to.isOpen) throw to.sendingError;
  if (to.sendingEnded) throw writeAfterEnd("cannot pipe() to a connection after its end()");
  // Throws after an end() that waits for what was written before.
  to.stream.write(nothing);
  to.checkWritable();
  if (from.pipes.out !== undefined) throw invalidState("the connection already has a pipe()");
  from.checkReadable();
}

/** Pipes from one to the other, after `checkPipe()`. @internal */
export function startPipe(from: PipeEnd, to: PipeEnd): Pipe {
  const unread = from.takeUnread();
  const pipe = new Pipe(from, to);
  if (from.pipes === noPipes) from.pipes = new Pipes();
  if (to.pipes === noPipes) to.pipes = new Pipes();
  from.pipes.out = pipe;
  const { into } = to.pipes;
  to.pipes.into = into === noneInto ? [pipe] : [...into, pipe];
  if (unread !== undefined) pipe.send(unread);
  if (from.receivingEnded) pipe.onEnd();
  else from.resumeForPipe();
  return pipe;
}
