/** What a connection with data to send waits for; later ones take precedence: enum tcp_chrono. */
const ORDER = ["idle", "busy", "peer's window", "send buffer"] as const;
export type Limit = (typeof ORDER)[number];

/** Measures how long each of them holds a connection up: tcp_chrono_start() and tcp_chrono_stop(). */
export class Chronograph {
  #limit: Limit = "idle";
  #since = 0;
  readonly #spent = new Float64Array(ORDER.length);

  start(limit: Limit, now: number): void {
    if (ORDER.indexOf(limit) > ORDER.indexOf(this.#limit)) this.#set(limit, now);
  }

  /** @param empty whether nothing is left to send or to be acknowledged */
  stop(limit: Limit, empty: boolean, now: number): void {
    if (empty) this.#set("idle", now);
    else if (limit === this.#limit) this.#set("busy", now);
  }

  #set(limit: Limit, now: number): void {
    if (limit === this.#limit) return;
    const at = ORDER.indexOf(this.#limit);
    this.#spent[at] = (this.#spent[at] ?? 0) + now - this.#since;
    this.#since = now;
    this.#limit = limit;
  }

  /** Nanoseconds. Whatever limits it, a connection is busy. */
  spent(limit: Limit, now: number): number {
    if (limit === "busy")
      return this.#of("busy", now) + this.#of("peer's window", now) + this.#of("send buffer", now);
    return this.#of(limit, now);
  }

  #of(limit: Limit, now: number): number {
    const running = limit === this.#limit ? now - this.#since : 0;
    return (this.#spent[ORDER.indexOf(limit)] ?? 0) + running;
  }
}
