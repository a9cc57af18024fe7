import type { Counter, Counters } from "./protocol-host.ts";

/** Counters by name; one that never counted is 0. */
export class CounterTable implements Counters {
  readonly #counters = new Map<string, Counter>();

  counter(name: string): Counter {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = { value: 0 };
      this.#counters.set(name, counter);
    }
    return counter;
  }

  count(name: string, by = 1): void {
    this.counter(name).value += by;
  }

  get(name: string): number {
    return this.#counters.get(name)?.value ?? 0;
  }

  *entries(): IterableIterator<[name: string, value: number]> {
    for (const [name, { value }] of this.#counters) if (value !== 0) yield [name, value];
  }
}
