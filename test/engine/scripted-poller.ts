import assert from "node:assert/strict";
import type { OpenPoller, Poller } from "../../src/engine/readiness/poller.ts";

/** Reports the descriptors that a test declares ready. */
export class ScriptedPoller implements Poller {
  readonly watchesUntilClosed = true;
  tellsFailures = true;
  readonly added = new Map<number, { slot: number; generation: number }>();
  /** The result of add(). */
  returned = 0;
  open = false;
  /** The result of look(), if it fails: a negative errno. */
  failing = 0;
  #events: { slot: number; generation: number; ready: number }[] = [];
  #found: { slot: number; generation: number; ready: number }[] = [];
  #awake = () => {};

  readonly openPoller: OpenPoller = (awake) => {
    this.#awake = awake;
    this.open = true;
    return this;
  };

  report(fd: number, ready: number): void {
    const added = this.added.get(fd);
    assert.ok(added, `${fd} is not watched`);
    this.#events.push({ ...added, ready });
    setImmediate(this.#awake);
  }

  /** A turn in which nothing may be ready. */
  wake(): void {
    setImmediate(this.#awake);
  }

  add(fd: number, slot: number, generation: number): number {
    if (this.returned === 0) this.added.set(fd, { slot, generation });
    return this.returned;
  }

  remove(fd: number): void {
    this.added.delete(fd);
  }

  closing(): void {}
  await(): void {}

  look(): number {
    if (this.failing < 0) return this.failing;
    this.#found = this.#events;
    this.#events = [];
    return this.#found.length;
  }

  slot = (index: number): number => this.#found[index]?.slot ?? 0;
  generation = (index: number): number => this.#found[index]?.generation ?? 0;
  ready = (index: number): number => this.#found[index]?.ready ?? 0;
  ref(): void {}
  unref(): void {}

  close(): void {
    this.open = false;
  }
}
