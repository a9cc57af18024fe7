import { MILLISECOND, SECOND, type VirtualClock } from "../clock/virtual-clock.ts";

/** Tokens that fill with time: inet_peer_xrlim_allow() and icmp_global_allow(). */
class Bucket {
  #tokens: number;
  #since: number;

  constructor(tokens: number, now: number) {
    this.#tokens = tokens;
    this.#since = now;
  }

  take(now: number, { perSecond, most }: { perSecond: number; most: number }): boolean {
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#since) / SECOND) * perSecond);
    this.#since = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** XRLIM_BURST_FACTOR (net/ipv4/route.c): how many errors to one peer may be sent at once. */
const BURST = 6;

/** How many ICMP errors a host sends: in all, and to each peer (icmp(7)). */
export class ErrorLimit {
  readonly #clock: VirtualClock;
  readonly #peers = new Map<string, Bucket>();
  #all: Bucket | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /**
   * Whether an error may be sent now.
   *
   * @param interval icmp_ratelimit in milliseconds; 0 for no limit per peer
   */
  allows(
    peer: string,
    interval: number,
    { perSecond, burst }: { perSecond: number; burst: number },
  ): boolean {
    const { now } = this.#clock;
    this.#all ??= new Bucket(burst, now);
    if (!this.#all.take(now, { perSecond, most: burst })) return false;
    if (interval <= 0) return true;
    let bucket = this.#peers.get(peer);
    if (bucket === undefined) {
      bucket = new Bucket(BURST, now);
      this.#peers.set(peer, bucket);
    }
    return bucket.take(now, { perSecond: SECOND / (interval * MILLISECOND), most: BURST });
  }
}
