import type { VirtualClock } from "../clock/virtual-clock.ts";

/**
 * The MTUs that errors have reported for paths, and for how long (RFC 1191, 6.3; RFC 8201, 5.3).
 */
export class PathMtus {
  readonly #clock: VirtualClock;
  readonly #known = new Map<string, { readonly mtu: number; readonly until: number }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** The MTU of the path to a destination, at most that of its first link. */
  get(destination: string, first: number): number {
    if (this.#known.size === 0) return first;
    const known = this.#known.get(destination);
    if (known === undefined) return first;
    if (known.until <= this.#clock.now) {
      this.#known.delete(destination);
      return first;
    }
    return Math.min(known.mtu, first);
  }

  /** An error reported an MTU. */
  learn(destination: string, mtu: number, lifetime: number): void {
    this.#known.set(destination, { mtu, until: this.#clock.now + lifetime });
  }

  clear(): void {
    this.#known.clear();
  }
}
