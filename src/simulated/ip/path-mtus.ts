import type { VirtualClock } from "../clock/virtual-clock.ts";

interface PathMtu {
  readonly mtu: number;
  /** An error reported less than min_pmtu. */
  readonly locked: boolean;
}

/**
 * The MTUs that errors have reported for paths, and for how long (RFC 1191, 6.3; RFC 8201, 5.3).
 */
export class PathMtus {
  readonly #clock: VirtualClock;
  readonly #known = new Map<string, PathMtu & { readonly until: number }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** The MTU of the path to a destination, at most that of its first link. */
  get(destination: string, first: number): PathMtu {
    if (this.#known.size === 0) return { mtu: first, locked: false };
    const known = this.#known.get(destination);
    if (known === undefined) return { mtu: first, locked: false };
    if (known.until <= this.#clock.now) {
      this.#known.delete(destination);
      return { mtu: first, locked: false };
    }
    return { mtu: Math.min(known.mtu, first), locked: known.locked };
  }

  /** An error reported an MTU: __ip_rt_update_pmtu(). */
  learn(destination: string, reported: number, least: number, lifetime: number): void {
    const [mtu, locked] = [Math.max(reported, least), reported < least];
    this.#known.set(destination, { mtu, locked, until: this.#clock.now + lifetime });
  }

  clear(): void {
    this.#known.clear();
  }
}
