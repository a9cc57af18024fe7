import { defined } from "../../invariant.ts";
import { IOV, MSG } from "../../system/linux/msghdr.ts";
import { lengthOf, offsetOf, partOf } from "../../system/view.ts";
import { loanOf } from "../received-bytes.ts";
import { writeText } from "../write-text.ts";
import { LoanedBuffer, type PooledBuffer } from "./pooled-buffer.ts";
import { LONGEST, type SendMemory } from "./send-memory.ts";

/** Queued bytes: in a buffer, or in a copy on V8's heap until a buffer is free. */
interface Piece {
  buffer: PooledBuffer | undefined;
  copy: Uint8Array | undefined;
  offset: number;
  length: number;
  next: Piece | undefined;
}

type PieceInBuffer = Piece & { buffer: PooledBuffer };

const inBuffer = (piece: Piece): piece is PieceInBuffer => piece.buffer !== undefined;

/**
 * A list of recycled pieces, so that V8 has neither to record references from old objects to new
 * pieces nor to collect pieces.
 */
let spare: Piece | undefined;
let spares = 0;
const MOST_SPARES = 1024;

function newPiece(
  buffer: PooledBuffer | undefined,
  copy: Uint8Array | undefined,
  offset: number,
  length: number,
  next?: Piece,
): Piece {
  const piece = spare;
  if (piece === undefined) return { buffer, copy, offset, length, next };
  spare = piece.next;
  spares--;
  piece.buffer = buffer;
  piece.copy = copy;
  piece.offset = offset;
  piece.length = length;
  piece.next = next;
  return piece;
}

function recycle(piece: Piece): void {
  piece.buffer = undefined;
  piece.copy = undefined;
  piece.next = undefined;
  if (spares >= MOST_SPARES) return;
  piece.next = spare;
  spare = piece;
  spares++;
}

/** The most pieces in one sendmsg. */
const MOST_PIECES = 64;

/** The bytes that a stream has to send, in order. The first ones may be in flight. */
export class SendQueue {
  /** The number of bytes. */
  bytes = 0;
  /** How many of them the send in flight has. */
  sending = 0;
  readonly #memory: SendMemory;
  #head: Piece | undefined;
  #tail: Piece | undefined;
  /** How many of them are in send buffers. */
  #copied = 0;

  constructor(memory: SendMemory) {
    this.#memory = memory;
  }

  /**
   * Adds bytes. A view that a handler has just received is not copied; anything else is. Throws
   * like `Stream.write()`.
   */
  add(bytes: Uint8Array): void {
    const loan = loanOf(bytes);
    const length = lengthOf(bytes);
    if (length === 0) return;
    this.bytes += length;
    if (loan instanceof LoanedBuffer && loan.owner.mayWait) {
      loan.users++;
      this.#append(newPiece(loan, undefined, offsetOf(bytes), length));
    } else {
      this.#addCopy(bytes, length);
    }
  }

  /** Adds the first bytes of a buffer that no handler has; copies them only if it must not wait. */
  addReceived(buffer: LoanedBuffer, length: number): void {
    this.bytes += length;
    if (buffer.owner.mayWait) {
      buffer.users++;
      this.#append(newPiece(buffer, undefined, 0, length));
    } else {
      this.#addCopy(buffer.bytes.subarray(0, length), length);
    }
  }

  /** Adds a string of at most `most` bytes, which must fit in a buffer; returns its length. */
  addText(text: string, encoding: BufferEncoding, most: number): number {
    const last = this.#tail;
    let added: number;
    if (last?.buffer?.owner === this.#memory && last.buffer.size - last.offset - last.length >= most) {
      added = writeText(last.buffer.text, last.offset + last.length, most, text, encoding);
      last.length += added;
    } else if (this.#copied >= LONGEST) {
      const bytes = Buffer.from(text, encoding);
      this.add(bytes);
      return bytes.length;
    } else {
      const buffer = this.#take(most);
      added = writeText(buffer.text, 0, most, text, encoding);
      this.#append(newPiece(buffer, undefined, 0, added));
    }
    this.bytes += added;
    return added;
  }

  /** The first piece, moved to a buffer; undefined if the queue is empty. */
  get first(): PieceInBuffer | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    if (head.buffer === undefined) this.#giveBuffer(head);
    return inBuffer(head) ? head : undefined;
  }

  /** The bytes of the first piece, wherever they are; undefined if the queue is empty. */
  firstBytes(): Uint8Array | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    const bytes = defined(head.buffer?.bytes ?? head.copy, "a piece has a buffer or a copy");
    return bytes.subarray(head.offset, head.offset + head.length);
  }

  /** Whether several pieces are in buffers. */
  get several(): boolean {
    return this.#head?.buffer !== undefined && this.#head.next?.buffer !== undefined;
  }

  /** A struct msghdr for the first pieces. The caller must release its buffer once it is sent. */
  message(): PooledBuffer {
    const message = this.#memory.take(MSG.size + MOST_PIECES * IOV.size);
    const { words } = message;
    words.fill(0, 0, MSG.size >> 2);
    let at = MSG.size >> 2;
    let count = 0;
    let bytes = 0;
    for (let piece = this.#head; piece?.buffer !== undefined && count < MOST_PIECES; piece = piece.next) {
      const address = BigInt(piece.buffer.pointer) + BigInt(piece.offset);
      words[at] = Number(address & 0xffffffffn);
      words[at + 1] = Number(address >> 32n);
      words[at + 2] = piece.length;
      words[at + 3] = 0;
      bytes += piece.length;
      at += IOV.size >> 2;
      count++;
    }
    const vectors = message.pointer + BigInt(MSG.size);
    words[MSG.iov >> 2] = Number(vectors & 0xffffffffn);
    words[(MSG.iov >> 2) + 1] = Number(vectors >> 32n);
    words[MSG.iovlen >> 2] = count;
    this.sending = bytes;
    return message;
  }

  /** Removes the first bytes, since they were sent. */
  sent(bytes: number): void {
    this.bytes -= bytes;
    let rest = bytes;
    while (this.#head !== undefined && rest > 0) {
      const head = this.#head;
      const taken = Math.min(rest, head.length);
      head.offset += taken;
      head.length -= taken;
      rest -= taken;
      if (head.length > 0) return;
      this.#drop(head);
    }
  }

  /** Drops everything. None of it may be in flight. */
  clear(): void {
    while (this.#head !== undefined) this.#drop(this.#head);
    this.bytes = 0;
  }

  #append(piece: Piece): void {
    if (this.#tail === undefined) this.#head = piece;
    else this.#tail.next = piece;
    this.#tail = piece;
  }

  #drop(head: Piece): void {
    this.#head = head.next;
    if (this.#head === undefined) this.#tail = undefined;
    const { buffer } = head;
    recycle(head);
    if (buffer === undefined) return;
    if (buffer.owner === this.#memory) this.#copied -= buffer.size;
    buffer.release();
  }

  #addCopy(bytes: Uint8Array, length: number): void {
    const appended = this.#fillLast(bytes, length);
    if (appended === length) return;
    const rest = appended === 0 ? bytes : partOf(bytes, appended, length);
    const restLength = length - appended;
    // Mapped memory is never unmapped, so limit it per stream; the rest waits on V8's heap.
    if (this.#copied >= LONGEST || restLength > LONGEST) {
      const copy = new Uint8Array(restLength);
      copy.set(rest);
      this.#append(newPiece(undefined, copy, 0, restLength));
      return;
    }
    const buffer = this.#take(restLength);
    buffer.bytes.set(rest);
    this.#append(newPiece(buffer, undefined, 0, restLength));
  }

  /**
   * Adds bytes after the last piece if they fit. The kernel may be sending that piece, but reads no
   * further than its end.
   */
  #fillLast(bytes: Uint8Array, length: number): number {
    const last = this.#tail;
    if (last?.buffer === undefined || last.buffer.owner !== this.#memory) return 0;
    const end = last.offset + last.length;
    const fitting = Math.min(last.buffer.size - end, length);
    if (fitting <= 0) return 0;
    last.buffer.bytes.set(fitting === length ? bytes : partOf(bytes, 0, fitting), end);
    last.length += fitting;
    return fitting;
  }

  /** Moves as much of the first piece to a buffer as fits. */
  #giveBuffer(head: Piece): void {
    const copy = defined(head.copy, "a piece without a buffer has a copy");
    const length = Math.min(head.length, LONGEST);
    const buffer = this.#take(length);
    buffer.bytes.set(copy.subarray(head.offset, head.offset + length));
    if (length < head.length) {
      const rest = head.offset + length;
      head.next = newPiece(undefined, copy, rest, head.length - length, head.next);
      if (this.#tail === head) this.#tail = head.next;
    }
    head.buffer = buffer;
    head.copy = undefined;
    head.offset = 0;
    head.length = length;
  }

  #take(length: number): PooledBuffer {
    const buffer = this.#memory.take(length);
    this.#copied += buffer.size;
    return buffer;
  }
}
