import { outOfRange } from "../../errors/argument.ts";
import { defined } from "../../invariant.ts";
import { mapMemory } from "../../native/memory.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IOV, MSG } from "../../system/linux/msghdr.ts";
import { sendmmsgAt } from "../../system/linux/sendmmsg.ts";
import type { ValueResult } from "../../system/value-result.ts";
import { lengthOf, offsetOf } from "../../system/view.ts";
import { loanOf } from "../received-bytes.ts";
import { LoanedBuffer, type PooledBuffer } from "./pooled-buffer.ts";
import { LONGEST, type SendMemory } from "./send-memory.ts";

const { EAGAIN, EINTR } = errnos;

/** Datagrams sent per call. */
const AT_ONCE = 64;
/** The descriptor does not block. `UringDatagrams` retries a datagram that found no space. */
export const SEND_FLAGS = constants.MSG.NOSIGNAL | constants.MSG.DONTWAIT;
/** A buffer begins with the struct iovec, followed by the name, which has at most 128 bytes. */
const NAME = IOV.size;
const DATA = NAME + 128;

/** The longest datagram that can be sent. */
export const LONGEST_DATAGRAM = LONGEST - DATA;

/** The array of struct mmsghdr, which the kernel reads only during a call. */
const memory = mapMemory(AT_ONCE * MSG.size);
const headers = new Uint32Array(memory.buffer);

/**
 * A datagram that waits to be sent: a name, and the data if it was copied, in one buffer.
 *
 * Datagrams are sent with sendmmsg(2). To keep their order, ring entries would have to be linked,
 * which takes the kernel twice as long as one call for all of them (docs/benchmarks.md).
 */
export class DatagramSend {
  readonly length: number;
  /** 0 once it is sent, or a negative errno; undefined until then. */
  result: number | undefined;
  readonly #message: PooledBuffer;
  readonly #received: PooledBuffer | undefined;
  readonly #nameLength: number;

  constructor(pool: SendMemory, bytes: Uint8Array, to: ValueResult | null) {
    const loan = loanOf(bytes);
    const length = lengthOf(bytes);
    if (length > LONGEST_DATAGRAM)
      throw outOfRange(`a datagram of ${length} bytes is too long; at most ${LONGEST_DATAGRAM} can be sent`);
    const received = loan instanceof LoanedBuffer && loan.owner.mayWait ? loan : undefined;
    const message = pool.take(DATA + (received === undefined ? length : 0));
    if (received === undefined) message.bytes.set(bytes, DATA);
    else received.users++;
    if (to !== null) message.bytes.set(to.valid, NAME);
    this.length = length;
    this.#message = message;
    this.#received = received;
    this.#nameLength = to === null ? 0 : to.validLength;
    const { words } = message;
    const data = received === undefined ? message.location + DATA : received.location + offsetOf(bytes);
    setPointer(words, IOV.base, data);
    words[IOV.len >> 2] = length;
    words[(IOV.len >> 2) + 1] = 0;
  }

  /**
   * Sends waiting datagrams from an index on, and sets the result of those that need not be sent
   * again. Returns their number; 0 if there was no space for the first.
   */
  static sendFrom(fd: number, sends: readonly DatagramSend[], first: number): number {
    const count = Math.min(sends.length - first, AT_ONCE);
    for (let index = 0; index < count; index++) sendAt(sends, first + index).#writeHeader(index * MSG.size);
    // Safety: the headers and buffers are mapped, and each buffer stays in use until it is settled.
    let returned = sendmmsgAt(fd, memory.pointer, count, SEND_FLAGS);
    while (returned === -EINTR) returned = sendmmsgAt(fd, memory.pointer, count, SEND_FLAGS);
    if (returned === -EAGAIN) return 0;
    if (returned < 0) {
      sendAt(sends, first).settle(returned);
      return 1;
    }
    for (let index = 0; index < returned; index++) sendAt(sends, first + index).settle(0);
    return returned;
  }

  /** Sets the result: the system has taken the bytes, or never will. */
  settle(result: number): void {
    this.result = result;
    this.#message.release();
    this.#received?.release();
  }

  #writeHeader(at: number): void {
    const { location } = this.#message;
    headers.fill(0, at >> 2, (at + MSG.size) >> 2);
    if (this.#nameLength > 0) {
      setPointer(headers, at + MSG.name, location + NAME);
      headers[(at + MSG.namelen) >> 2] = this.#nameLength;
    }
    setPointer(headers, at + MSG.iov, location);
    headers[(at + MSG.iovlen) >> 2] = 1;
  }
}

const sendAt = (sends: readonly DatagramSend[], index: number): DatagramSend =>
  defined(sends[index], "as many wait");

/** User-space pointers are below 2^53. Storing a number in a word reduces it modulo 2^32. */
function setPointer(words: Uint32Array, at: number, pointer: number): void {
  words[at >> 2] = pointer;
  words[(at >> 2) + 1] = pointer / 2 ** 32;
}
