import { defined } from "../../invariant.ts";
import { mapMemory } from "../../native/memory.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IORING, RECVMSG_OUT } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import { MSG } from "../../system/linux/msghdr.ts";
import { LENGTH_SIZE, ValueResult } from "../../system/value-result.ts";
import { lengthOf } from "../../system/view.ts";
import type { DatagramHandlers, Datagrams } from "../engine.ts";
import { CONTROL_SIZE, MergedDatagrams } from "../merged-datagrams.ts";
import { loanOf } from "../received-bytes.ts";
import { attempt, uncaught } from "../uncaught.ts";
import { DatagramSend, LONGEST_DATAGRAM, SEND_FLAGS } from "./datagram-send.ts";
import { isCancelled, UringHandle } from "./handle.ts";
import type { Loop } from "./loop.ts";
import type { OpTag } from "./operations.ts";
import type { LoanedBuffer } from "./pooled-buffer.ts";
import type { BufferWaiter, ReceiveBuffers } from "./receive-buffers.ts";
import { type Address, halves, prepRecvmsgMultishot } from "./sqe.ts";
import type { Preparing } from "./tick.ts";

const RECEIVE: OpTag = 2;
const { EAGAIN, EINTR, ENOBUFS } = errnos;

/** sizeof(struct sockaddr_storage): the space that a multishot recvmsg reserves for the name. */
const NAME_SIZE = 128;
const NAME_WORD = RECVMSG_OUT.size >> 2;
const CONTROL_WORD = (RECVMSG_OUT.size + NAME_SIZE) >> 2;
const HEADER = "the buffer has a header and a name";
/**
 * The minimum number of bytes that a datagram counts as, in the limit of bytes sent between two
 * turns.
 */
const LEAST_AT_ONCE = 4096;
/** How many bytes a paused socket keeps before it stops receiving. */
const KEPT = 32_768;
/**
 * The delay in milliseconds before retrying a datagram for which the peer had no space. No event
 * reports that an unconnected unix peer has space again.
 */
const WAIT = 1;

/** A datagram that arrived while the socket was paused. */
interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The sender's address, in words. */
  readonly name: Int32Array;
  readonly nameLength: number;
  readonly flags: number;
}

/** The sender of the datagram being delivered. */
const sender = new ValueResult(new ArrayBuffer(LENGTH_SIZE + NAME_SIZE));

interface Template {
  readonly message: Address;
  /** The offset of the data in a buffer, after a header, a name and control messages. */
  readonly data: number;
}

/**
 * A struct msghdr that tells the kernel how much space each message has for a name and control
 * messages. The kernel reads it whenever receiving starts.
 */
function template(controlSize: number): Template {
  const { buffer, pointer } = mapMemory(MSG.size);
  const words = new Uint32Array(buffer);
  words[MSG.namelen >> 2] = NAME_SIZE;
  words[MSG.controllen >> 2] = controlSize;
  return { message: halves(pointer), data: RECVMSG_OUT.size + NAME_SIZE + controlSize };
}

const plain = template(0);
const withControl = template(CONTROL_SIZE);

export class UringDatagrams extends UringHandle implements Datagrams, Preparing, BufferWaiter {
  pendingBytes = 0;
  readonly #handlers: DatagramHandlers;
  #paused = true;
  /** The state of the receive operation; "ended" along with the ring. */
  #receive: "idle" | "armed" | "cancelling" | "starved" | "ended" = "idle";
  #kept: Kept[] = [];
  #keptBytes = 0;
  /** In order: first those whose results are due to be reported, then those waiting. */
  readonly #sends: DatagramSend[] = [];
  #settled = 0;
  /**
   * "deferred": datagrams are sent before the ring is next entered. "full": one found no space, and
   * all wait for a while.
   */
  #send: "idle" | "deferred" | "full" = "idle";
  readonly #buffers: ReceiveBuffers;
  readonly #merged: MergedDatagrams | undefined;
  readonly #template: Template;
  #isCallbackDue = false;

  constructor(loop: Loop, fd: number, handlers: DatagramHandlers) {
    super(loop, fd);
    this.#handlers = handlers;
    this.#buffers = loop.datagramBuffers;
    this.#merged = MergedDatagrams.of(linux, fd);
    this.#template = this.#merged === undefined ? plain : withControl;
  }

  resume(): void {
    if (!this.#paused || this.stopped) return;
    this.#paused = false;
    if (this.#kept.length > 0) this.#callBackSoon();
    else this.#startReceiving();
  }

  pause(): void {
    this.#paused = true;
  }

  send(bytes: Uint8Array, to: ValueResult | null): void {
    if (this.stopped) return;
    const send = new DatagramSend(this.loop.sendMemory, bytes, to);
    this.#sends.push(send);
    this.pendingBytes += send.length;
    this.#prepareSoon();
  }

  sendAtOnce(bytes: Uint8Array, to: ValueResult | null): number | undefined {
    const length = lengthOf(bytes);
    if (this.stopped || this.#sends.length > 0 || length > LONGEST_DATAGRAM) return undefined;
    if (!this.loop.tick.maySend(Math.max(length, LEAST_AT_ONCE))) return undefined;
    // Throws if the memory may have been reused.
    loanOf(bytes);
    const { fd } = this;
    const sent = to === null ? linux.send(fd, bytes, SEND_FLAGS) : linux.sendto(fd, bytes, SEND_FLAGS, to);
    return sent === -EAGAIN || sent === -EINTR ? undefined : Math.min(sent, 0);
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.stopped) return;
    this.stop();
    this.#kept = [];
    this.#cancelReceive();
    if (this.#sends.length === 0) this.closeDescriptor(0);
  }

  /** Sends waiting datagrams. */
  prepare(): void {
    if (this.#send !== "deferred") return;
    this.#send = "idle";
    while (this.#send === "idle" && this.#settled < this.#sends.length) {
      const settled = DatagramSend.sendFrom(this.fd, this.#sends, this.#settled);
      this.#settled += settled;
      if (settled === 0) this.#prepareLater();
    }
    if (this.#settled > 0) this.#callBackSoon();
  }

  #reportSent(): void {
    let result = 0;
    for (let send = this.#sends[0]; send?.result !== undefined; send = this.#sends[0]) {
      this.#sends.shift();
      this.#settled--;
      this.pendingBytes -= send.length;
      result = send.result;
      if (!this.stopped) attempt((errno: number) => this.#handlers.onSent(errno), result);
    }
    if (this.stopped && this.#sends.length === 0) this.closeDescriptor(result);
  }

  #prepareSoon(): void {
    if (this.#send !== "idle" || this.#settled === this.#sends.length) return;
    this.#send = "deferred";
    this.loop.tick.deferSubmit(this);
  }

  #prepareLater(): void {
    this.#send = "full";
    // Open sockets keep the process running unless unref'd.
    linux.clock
      .setTimeout(() => {
        this.#send = "idle";
        this.#prepareSoon();
      }, WAIT)
      .unref();
  }

  onBuffersAvailable(): void {
    if (this.#receive === "starved") this.#receive = "idle";
    this.#startReceiving();
  }

  override runCallbacks(): void {
    this.#isCallbackDue = false;
    super.runCallbacks();
    this.#reportSent();
    let delivered = 0;
    for (const { bytes, name, nameLength, flags } of this.#kept) {
      if (this.#paused || this.stopped) break;
      delivered++;
      this.#keptBytes -= bytes.length;
      sender.ints.set(name);
      sender.length = nameLength;
      this.#deliver(bytes, flags);
    }
    this.#kept.splice(0, delivered);
    if (this.#kept.length === 0) this.#startReceiving();
  }

  protected override abandon(errno: number): void {
    this.#receive = "ended";
    for (; this.#settled < this.#sends.length; this.#settled++) this.#sends[this.#settled]?.settle(errno);
    if (this.#settled > 0) this.#callBackSoon();
    if (this.stopped) return;
    attempt((failed: number) => this.#handlers.onError(failed), errno);
  }

  protected override get inFlight(): boolean {
    return this.#receive === "armed" || this.#receive === "cancelling";
  }

  protected override done(_tag: OpTag, result: number, flags: number): void {
    if ((flags & IORING.CQE_F_MORE) === 0) this.#receive = "idle";
    if ((flags & IORING.CQE_F_BUFFER) !== 0) {
      const buffer = this.#buffers.taken(flags);
      const length = result - this.#template.data;
      if (!this.stopped && length >= 0) this.#received(buffer, length);
      buffer.release();
    }
    if (result === -ENOBUFS) {
      this.#receive = "starved";
      this.#buffers.starve(this);
    } else if (
      result < 0 &&
      !this.stopped &&
      !isCancelled(result) &&
      result !== -EINTR &&
      result !== -EAGAIN
    ) {
      attempt((errno: number) => this.#handlers.onError(errno), result);
    }
    this.#startReceiving();
  }

  #startReceiving(): void {
    if (this.#receive !== "idle" || this.#paused || this.stopped) return;
    this.#receive = "armed";
    const { group } = this.#buffers;
    prepRecvmsgMultishot(this.getSqe(RECEIVE), { fd: this.fd, message: this.#template.message, group });
  }

  #cancelReceive(): void {
    if (this.#receive !== "armed") return;
    this.#receive = "cancelling";
    this.cancelAll(RECEIVE);
  }

  #received(buffer: LoanedBuffer, length: number): void {
    const { words } = buffer;
    const { data } = this.#template;
    const nameLength = Math.min(defined(words[RECVMSG_OUT.namelen >> 2], HEADER), NAME_SIZE);
    const controlLength = defined(words[RECVMSG_OUT.controllen >> 2], HEADER);
    const flags = defined(words[RECVMSG_OUT.flags >> 2], HEADER);
    for (let word = 0; word << 2 < nameLength; word++)
      sender.ints[word] = defined(words[NAME_WORD + word], HEADER);
    sender.length = nameLength;
    const size = this.#merged?.sizeIn(words, CONTROL_WORD, controlLength, length) ?? length;
    // An empty datagram also counts.
    this.#receivedOne(buffer, data, size, flags);
    for (let at = size; at < length && !this.stopped; at += size)
      this.#receivedOne(buffer, data + at, Math.min(size, length - at), flags);
  }

  #receivedOne(buffer: LoanedBuffer, offset: number, length: number, flags: number): void {
    if (this.#paused || this.#kept.length > 0) {
      this.#keep(buffer.bytes.slice(offset, offset + length), flags);
      return;
    }
    if (this.#handlers.onDatagramToCopy !== undefined) {
      this.#deliverToCopy(buffer, offset, length, flags);
      return;
    }
    const generation = ++buffer.generation;
    this.#deliver(buffer.lent(generation, offset, length), flags);
    buffer.generation++;
  }

  #deliverToCopy(buffer: LoanedBuffer, offset: number, length: number, flags: number): void {
    try {
      this.#handlers.onDatagramToCopy?.(buffer.bytes, offset, length, sender, flags);
    } catch (error) {
      uncaught(error);
    }
  }

  #deliver(bytes: Uint8Array<ArrayBuffer>, flags: number): void {
    try {
      this.#handlers.onDatagram(bytes, sender, flags);
    } catch (error) {
      uncaught(error);
    }
  }

  #keep(bytes: Uint8Array<ArrayBuffer>, flags: number): void {
    const nameLength = sender.validLength;
    this.#kept.push({ bytes, name: sender.ints.slice(0, (nameLength + 3) >> 2), nameLength, flags });
    this.#keptBytes += bytes.length;
    if (this.#keptBytes >= KEPT || this.#kept.length >= KEPT >> 8) this.#cancelReceive();
  }

  #callBackSoon(): void {
    if (this.#isCallbackDue) return;
    this.#isCallbackDue = true;
    this.loop.tick.deferCallback(this);
  }
}
