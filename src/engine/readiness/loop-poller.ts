import type { MessageChannel, MessagePort } from "node:worker_threads";
import { builtin } from "../../builtin.ts";
import type { Immediate } from "../../clock/clock.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import { defined } from "../../invariant.ts";
import { type Polled, PollHandle, UV_READABLE, UV_WRITABLE } from "../../native/poll-handle.ts";
import { READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import type { OpenPoller, Poller } from "./poller.ts";

const FOUND = "look() found this many";

/** A descriptor that the loop watches through its own handle. */
class Watched implements Polled {
  readonly slot: number;
  readonly generation: number;
  /** Undefined until it is open. */
  handle: PollHandle | undefined;
  /** The events it waits for. */
  awaited = 0;
  /** Events that have arrived but have not been collected. */
  ready = 0;
  readonly #notify: (watched: Watched) => void;

  constructor(slot: number, generation: number, notify: (watched: Watched) => void) {
    this.slot = slot;
    this.generation = generation;
    this.#notify = notify;
  }

  await(interest: number): void {
    if ((this.awaited & interest) !== 0) return;
    this.awaited |= interest;
    // If it fails immediately, the next call on the socket will fail too.
    if (this.#start() < 0) this.polled(UV_READABLE | UV_WRITABLE);
  }

  polled(events: number): void {
    const ready = (events & UV_READABLE ? READABLE : 0) | (events & UV_WRITABLE ? WRITABLE : 0);
    // libuv reports an event again as long as it lasts, with a system call each time, so wait only
    // for the others.
    this.awaited &= ~ready;
    this.#start();
    if (this.ready === 0) this.#notify(this);
    this.ready |= ready;
  }

  #start(): number {
    const events = (this.awaited & READABLE ? UV_READABLE : 0) | (this.awaited & WRITABLE ? UV_WRITABLE : 0);
    if (events !== 0) return this.handle?.start(events) ?? 0;
    this.handle?.stop();
    return 0;
  }
}

/**
 * A poller that uses libuv's event loop directly, for Windows, which has no queue that could be
 * added to a loop. Each socket has a uv_poll_t for the events it waits for; each event is reported
 * once.
 */
class LoopPoller implements Poller {
  readonly watchesUntilClosed = false;
  readonly tellsFailures = false;
  /** By slot. */
  readonly #watched: (Watched | undefined)[] = [];
  #pending: Watched[] = [];
  #found: Watched[] = [];
  readonly #ready: number[] = [];
  readonly #awake: () => void;
  #immediate: Immediate | undefined;
  /** Keeps the process running on behalf of all handles. */
  readonly #hold: MessagePort = messageChannel().port1;

  constructor(awake: () => void) {
    this.#awake = awake;
    this.#hold.ref();
  }

  add(fd: number, slot: number, generation: number): number {
    const watched = new Watched(slot, generation, this.#notify);
    const handle = PollHandle.open(fd, watched);
    if (typeof handle === "number") return handle;
    handle.unref();
    watched.handle = handle;
    this.#watched[slot] = watched;
    return 0;
  }

  remove(_fd: number, slot: number): void {
    this.#watched[slot]?.handle?.close();
    this.#watched[slot] = undefined;
  }

  closing(fd: number, slot: number): void {
    this.remove(fd, slot);
  }

  await(slot: number, interest: number): void {
    this.#watched[slot]?.await(interest);
  }

  look(): number {
    machineClock.clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const found = this.#pending;
    this.#pending = this.#found;
    this.#pending.length = 0;
    this.#found = found;
    for (const [index, watched] of found.entries()) {
      this.#ready[index] = watched.ready;
      watched.ready = 0;
    }
    return found.length;
  }

  slot(index: number): number {
    return this.#at(index).slot;
  }

  generation(index: number): number {
    return this.#at(index).generation;
  }

  ready(index: number): number {
    return defined(this.#ready[index], FOUND);
  }

  #at(index: number): Watched {
    return defined(this.#found[index], FOUND);
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  close(): void {
    machineClock.clearImmediate(this.#immediate);
    this.#hold.close();
  }

  /** Called from a libuv callback, so handlers run from an immediate, as in wake.ts. */
  readonly #notify = (watched: Watched): void => {
    this.#pending.push(watched);
    this.#immediate ??= machineClock.setImmediate(this.#awake);
  };
}

/** A poller over the event loop. */
export const openLoopPoller: OpenPoller = (awake) => new LoopPoller(awake);

/** An import would load node:worker_threads wherever another poller is used. */
function messageChannel(): MessageChannel {
  const { MessageChannel } = defined(builtin("node:worker_threads"), "only a browser lacks it");
  return new MessageChannel();
}
