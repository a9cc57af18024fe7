import { host } from "../../system/host.ts";
import { openReadinessQueue } from "../../system/host-readiness-queue.ts";
import { EDGE, READABLE, type ReadinessQueue, WRITABLE } from "../../system/readiness-queue.ts";
import { type OnLoop, wakeUp } from "../wake.ts";
import type { OpenPoller, Poller } from "./poller.ts";

const BOTH_EDGES = READABLE | WRITABLE | EDGE;

/**
 * A poller over a queue, which is the only descriptor on the runtime's loop. Descriptors are added
 * once, edge-triggered and for both directions, and never modified: one system call per connection.
 * Closing removes them. If someone else has a descriptor of the same file, its events keep
 * arriving, once each, with an outdated generation.
 */
class QueuePoller implements Poller {
  readonly #queue: ReadinessQueue;
  readonly #onLoop: OnLoop;

  constructor(queue: ReadinessQueue, awake: () => void) {
    this.#queue = queue;
    // Before it is put on the loop, since cleanup at the end of a thread runs in reverse order.
    host.closeAtThreadEnd(queue.fd);
    this.#onLoop = wakeUp(queue.fd, awake);
  }

  add(fd: number, slot: number, generation: number): number {
    return this.#queue.add(fd, BOTH_EDGES, slot, generation);
  }

  remove(fd: number): void {
    this.#queue.remove(fd);
  }

  closing(): void {}

  await(): void {}

  look(): number {
    return this.#queue.look();
  }

  slot(index: number): number {
    return this.#queue.slot(index);
  }

  generation(index: number): number {
    return this.#queue.generation(index);
  }

  ready(index: number): number {
    return this.#queue.ready(index);
  }

  ref(): void {
    this.#onLoop.ref();
  }

  unref(): void {
    this.#onLoop.unref();
  }

  close(): void {
    this.#onLoop.stop();
    host.keepAtThreadEnd(this.#queue.fd);
    this.#queue.close();
  }
}

/** A poller over a queue of the system. */
export const openQueuePoller: OpenPoller = (awake) => {
  const queue = openReadinessQueue();
  return typeof queue === "number" ? queue : new QueuePoller(queue, awake);
};
