import type { Immediate } from "../../clock/clock.ts";
import { queueErrno } from "../../errors/engine-errno.ts";
import { defined } from "../../invariant.ts";
import type { System } from "../../system/system.ts";
import { BusyPoll } from "../busy-poll.ts";
import type { SocketKind } from "../engine.ts";
import { PATIENCE } from "../patience.ts";
import { Cork } from "./cork.ts";
import { type DatagramBuffer, datagramBuffers } from "./datagram-buffers.ts";
import type { OpenPoller, Poller } from "./poller.ts";
import { MOST_BYTES, ReceiveMemories } from "./receive-memory.ts";
import type { OpenSendBatch } from "./send-batch.ts";

/**
 * The bytes that may be sent between two turns, and the minimum that each call counts as. Without a
 * limit, a program that does nothing but await its writes would starve the event loop as long as
 * the system accepts them. A mebibyte takes some 300 microseconds, and is 16 KiB on each of 64
 * connections.
 */
const BETWEEN_TURNS = 1_048_576;
const LEAST = 4096;

/**
 * How many milliseconds handlers run before their writes are sent, and how many of them run between
 * checks of the time. This keeps responses from waiting for other, slow handlers.
 */
const SLICE = 1;
const FEW = 8;

/** An object registered with the reactor. */
export interface Registration {
  /** It became ready: a mask of READABLE, WRITABLE and EXCEPTIONAL. */
  ready(ready: number): void;
  /** Continues the work left for this turn, after `Reactor.later()`. */
  proceed(): void;
  /**
   * The queue has failed permanently, and no longer watches its descriptor. `errno` is a
   * `queueErrno()`. Must not throw.
   */
  lost(errno: number): void;
}

/** A descriptor that has just been connected. */
interface Connected {
  fd: number;
  slot: number;
  ready: number;
  kind: SocketKind | undefined;
}

/**
 * Shared by everything a thread has open. Waits until descriptors are ready, and serves them in
 * turns of the event loop. Each does a bounded amount of work per turn, and leaves the rest for the
 * next.
 */
export class Reactor {
  readonly system: System;
  /** The errnos that an engine handles, as calls return them. */
  readonly errors: {
    readonly brokenPipe: number;
    readonly cancelled: number;
    readonly connectionReset: number;
    readonly interrupted: number;
    readonly inProgress: number;
    readonly wouldBlock: number;
  };
  /**
   * Callers guarantee non-blocking descriptors. If one is blocking anyway, these flags keep it from
   * blocking the thread.
   */
  readonly receiveFlags: number;
  readonly sendFlags: number;
  readonly received = new ReceiveMemories();
  readonly cork: Cork;
  readonly busyPoll: BusyPoll;

  /**
   * The descriptor just accepted, while its handler runs, and whether it is a TCP socket; -1 at
   * other times.
   */
  readonly accepted = { fd: -1, isTcp: false };
  /**
   * The descriptor just connected, while `done` runs, with its slot and the events it is ready for;
   * -1 at other times, and once a stream has taken it over.
   */
  readonly connected: Connected = { fd: -1, slot: 0, ready: 0, kind: undefined };
  #datagramBuffers: readonly DatagramBuffer[] | undefined;
  #copyOfMessage: Uint8Array | undefined;
  /** Whether a turn is running, so that handlers run from the event loop. */
  serving = false;
  readonly #open: OpenPoller;
  /** Serves ready descriptors; runs from the event loop. */
  readonly #turn: () => void;
  #poller: Poller | undefined;
  /** By slot. */
  readonly #members: (Registration | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  #mayWrite = BETWEEN_TURNS;
  #openCount = 0;
  #holding = 0;
  #later: Registration[] = [];
  #proceeding: Registration[] = [];
  #immediate: Immediate | undefined;
  /** How many descriptors were ready at the last poll. */
  #found = 0;
  /** When polling began to fail; undefined if the last poll succeeded. */
  #failingSince: number | undefined;
  /** Handlers called in this turn that left something to send. */
  #handled = 0;
  /** When to send the bytes that they have written. */
  #sliceEnd = 0;

  /** @param turning wraps a turn, for example to run it in its own context */
  constructor(
    system: System,
    open: OpenPoller,
    turning: (turn: () => void) => () => void,
    openBatch: OpenSendBatch | undefined,
  ) {
    this.system = system;
    this.busyPoll = new BusyPoll(system.clock);
    this.cork = new Cork(openBatch);
    this.#turn = turning(() => this.#serve());
    const errno = (name: string) => -defined(system.errnos[name], "every system has the errno");
    this.errors = {
      brokenPipe: errno("EPIPE"),
      cancelled: errno("ECANCELED"),
      connectionReset: errno("ECONNRESET"),
      interrupted: errno("EINTR"),
      inProgress: errno("EINPROGRESS"),
      wouldBlock: errno("EAGAIN"),
    };
    // Winsock has neither flag.
    const { DONTWAIT = 0, NOSIGNAL = 0 } = system.constants.MSG;
    this.receiveFlags = DONTWAIT;
    this.sendFlags = DONTWAIT | NOSIGNAL;
    this.#open = open;
  }

  /** Used for one call at a time. */
  get datagramBuffers(): readonly DatagramBuffer[] {
    this.#datagramBuffers ??= datagramBuffers();
    return this.#datagramBuffers;
  }

  /** Used for one message at a time. */
  get copyOfMessage(): Uint8Array {
    this.#copyOfMessage ??= new Uint8Array(MOST_BYTES);
    return this.#copyOfMessage;
  }

  /** Registers an object, which then keeps the process running. Returns its slot. */
  register(member: Registration): number {
    const slot = this.#free.pop() ?? this.#members.length;
    this.#members[slot] = member;
    this.#generations[slot] ??= 0;
    this.#openCount++;
    this.hold();
    return slot;
  }

  /** Gives the slot of the descriptor just connected to an object; the descriptor stays watched. */
  takeConnected(member: Registration): number {
    const { slot } = this.connected;
    this.connected.fd = -1;
    this.#members[slot] = member;
    this.hold();
    return slot;
  }

  /** Frees an object's slot. The object no longer keeps the process running. */
  deregister(slot: number): void {
    this.#members[slot] = undefined;
    this.#generations[slot] = (this.#generation(slot) + 1) >>> 0;
    this.#free.push(slot);
    this.#openCount--;
  }

  hold(): void {
    this.#holding++;
    if (this.#holding > 1) return;
    if (this.#poller === undefined) this.#openPoller();
    else this.#poller.ref();
  }

  letGo(): void {
    this.#holding--;
    if (this.#holding === 0) this.#poller?.unref();
  }

  /** Starts watching the descriptor of a slot. Returns 0 or a negative errno. */
  watch(fd: number, slot: number): number {
    const poller = this.#poller ?? this.#openPoller();
    return typeof poller === "number" ? poller : poller.add(fd, slot, this.#generation(slot));
  }

  /** Whether a watched descriptor can stay watched when it is passed to its next owner. */
  get watchesUntilClosed(): boolean {
    return this.#poller?.watchesUntilClosed === true;
  }

  /** Whether a watched descriptor that has failed is always EXCEPTIONAL. */
  get tellsFailures(): boolean {
    return this.#poller?.tellsFailures === true;
  }

  /** Stops watching a descriptor that stays open. */
  unwatch(fd: number, slot: number): void {
    this.#poller?.remove(fd, slot);
  }

  /** A watched descriptor is about to be closed. */
  closing(fd: number, slot: number): void {
    this.#poller?.closing(fd, slot);
  }

  /** Waits for READABLE or WRITABLE on a watched descriptor; see `Poller.await()`. */
  await(slot: number, interest: number): void {
    this.#poller?.await(slot, interest);
  }

  /** Whether bytes may be sent outside a turn; otherwise they wait for the next turn. */
  mayWrite(length: number): boolean {
    if (this.#mayWrite <= 0) return false;
    this.#mayWrite -= Math.max(length, LEAST);
    return true;
  }

  /** Schedules `proceed()` for a later turn. */
  later(member: Registration): void {
    this.#later.push(member);
    if (!this.serving) this.#soon();
  }

  #generation(slot: number): number {
    return defined(this.#generations[slot], "the slot was given to a member");
  }

  #openPoller(): Poller | number {
    const opened = this.#open(this.#turn);
    if (typeof opened === "number") return opened;
    this.#poller = opened;
    if (this.#holding === 0) opened.unref();
    return opened;
  }

  readonly #soon = (): void => {
    this.#immediate ??= this.system.clock.setImmediate(this.#turn);
  };

  #serve(): void {
    if (this.#immediate !== undefined) this.system.clock.clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const poller = this.#poller;
    this.serving = true;
    this.#mayWrite = BETWEEN_TURNS;
    const count = this.#look();
    if (this.busyPoll.isOn && count > 0) this.busyPoll.active();
    this.#handled = 0;
    this.#sliceEnd = this.system.clock.now() + SLICE;
    for (let index = 0; poller !== undefined && index < count; index++) {
      const slot = poller.slot(index);
      // If the object was deregistered meanwhile, its slot has another generation.
      if (this.#generations[slot] !== poller.generation(index)) continue;
      this.#members[slot]?.ready(poller.ready(index));
      this.#continueSlice();
    }
    this.cork.send();
    if (this.#later.length > 0) this.#proceed();
    this.serving = false;
    if (this.#later.length > 0) this.#soon();
    else if (this.#openCount === 0) this.#end();
    else if (this.busyPoll.isDue) this.#soon();
  }

  /** Returns how many descriptors are ready; busy-polls for a while if that is due. */
  #look(): number {
    if (!this.#finds() && this.busyPoll.isDue) this.busyPoll.poll(this.#finds);
    return this.#found;
  }

  readonly #finds = (): boolean => {
    const found = this.#poller?.look() ?? 0;
    if (found >= 0) this.#failingSince = undefined;
    else this.#failedToLook(found);
    this.#found = Math.max(0, found);
    return this.#found > 0;
  };

  /** The queue stays readable, so the next turn polls again. */
  #failedToLook(errno: number): void {
    const now = this.system.clock.now();
    this.#failingSince ??= now;
    if (now - this.#failingSince < PATIENCE) return;
    this.#failingSince = undefined;
    this.#poller?.close();
    this.#poller = undefined;
    for (const member of [...this.#members]) member?.lost(queueErrno(errno));
    if (this.#holding > 0) this.#openPoller();
  }

  #proceed(): void {
    const proceeding = this.#later;
    this.#later = this.#proceeding;
    this.#proceeding = proceeding;
    for (const member of proceeding) {
      member.proceed();
      this.#continueSlice();
    }
    this.cork.send();
    proceeding.length = 0;
  }

  #continueSlice(): void {
    if (this.cork.isEmpty || ++this.#handled % FEW !== 0) return;
    const now = this.system.clock.now();
    if (now < this.#sliceEnd) return;
    this.cork.send();
    this.#sliceEnd = now + SLICE;
  }

  #end(): void {
    this.busyPoll.stop();
    this.#poller?.close();
    this.#poller = undefined;
  }
}
