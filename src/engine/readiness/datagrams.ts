import { defined } from "../../invariant.ts";
import { READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import type { MessageHeader } from "../../system/system.ts";
import { LENGTH_SIZE, ValueResult } from "../../system/value-result.ts";
import { lengthOf } from "../../system/view.ts";
import type { DatagramHandlers, Datagrams } from "../engine.ts";
import { MergedDatagrams } from "../merged-datagrams.ts";
import { loanOf, ReceivedBytes } from "../received-bytes.ts";
import { attempt, uncaught } from "../uncaught.ts";
import type { DatagramBuffer } from "./datagram-buffers.ts";
import { ReadinessHandle } from "./handle.ts";
import type { Reactor } from "./reactor.ts";

/** Datagrams sent per call. */
const AT_ONCE = 64;
/**
 * The minimum number of bytes that a datagram counts as, in the limit of bytes sent between two
 * turns.
 */
const LEAST_AT_ONCE = 4096;
/** Calls per turn. */
const CALLS = 4;

/** A datagram to send; its bytes and address are copies. */
class QueuedDatagram implements MessageHeader {
  readonly address: ValueResult | null;
  readonly data: readonly Uint8Array[];
  readonly locations = null;
  readonly length: number;
  control = null;
  flags = 0;
  bytes = 0;

  constructor(bytes: Uint8Array, to: ValueResult | null) {
    this.length = lengthOf(bytes);
    const copy = new Uint8Array(this.length);
    copy.set(bytes);
    this.data = [copy];
    this.address = to === null ? null : copyOf(to);
  }
}

/** A copy of a datagram that arrived in the same call as an earlier one whose handler paused. */
interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: ValueResult;
  readonly flags: number;
}

/** The readiness engine's datagram socket. */
export class ReadinessDatagrams extends ReadinessHandle implements Datagrams {
  pendingBytes = 0;
  readonly #handlers: DatagramHandlers;
  readonly #merged: MergedDatagrams | undefined;
  #paused = true;
  readonly #kept: Kept[] = [];
  #readable = false;
  #writable = true;
  /** The error of watching, until it is reported. */
  #failed = 0;
  /** In order. Those before `#first` have been sent. */
  #queued: QueuedDatagram[] = [];
  #first = 0;

  constructor(reactor: Reactor, fd: number, handlers: DatagramHandlers) {
    super(reactor, fd);
    this.#handlers = handlers;
    this.#merged = MergedDatagrams.of(reactor.system, fd);
  }

  resume(): void {
    if (!this.#paused || this.stopped) return;
    this.#paused = false;
    if (!this.#readable) this.#await(READABLE);
    if (this.#readable || this.#kept.length > 0) this.later();
  }

  pause(): void {
    this.#paused = true;
  }

  send(bytes: Uint8Array, to: ValueResult | null): void {
    if (this.stopped) return;
    loanOf(bytes);
    const queued = new QueuedDatagram(bytes, to);
    this.#queued.push(queued);
    this.pendingBytes += queued.length;
    if (this.#writable) this.later();
  }

  sendAtOnce(bytes: Uint8Array, to: ValueResult | null): number | undefined {
    const { system, errors, sendFlags, serving } = this.reactor;
    if (this.stopped || serving || !this.#writable || this.#waiting > 0) return undefined;
    if (!this.reactor.mayWrite(Math.max(lengthOf(bytes), LEAST_AT_ONCE))) return undefined;
    loanOf(bytes);
    const { fd } = this;
    const sent = to === null ? system.send(fd, bytes, sendFlags) : system.sendto(fd, bytes, sendFlags, to);
    return sent === errors.wouldBlock || sent === errors.interrupted ? undefined : Math.min(sent, 0);
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.stopped) return;
    this.stop();
    if (this.#waiting === 0) this.closeDescriptor(0);
  }

  override ready(ready: number): void {
    if (ready & WRITABLE) {
      this.#writable = true;
      this.#send();
    }
    if (ready & READABLE) {
      this.#readable = true;
      this.#deliverKept();
      this.#receive();
    }
  }

  protected override queueFailed(errno: number): void {
    if (this.stopped) {
      this.closeDescriptor(errno);
      return;
    }
    this.#failed = errno;
    this.later();
  }

  protected override continueWork(): void {
    if (this.#failed < 0) this.#reportFailure();
    if (this.#writable) this.#send();
    this.#deliverKept();
    if (this.#readable) this.#receive();
  }

  get #waiting(): number {
    return this.#queued.length - this.#first;
  }

  #await(interest: number): void {
    const returned = this.await(interest);
    if (returned === 0) return;
    this.#failed = returned;
    this.later();
  }

  #reportFailure(): void {
    const failed = this.#failed;
    this.#failed = 0;
    if (!this.stopped) attempt((errno: number) => this.#handlers.onError(errno), failed);
  }

  #receive(): void {
    const { system, errors, receiveFlags } = this.reactor;
    const buffers = this.reactor.datagramBuffers;
    for (let calls = 0; calls < CALLS; calls++) {
      if (this.#paused || this.stopped) return;
      for (const buffer of buffers) buffer.empty(this.#merged);
      const count = system.recvmmsg(this.fd, buffers, receiveFlags);
      if (count === errors.wouldBlock) {
        this.#readUp();
        return;
      }
      if (count < 0) {
        if (count !== errors.interrupted && !this.#isOfNoPeer(count))
          attempt((errno: number) => this.#handlers.onError(errno), count);
        continue;
      }
      // If an error ended the call after these datagrams, it causes its own event.
      if (count < buffers.length) this.#readUp();
      this.#give(buffers, count);
      if (!this.#readable) return;
    }
    this.later();
  }

  /**
   * Winsock reports an undeliverable earlier datagram to every socket (recvfrom, WSAECONNRESET),
   * while other systems report it only to connected sockets. Unless ignored, clients could make a
   * server fail.
   */
  #isOfNoPeer(errno: number): boolean {
    const { system, errors } = this.reactor;
    return errno === errors.connectionReset && system.getpeername(this.fd, system.address) < 0;
  }

  #readUp(): void {
    this.#readable = false;
    this.await(READABLE);
  }

  /** Delivers the datagrams of one call. If a handler pauses, keeps the rest. */
  #give(buffers: readonly DatagramBuffer[], count: number): void {
    for (let index = 0; index < count && !this.stopped; index++) {
      const buffer = defined(buffers[index], "the system filled as many as it was given");
      // A handler of this batch has transferred the buffer that this datagram is in.
      if (buffer.memory.isTransferred) continue;
      const size = buffer.sizeOfEach(this.#merged);
      if (size < buffer.bytes) this.#giveMerged(buffer, size);
      else this.#giveOne(buffer, 0, size);
    }
  }

  /**
   * Delivers the datagrams of one message. Copies them, because a handler could transfer the memory
   * that holds them all.
   */
  #giveMerged(buffer: DatagramBuffer, size: number): void {
    const { memory, bytes: length } = buffer;
    if (this.#handlers.onDatagramToCopy === undefined) this.reactor.copyOfMessage.set(memory.view(length));
    for (let at = 0; at < length && !this.stopped; at += size)
      this.#giveOne(buffer, at, Math.min(size, length - at));
  }

  #giveOne({ memory, address, flags }: DatagramBuffer, at: number, length: number): void {
    const copy = memory.isTransferred ? this.reactor.copyOfMessage.slice(at, at + length) : undefined;
    if (this.#paused) {
      const bytes = copy ?? memory.bytes.slice(at, at + length);
      // Copying an address costs more than the datagram.
      const last = this.#kept.at(-1)?.from;
      const from = last?.holdsSameAs(address) ? last : copyOf(address);
      this.#kept.push({ bytes, from, flags });
      return;
    }
    const handlers = this.#handlers;
    const generation = memory.lend();
    try {
      if (handlers.onDatagramToCopy !== undefined)
        handlers.onDatagramToCopy(memory.bytes, at, length, address, flags);
      else handlers.onDatagram(copy ?? new ReceivedBytes(memory, generation, at, length), address, flags);
    } catch (error) {
      uncaught(error);
    }
    memory.takeBack();
  }

  #deliverKept(): void {
    let delivered = 0;
    for (const { bytes, from, flags } of this.#kept) {
      if (this.#paused || this.stopped) break;
      delivered++;
      try {
        this.#handlers.onDatagram(bytes, from, flags);
      } catch (error) {
        uncaught(error);
      }
    }
    this.#kept.splice(0, delivered);
  }

  /** Sends until nothing is left, the system's buffer is full, or this turn's share is used up. */
  #send(): void {
    const { system, errors, sendFlags } = this.reactor;
    for (let calls = 0; calls < CALLS && this.#waiting > 0; calls++) {
      const batch = this.#queued.slice(this.#first, this.#first + AT_ONCE);
      const count = system.sendmmsg(this.fd, batch, sendFlags);
      if (count === errors.wouldBlock) {
        this.#writable = false;
        this.#await(WRITABLE);
        return;
      }
      // If a datagram other than the first fails, the next call reports it.
      if (count >= 0) for (let sent = 0; sent < count; sent++) this.#sent(0);
      else if (count !== errors.interrupted) this.#sent(count);
    }
    if (this.#waiting > 0) this.later();
    else if (this.stopped) this.closeDescriptor(0);
  }

  #sent(errno: number): void {
    this.pendingBytes -= defined(this.#queued[this.#first], "a datagram was sent").length;
    this.#first++;
    if (this.#first === this.#queued.length) {
      this.#queued = [];
      this.#first = 0;
    } else if (this.#first === 1024) {
      this.#queued.splice(0, this.#first);
      this.#first = 0;
    }
    if (!this.stopped) attempt((result: number) => this.#handlers.onSent(result), errno);
  }
}

function copyOf(address: ValueResult): ValueResult {
  const length = address.validLength;
  const copy = new ValueResult(new ArrayBuffer(LENGTH_SIZE + length));
  copy.bytes.set(address.bytes.subarray(0, length));
  copy.length = length;
  return copy;
}
