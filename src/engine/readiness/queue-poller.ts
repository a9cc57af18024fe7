import { EDGE, READABLE, type ReadinessQueue, WRITABLE } from "../../system/readiness-queue.ts";
import type { Poller } from "./poller.ts";

const BOTH_EDGES = READABLE | WRITABLE | EDGE;

/** A queue that an event loop watches. */
export interface OnLoop {
  /** Keeps the process running, which is the default. */
  ref(): void;
  unref(): void;
  stop(): void;
}

/**
 * A poller over a queue, which is the only descriptor that the event loop watches. Descriptors are
 * added once, edge-triggered and for both directions, and never modified: one system call per
 * connection. Closing removes them. If another process has the same file open, events keep
 * arriving, once each, with an outdated generation.
 */
export class QueuePoller implements Poller {
  readonly watchesUntilClosed = true;
  readonly #queue: ReadinessQueue;
  readonly #onLoop: OnLoop;

  constructor(queue: ReadinessQueue, onLoop: OnLoop) {
    this.#queue = queue;
    this.#onLoop = onLoop;
  }

  get tellsFailures(): boolean {
    return this.#queue.tellsFailures;
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
    this.#queue.close();
  }
}
