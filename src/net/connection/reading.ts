import type { Stream } from "../../engine/engine.ts";
import { giveBackLent, isLent, keepLent, partOfLent } from "../../engine/received-bytes.ts";
import { detached } from "../../errors/argument.ts";
import { copyOf, copyTo, lengthOf, partOf } from "../../system/view.ts";
import type { WaitOptions } from "../abort.ts";
import { Waiters } from "../waiters.ts";

/**
 * Takes a piece for a read: null is the end. The piece may be lent, and is valid during the call.
 */
export type Take<As> = (piece: Uint8Array | null) => As;

/** The connection that is read from. */
export interface ReadConnection {
  readonly stream: Stream;
  readonly isOpen: boolean;
  /** Whether the peer has ended. */
  readonly receivingEnded: boolean;
  /** Why nothing is received if it is not open. */
  readonly receivingError: unknown;
  /** Fails now, if it failed while there was unread data. */
  failAfterUnread(): void;
}

/**
 * The data that a connection has received but the program has not read, and the waiting reads. Has
 * the engine receive at most one chunk ahead of the program.
 */
export class Reading extends Waiters<Uint8Array | null> {
  /** Received ahead of the program: a copy of our own, or a view that is lent until it is read. */
  #unread: Uint8Array | undefined;
  /** "failed": the connection has failed, which is reported once all received data is read. */
  #state: "paused" | "receiving" | "failed" = "paused";
  /**
   * Whether data received ahead stays in the engine's memory, because the last read needed no copy.
   */
  #keepsAhead = false;

  constructor() {
    super("read()");
  }

  get hasUnread(): boolean {
    return this.#unread !== undefined;
  }

  /** Whether there may be unread data. */
  get isAhead(): boolean {
    return this.#state !== "paused" || this.hasUnread;
  }

  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  /** Delays a failure until all received data is read. */
  failAfterUnread(): void {
    this.#state = "failed";
  }

  /** Has the engine receive. */
  start(connection: ReadConnection): void {
    if (this.#state !== "paused" || connection.receivingEnded || !connection.isOpen) return;
    this.#state = "receiving";
    connection.stream.resume();
  }

  stop(connection: ReadConnection): void {
    if (this.#state !== "receiving" || !connection.isOpen) return;
    this.#state = "paused";
    connection.stream.pause();
  }

  /** Has the engine receive again after it paused by itself. */
  resume(connection: ReadConnection): void {
    if (this.#state === "receiving" && connection.isOpen) connection.stream.resume();
  }

  /** Reads received data, or waits for it. */
  read<As>(
    connection: ReadConnection,
    options: WaitOptions | undefined,
    take: Take<As>,
    keepsAhead: boolean,
    call?: string,
  ): Promise<As> {
    const aborted = options?.signal?.aborted === true;
    this.#keepsAhead = keepsAhead;
    if (this.hasUnread && !aborted) {
      const taken = this.take(take);
      if (!this.hasUnread) {
        connection.failAfterUnread();
        this.start(connection);
      }
      return Promise.resolve(taken);
    }
    if (connection.receivingEnded && !aborted) return Promise.resolve(take(null));
    if (!connection.isOpen) return Promise.reject(connection.receivingError);
    if (!aborted) this.start(connection);
    return this.wait(connection.stream.system.clock, options, take, 0, call);
  }

  /** Passes received bytes to the waiting reads; returns whether any are left. */
  receive(bytes: Uint8Array): boolean {
    let rest: Uint8Array | undefined = bytes;
    while (rest !== undefined && this.size > 0) {
      this.#unread = undefined;
      this.resolveFirst(rest);
      rest = this.#unread;
    }
    if (rest === undefined) return false;
    this.#unread = this.#keepsAhead ? keepLent(rest) : owned(rest);
    return true;
  }

  /** Returns the data received ahead, which must exist. */
  take<As>(take: Take<As>): As {
    const unread = this.#unread ?? null;
    this.#unread = undefined;
    return take(unread);
  }

  /** Takes all data received ahead, as bytes that the caller owns. */
  takeAll(): Uint8Array | undefined {
    return this.#unread === undefined ? undefined : (this.take(own) ?? undefined);
  }

  /** Puts received data, or the rest of it, back to be read next. */
  putBack(bytes: Uint8Array): void {
    this.#unread = bytes;
  }

  /** Returns memory to the engine; data received ahead can still be read. */
  giveBack(): void {
    this.#unread = this.takeAll();
  }

  /** Drops the data received ahead. */
  discard(): void {
    if (this.#unread !== undefined) giveBackLent(this.#unread);
    this.#unread = undefined;
  }

  /** Copies a piece, which stays the next one to read. */
  shown(): Take<Uint8Array | null> {
    return (piece) => {
      if (piece === null) return null;
      this.putBack(piece);
      return new Uint8Array(piece);
    };
  }

  /** Takes as much of a piece as fits into the caller's memory; the rest is read next. */
  into(target: Uint8Array): Take<number | null> {
    return (piece) => {
      if (piece === null) return null;
      const length = lengthOf(piece);
      const fitting = lengthOf(target);
      if (fitting === 0) {
        this.putBack(piece);
        throw detached("into");
      }
      // Safety: the length was just read, and none of the caller's code runs before the copy.
      if (length <= fitting) {
        copyTo(target, piece);
        giveBackLent(piece);
        return length;
      }
      copyTo(target, partOf(piece, 0, fitting));
      this.putBack(partOfLent(piece, fitting));
      return fitting;
    };
  }
}

/** Bytes that the caller owns: a copy, unless they already are one. */
function owned(piece: Uint8Array): Uint8Array {
  return isLent(piece) ? copyOf(piece) : piece;
}

/** Takes a piece as bytes that the caller owns. */
export function own(piece: Uint8Array | null): Uint8Array | null {
  if (piece === null || !isLent(piece)) return piece;
  const copy = copyOf(piece);
  giveBackLent(piece);
  return copy;
}
