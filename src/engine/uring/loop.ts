import { ringErrno } from "../../errors/engine-errno.ts";
import { isMainThread } from "../../main-thread.ts";
import { errnoOfCall } from "../../native/failed-call.ts";
import { uncaught } from "../uncaught.ts";
import { type PausableOnLoop, wakeEachTurn } from "../wake.ts";
import { Operations } from "./operations.ts";
import { ReceiveBuffers } from "./receive-buffers.ts";
import type { Ring } from "./ring.ts";
import { SendMemory } from "./send-memory.ts";
import { Tick } from "./tick.ts";

const STREAM_BUFFER = 16_384;
/**
 * 65 535 bytes of data, the header that the kernel writes before them, a name of 128 bytes, and
 * control messages of 256.
 */
const DATAGRAM_BUFFER = 66_048;

/**
 * The initial and the maximum number of buffers. A worker thread starts with the maximum, because
 * terminating it while it creates a buffer would crash the process (viewMemory). Creating a
 * thousand takes one to seven milliseconds, and untouched buffers use no pages.
 */
const STREAM_BUFFERS: Counts = { main: 128, limit: 1024 };
const DATAGRAM_BUFFERS: Counts = { main: 16, limit: 128 };

/** How many buffers the main thread's ring starts with, and the most that any ring has. */
interface Counts {
  readonly main: number;
  readonly limit: number;
}

const MOST_IDLE_TURNS = 8;

/**
 * Shared by everything a thread has open in the ring. Lives as long as the thread, and is idle
 * while nothing is open.
 */
export class Loop {
  readonly ring: Ring;
  readonly operations = new Operations();
  readonly sendMemory = new SendMemory();
  readonly tick: Tick;
  readonly streamBuffers: ReceiveBuffers;
  readonly datagramBuffers: ReceiveBuffers;
  readonly #failed: (errno: number) => void;
  /** Paused while nothing is open; undefined once the ring has failed. */
  #onLoop: PausableOnLoop | undefined;
  #open = 0;
  #lost = false;
  /** Consecutive turns of the loop that found nothing to do. */
  #idleTurns = 0;
  #holding = 0;

  /**
   * Creates everything up front, so that only this can fail.
   *
   * @param failed called when the ring has failed permanently, before open handles are notified
   */
  constructor(ring: Ring, failed: (errno: number) => void = () => {}) {
    this.ring = ring;
    this.#failed = failed;
    const first = ({ main, limit }: Counts) => (isMainThread() ? main : limit);
    const [stream, datagram] = [STREAM_BUFFERS, DATAGRAM_BUFFERS];
    const feedSoon = () => this.tick.willSubmit();
    this.streamBuffers = new ReceiveBuffers(ring, 1, STREAM_BUFFER, first(stream), stream.limit, feedSoon);
    this.datagramBuffers = new ReceiveBuffers(ring, 2, DATAGRAM_BUFFER, first(datagram), datagram.limit);
    const completed = this.operations.completed.bind(this.operations);
    this.tick = new Tick(ring, completed, () => this.#afterRound());
    // A thread must not be creating buffers when it is terminated.
    if (!isMainThread()) this.sendMemory.prepare();
    this.#onLoop = wakeEachTurn(ring.watched, () => this.#turn());
    this.#onLoop.pause();
  }

  /** Something was opened, and keeps the process running. */
  opened(): void {
    this.#open++;
    if (this.#open === 1) this.#resume();
    this.hold();
  }

  /** If the event loop cannot watch the ring, the ring is unusable and fails. */
  #resume(): void {
    try {
      this.#onLoop?.resume();
    } catch (error) {
      this.ring.fail(errnoOfCall(error));
      this.tick.willSubmit();
    }
  }

  /** Something was closed, and no longer keeps the process running. */
  closed(): void {
    this.#open--;
    if (this.#open > 0) return;
    this.tick.busyPoll.stop();
    this.#onLoop?.pause();
  }

  hold(): void {
    this.#holding++;
    if (this.#holding === 1) this.#onLoop?.ref();
  }

  letGo(): void {
    this.#holding--;
    if (this.#holding === 0) this.#onLoop?.unref();
  }

  /**
   * A turn of the event loop, caused by the ring or by something else. If the kernel signals only
   * after we have checked the ring and read the eventfd, the eventfd stays readable although
   * nothing is left to do. So read it now and then anyway, or the loop would spin. Errors here are
   * the engine's own; those of handlers are caught where they are called.
   */
  #turn(): void {
    if (!this.ring.busy && !this.tick.isDue && ++this.#idleTurns < MOST_IDLE_TURNS) return;
    this.#idleTurns = 0;
    try {
      if (!this.tick.isDue) this.ring.readEventfd();
      this.tick.run();
    } catch (error) {
      uncaught(error);
    }
  }

  #afterRound(): void {
    if (this.ring.failure < 0) {
      this.#lose();
      return;
    }
    this.streamBuffers.publish();
    this.datagramBuffers.publish();
    this.streamBuffers.feed();
    this.datagramBuffers.feed();
  }

  /** io_uring_enter has failed permanently: everything open ends with that error. */
  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    // libuv must not watch a closed descriptor.
    this.#onLoop?.stop();
    this.#onLoop = undefined;
    this.ring.release();
    this.#failed(this.ring.failure);
    this.operations.lost(ringErrno(this.ring.failure));
  }
}
