/** What limits a connection with data to send: enum tcp_chrono. */
export type Limit = "idle" | "busy" | "peer's window" | "send buffer";

/** Later ones take precedence. */
const RANK: Readonly<Record<Limit, number>> = { idle: 0, busy: 1, "peer's window": 2, "send buffer": 3 };

/**
 * Measures how long each of them limits a connection: tcp_chrono_start() and tcp_chrono_stop().
 * Times are nanoseconds.
 */
export class Chronograph {
  #limit: Limit = "idle";
  #since = 0;
  #busy = 0;
  #window = 0;
  #buffer = 0;

  start(limit: Limit, now: number): void {
    if (RANK[limit] > RANK[this.#limit]) this.#set(limit, now);
  }

  /** @param empty whether nothing is left to send or to be acknowledged */
  stop(limit: Limit, empty: boolean, now: number): void {
    if (empty) this.#set("idle", now);
    else if (limit === this.#limit) this.#set("busy", now);
  }

  #set(limit: Limit, now: number): void {
    if (limit === this.#limit) return;
    const spent = now - this.#since;
    if (this.#limit !== "idle") this.#busy += spent;
    if (this.#limit === "peer's window") this.#window += spent;
    if (this.#limit === "send buffer") this.#buffer += spent;
    this.#since = now;
    this.#limit = limit;
  }

  /** Whatever limits it, a connection that is not idle is busy. */
  spent(limit: Exclude<Limit, "idle">, now: number): number {
    const isRunning = limit === "busy" ? this.#limit !== "idle" : limit === this.#limit;
    const before = limit === "busy" ? this.#busy : limit === "send buffer" ? this.#buffer : this.#window;
    return before + (isRunning ? now - this.#since : 0);
  }
}
