import { outOfRange } from "../../errors/argument.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IOSQE } from "../../system/linux/io-uring.ts";
import { IOV, MSG } from "../../system/linux/msghdr.ts";
import type { ValueResult } from "../../system/value-result.ts";
import { lengthOf, offsetOf } from "../../system/view.ts";
import { loanOf } from "../received-bytes.ts";
import type { Loop } from "./loop.ts";
import { UringOperation } from "./operation.ts";
import type { OpTag } from "./operations.ts";
import { LoanedBuffer, type PooledBuffer } from "./pooled-buffer.ts";
import { LONGEST } from "./send-memory.ts";
import { prepSendmsg } from "./sqe.ts";

const SEND: OpTag = 2;
/**
 * MSG_DONTWAIT, because waiting in io_uring is broken: unix_dgram_sendmsg (net/unix/af_unix.c)
 * finds its peer full only after it has read the data, and when io_uring retries, no data is left,
 * so an empty datagram is sent (Linux 6.18).
 */
const FLAGS = constants.MSG.NOSIGNAL | constants.MSG.DONTWAIT;
const { EAGAIN, ECANCELED, EINTR } = errnos;
const NAME = MSG.size + IOV.size;
/** After the name, which has at most 128 bytes. */
const DATA = NAME + 128;

/** A socket that sends datagrams. */
export interface Sender {
  readonly fd: number;
  /**
   * A datagram was sent or failed; or it must be sent again, `later` if there was no room for it.
   */
  settled(later: boolean): void;
}

/**
 * One datagram in flight: a struct msghdr, the name, and the data if it was copied, in one buffer.
 */
export class DatagramSend extends UringOperation {
  readonly length: number;
  /** The result of sendmsg; undefined until then. */
  result: number | undefined;
  readonly #sender: Sender;
  readonly #message: PooledBuffer;
  readonly #received: PooledBuffer | undefined;

  constructor(loop: Loop, sender: Sender, bytes: Uint8Array, to: ValueResult | null) {
    const loan = loanOf(bytes);
    const length = lengthOf(bytes);
    if (length > LONGEST - DATA)
      throw outOfRange(`a datagram of ${length} bytes is too long; at most ${LONGEST - DATA} can be sent`);
    const received = loan instanceof LoanedBuffer && loan.owner.mayWait ? loan : undefined;
    const message = loop.sendMemory.take(DATA + (received === undefined ? length : 0));
    let data = message.pointer + BigInt(DATA);
    if (received === undefined) {
      message.bytes.set(bytes, DATA);
    } else {
      received.users++;
      data = received.pointer + BigInt(offsetOf(bytes));
    }
    if (to !== null) message.bytes.set(to.valid, NAME);
    const { words } = message;
    words.fill(0, 0, NAME >> 2);
    if (to !== null) {
      setPointer(words, MSG.name, message.pointer + BigInt(NAME));
      words[MSG.namelen >> 2] = to.validLength;
    }
    setPointer(words, MSG.iov, message.pointer + BigInt(MSG.size));
    words[MSG.iovlen >> 2] = 1;
    setPointer(words, MSG.size + IOV.base, data);
    words[(MSG.size + IOV.len) >> 2] = length;
    super(loop);
    this.length = length;
    this.#sender = sender;
    this.#message = message;
    this.#received = received;
  }

  /** @param linked whether another one follows, which must not overtake it */
  prepare(linked: boolean): void {
    const sqe = this.getSqe(SEND);
    prepSendmsg(sqe, { fd: this.#sender.fd, message: this.#message, flags: FLAGS });
    // The next entry starts when this one has succeeded; otherwise it is cancelled.
    if (linked) sqe.addFlags(IOSQE.IO_LINK);
  }

  override lost(errno: number): void {
    if (this.result === undefined) this.completed(SEND, errno);
  }

  override completed(_tag: OpTag, result: number): void {
    if (result === -EAGAIN || result === -ECANCELED || result === -EINTR) {
      this.#sender.settled(result === -EAGAIN);
      return;
    }
    this.deregister();
    this.#message.release();
    this.#received?.release();
    this.result = result;
    this.#sender.settled(false);
  }
}

function setPointer(words: Uint32Array, at: number, pointer: bigint): void {
  words[at >> 2] = Number(pointer & 0xffffffffn);
  words[(at >> 2) + 1] = Number(pointer >> 32n);
}
