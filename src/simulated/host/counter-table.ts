import type { Counters } from "./protocol-host.ts";

/** Counters by name; one that never counted is 0. */
export class CounterTable implements Counters {
  readonly #values = new Map<string, number>();

  count(name: string, by = 1): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  entries(): IterableIterator<[name: string, value: number]> {
    return this.#values.entries();
  }
}
