import { type Scheduled, VirtualClock } from "../clock/virtual-clock.ts";
import type { ProgramHost, ProgramQueue } from "../host/program-host.ts";

/**
 * The timers, immediates and readiness callbacks of programs, in the order in which they are due.
 * The loop of the simulation runs one when no kernel event is due before it.
 */
export class ProgramItems implements ProgramQueue {
  readonly #network: VirtualClock;
  /** Only its heap is used: it never runs by itself. */
  readonly #items = new VirtualClock();
  readonly #hosts = new WeakMap<Scheduled, ProgramHost>();
  /** Items that became due while their host was paused, in order. */
  readonly #held = new Map<ProgramHost, Set<Scheduled>>();

  constructor(network: VirtualClock) {
    this.#network = network;
  }

  get nextAt(): number {
    return this.#items.nextAt ?? Number.POSITIVE_INFINITY;
  }

  /** How many items lie ahead. */
  get pending(): number {
    return this.#items.pending;
  }

  add(item: Scheduled, at: number, host?: ProgramHost): void {
    this.#release(item);
    if (host !== undefined) this.#hosts.set(item, host);
    this.#items.add(item, Math.max(at, this.#network.now));
  }

  cancel(item: Scheduled): void {
    this.#release(item);
    this.#items.cancel(item);
  }

  /** Runs the next item, which is due now; or delays it, if its host is paused. */
  runNext(): void {
    const item = this.#items.takeNext();
    if (item === undefined) return;
    const host = this.#hosts.get(item);
    if (!host?.paused) {
      item.due();
      return;
    }
    const held = this.#held.get(host);
    if (held === undefined) this.#held.set(host, new Set([item]));
    else held.add(item);
  }

  resumed(host: ProgramHost): void {
    const held = this.#held.get(host) ?? [];
    this.#held.delete(host);
    for (const item of held) this.#items.add(item, this.#network.now);
  }

  #release(item: Scheduled): void {
    const host = this.#hosts.get(item);
    if (host !== undefined) this.#held.get(host)?.delete(item);
  }
}
