import { EXCEPTIONAL, READABLE } from "../../system/readiness-queue.ts";
import type { Forwarding, Stream, StreamHandlers } from "../engine.ts";
import { StreamForwarding } from "../forwarding.ts";
import { isTcp, isTcpKind } from "../is-tcp.ts";
import { ReceivedBytes } from "../received-bytes.ts";
import { attempt, callOnEnd, uncaught } from "../uncaught.ts";
import { ReadinessHandle } from "./handle.ts";
import type { Reactor } from "./reactor.ts";

/** How many times to receive per turn, at most 64 KiB each. */
const CALLS = 4;

/** For a descriptor that was not just connected. */
const nothingKnown = { kind: undefined, ready: 0 };

const peeked = new Uint8Array(1);

/** The receiving half of a stream. Both halves are one object, since there are many streams. */
export abstract class StreamReceiver extends ReadinessHandle {
  protected readonly handlers: StreamHandlers;
  /**
   * The first failure of sending or receiving. A failure to send is reported only after received
   * data has been delivered.
   */
  protected failed = 0;
  #paused = true;
  /**
   * "readable": receiving may find something: bytes, the end or a failure. "exceptional": more may
   * follow even after a call has emptied the socket. "ended": nothing more will be received.
   */
  #receiving: "waiting" | "readable" | "exceptional" | "ended" = "waiting";
  /** undefined until it is read. */
  #tcp: boolean | undefined;
  #forwarding: StreamForwarding | undefined;

  constructor(reactor: Reactor, fd: number, handlers: StreamHandlers) {
    const { connected } = reactor;
    const { kind, ready } = connected.fd === fd ? connected : nothingKnown;
    super(reactor, fd);
    this.handlers = handlers;
    if (reactor.accepted.fd === fd) this.#tcp = reactor.accepted.isTcp;
    else if (kind !== undefined) this.#tcp = isTcpKind(reactor.system, fd, kind);
    this.noteReadable(ready);
  }

  /** Fails, unless it has already failed; the handler is called in a later turn. */
  protected abstract fail(errno: number): void;
  /** Sends bytes straight from receive memory, which is reused once this returns. */
  abstract sendReceived(bytes: Uint8Array, length: number): void;
  /** Whether the system had no space for everything, so that copied bytes wait. */
  abstract get isFull(): boolean;

  resume(): void {
    if (!this.#paused || this.stopped) return;
    this.#paused = false;
    if (this.failed < 0 || this.mayReceive) {
      this.later();
    } else if (this.#receiving === "waiting") {
      const returned = this.await(READABLE);
      if (returned < 0) this.fail(returned);
    }
  }

  pause(): void {
    this.#paused = true;
  }

  forward(to: Stream): Forwarding {
    this.#forwarding = new StreamForwarding(this, to);
    return this.#forwarding;
  }

  stopForwarding(forwarding: Forwarding): void {
    if (this.#forwarding === forwarding) this.#forwarding = undefined;
  }

  protected get paused(): boolean {
    return this.#paused;
  }

  /** Records readability from the events passed to `ready()`. */
  protected noteReadable(ready: number): void {
    if (!(ready & READABLE) || this.#receiving === "ended") return;
    if (ready & EXCEPTIONAL) this.#receiving = "exceptional";
    else if (this.#receiving === "waiting") this.#receiving = "readable";
  }

  /** Whether it should receive now: it is not paused, and receiving may find something. */
  protected get mayReceive(): boolean {
    return !this.#paused && (this.#receiving === "readable" || this.#receiving === "exceptional");
  }

  /** Whether nothing more will be received. */
  protected get receivingEnded(): boolean {
    return this.#receiving === "ended";
  }

  protected endReceiving(): void {
    this.#receiving = "ended";
  }

  /** Returns what a receive would return: 0 at the end, 1 if there is data, or a negative errno. */
  protected peek(): number {
    const { system, receiveFlags } = this.reactor;
    return system.recv(this.fd, peeked, receiveFlags | system.constants.MSG.PEEK);
  }

  /**
   * Whether a received end was sent by the peer: once sending has reported a reset, receiving
   * reports an end too.
   */
  protected get endIsThePeers(): boolean {
    return this.failed === 0 || this.failed === this.reactor.errors.brokenPipe;
  }

  /** Receives until nothing is left, or this turn's share is used up. */
  protected receive(): void {
    const { system, errors, receiveFlags } = this.reactor;
    for (let calls = 0; calls < CALLS; calls++) {
      if (this.#paused || this.#receiving === "ended" || this.stopped) {
        if (this.failed < 0) this.later();
        return;
      }
      const { bytes } = this.reactor.received.current;
      const count = system.recv(this.fd, bytes, receiveFlags);
      if (count > 0) {
        const isAll = count < bytes.length && this.#receiving !== "exceptional" && this.#shortIsAll();
        if (isAll && this.failed === 0) this.#readUp();
        if (this.#forwarding === undefined) this.#give(count);
        else this.#forward(this.#forwarding, count);
        if (this.#receiving === "waiting" && this.failed === 0) return;
      } else if (count === 0) {
        this.#receiving = "ended";
        if (this.endIsThePeers) callOnEnd(this.handlers);
        if (this.failed < 0) this.later();
        return;
      } else if (count === errors.wouldBlock && this.failed === 0) {
        this.#readUp();
        return;
      } else if (count !== errors.interrupted) {
        this.#receiving = "ended";
        this.fail(count);
        return;
      }
    }
    this.later();
  }

  #readUp(): void {
    this.#receiving = "waiting";
    this.await(READABLE);
  }

  /**
   * A short read means that TCP has no more for now, and will report new data (epoll(7), "Questions
   * and answers", 9). A unix socket also stops before bytes that came with descriptors, and other
   * sockets may stop at message boundaries.
   */
  #shortIsAll(): boolean {
    this.#tcp ??= isTcp(this.reactor.system, this.fd);
    return this.#tcp;
  }

  #give(length: number): void {
    const received = this.reactor.received.current;
    const generation = received.lend();
    try {
      if (this.handlers.onDataToCopy !== undefined) this.handlers.onDataToCopy(received.view(length));
      else this.handlers.onData(new ReceivedBytes(received, generation, 0, length));
    } catch (error) {
      uncaught(error);
    }
    received.takeBack();
  }

  #forward(forwarding: StreamForwarding, length: number): void {
    const { to } = forwarding;
    forwarding.bytes += length;
    if (to instanceof StreamReceiver) {
      to.sendReceived(this.reactor.received.current.view(length), length);
      if (to.isFull) this.#paused = true;
    } else {
      this.#giveTo(to, length);
      if (to.pendingBytes > 0) this.#paused = true;
    }
  }

  #giveTo(to: Stream, length: number): void {
    const received = this.reactor.received.current;
    const generation = received.lend();
    attempt((bytes: Uint8Array) => to.write(bytes), new ReceivedBytes(received, generation, 0, length));
    received.takeBack();
  }
}
