import { isMainThread } from "node:worker_threads";
import type { OnLoop } from "../../native/event-loop.ts";
import { uncaught } from "../uncaught.ts";
import { wakeEachTurn } from "../wake.ts";
import { Operations } from "./operations.ts";
import { ReceiveBuffers } from "./receive-buffers.ts";
import type { Ring } from "./ring.ts";
import { SendMemory } from "./send-memory.ts";
import { Tick } from "./tick.ts";

/** What waits for a receive buffer. */
export interface Starved {
  /** There may be some again. */
  fed(): void;
}

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
  readonly turns: Tick;
  #streamBuffers: ReceiveBuffers | undefined;
  #datagramBuffers: ReceiveBuffers | undefined;
  #starved: Starved[] = [];
  #onLoop: OnLoop | undefined;
  #open = 0;
  /** Turns of the loop, one after the other, in which there was nothing to do. */
  #idleTurns = 0;
  #holding = 0;

  constructor(ring: Ring) {
    this.ring = ring;
    const completed = this.operations.completed.bind(this.operations);
    this.turns = new Tick(ring, completed, () => this.#afterRound());
    if (!isMainThread) this.#prepareForTermination();
  }

  get streamBuffers(): ReceiveBuffers {
    const { first, limit } = STREAM_BUFFERS;
    this.#streamBuffers ??= new ReceiveBuffers(this.ring, 1, STREAM_BUFFER, first, limit);
    return this.#streamBuffers;
  }

  get datagramBuffers(): ReceiveBuffers {
    const { first, limit } = DATAGRAM_BUFFERS;
    this.#datagramBuffers ??= new ReceiveBuffers(this.ring, 2, DATAGRAM_BUFFER, first, limit);
    return this.#datagramBuffers;
  }

  /**
   * Makes now what a thread that is terminated must not be making. The buffers are made by being
   * asked for.
   */
  #prepareForTermination(): void {
    this.streamBuffers.publish();
    this.sendMemory.prepare();
  }

  /** Something was opened, which holds the process. */
  opened(): void {
    this.#open++;
    this.#onLoop ??= wakeEachTurn(this.ring.eventfd, () => this.#turn());
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

  /** The kernel had no buffer left for it. */
  starve(starved: Starved, buffers: ReceiveBuffers): void {
    buffers.grow();
    this.#starved.push(starved);
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
      this.turns.run();
    } catch (error) {
      uncaught(error);
    }
  }

  #afterRound(): void {
    this.#streamBuffers?.publish();
    this.#datagramBuffers?.publish();
    if (this.#starved.length === 0) return;
    if (this.#streamBuffers?.available === false || this.#datagramBuffers?.available === false) return;
    const starved = this.#starved;
    this.#starved = [];
    for (const each of starved) each.fed();
  }
}
