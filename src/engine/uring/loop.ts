import { isMainThread } from "node:worker_threads";
import type { OnLoop } from "../../native/event-loop.ts";
import { uncaught } from "../uncaught.ts";
import { wakeEachTurn } from "../wake.ts";
import { Operations } from "./operations.ts";
import { ReceiveBuffers } from "./receive-buffers.ts";
import type { Ring } from "./ring.ts";
import { SendMemory } from "./send-memory.ts";
import { Tick } from "./tick.ts";

const STREAM_BUFFER = 16_384;
/** 65 535 bytes of data, what the kernel writes before them, and a name of 128 bytes. */
const DATAGRAM_BUFFER = 66_048;

/**
 * How many there are at the start, and at most. A worker thread has all of them from the start: one
 * that is terminated while a buffer is being made would end the process (viewMemory). A thousand
 * take one to seven milliseconds; untouched, no pages.
 */
const STREAM_BUFFERS = { first: isMainThread ? 128 : 1024, limit: 1024 };
const DATAGRAM_BUFFERS = { first: isMainThread ? 16 : 128, limit: 128 };

const MOST_IDLE_TURNS = 8;

/**
 * What all that a thread has open in the ring shares. It lives as long as the thread; while nothing
 * is open, it does nothing.
 */
export class Loop {
  readonly ring: Ring;
  readonly operations = new Operations();
  readonly sendMemory = new SendMemory();
  readonly tick: Tick;
  readonly streamBuffers: ReceiveBuffers;
  readonly datagramBuffers: ReceiveBuffers;
  readonly #failed: (errno: number) => void;
  #onLoop: OnLoop | undefined;
  #open = 0;
  #lost = false;
  /** Turns of the loop, one after the other, in which there was nothing to do. */
  #idleTurns = 0;
  #holding = 0;

  /**
   * Makes all that it needs, so that it fails here or not at all.
   *
   * @param failed the ring has failed for good; who has something open in it is told after this
   */
  constructor(ring: Ring, failed: (errno: number) => void = () => {}) {
    this.ring = ring;
    this.#failed = failed;
    const stream = STREAM_BUFFERS;
    const datagram = DATAGRAM_BUFFERS;
    this.streamBuffers = new ReceiveBuffers(ring, 1, STREAM_BUFFER, stream.first, stream.limit);
    this.datagramBuffers = new ReceiveBuffers(ring, 2, DATAGRAM_BUFFER, datagram.first, datagram.limit);
    const completed = this.operations.completed.bind(this.operations);
    this.tick = new Tick(ring, completed, () => this.#afterRound());
    // A thread that is terminated must not be making buffers.
    if (!isMainThread) this.sendMemory.prepare();
  }

  /** Something was opened, which holds the process. */
  opened(): void {
    this.#open++;
    if (!this.#lost) this.#onLoop ??= wakeEachTurn(this.ring.eventfd, () => this.#turn());
    this.hold();
  }

  /** It was closed; it must not hold the process any more. */
  closed(): void {
    this.#open--;
    if (this.#open > 0) return;
    this.#onLoop?.stop();
    this.#onLoop = undefined;
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
   * A turn of the event loop, taken for the ring or for something else. Where the kernel signals
   * only after we have looked at the ring and read the eventfd, that stays readable with nothing to
   * be done: so it is read now and then all the same, or the loop would never rest. An error here
   * is the engine's own: what handlers throw is caught where they are called.
   */
  #turn(): void {
    if (!this.ring.busy && ++this.#idleTurns < MOST_IDLE_TURNS) return;
    this.#idleTurns = 0;
    try {
      this.ring.readEventfd();
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

  /** io_uring_enter has failed for good: whatever is open ends with that error, and says so. */
  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    // libuv must not watch a descriptor that is closed.
    this.#onLoop?.stop();
    this.#onLoop = undefined;
    this.ring.release();
    this.#failed(this.ring.failure);
    this.operations.lost(this.ring.failure);
  }
}
