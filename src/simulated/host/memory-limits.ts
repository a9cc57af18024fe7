import type { MemoryUse } from "./protocol-host.ts";

const PAGE = 4_096;

/**
 * The memory of a protocol's sockets against a sysctl of three numbers of pages
 * (sk_memory_pressure).
 */
export class MemoryLimits implements MemoryUse {
  readonly #limits: () => readonly number[];
  #allocated = 0;
  #pressure = false;

  /** @param limits reads low, pressure and high, in pages */
  constructor(limits: () => readonly number[]) {
    this.#limits = limits;
  }

  get allocated(): number {
    return this.#allocated;
  }

  get pressure(): boolean {
    return this.#pressure;
  }

  get exceeded(): boolean {
    return this.#allocated > (this.#limits()[2] ?? 0) * PAGE;
  }

  charge(bytes: number): void {
    this.#allocated += bytes;
    if (this.#allocated > (this.#limits()[1] ?? 0) * PAGE) this.#pressure = true;
  }

  uncharge(bytes: number): void {
    this.#allocated -= bytes;
    if (this.#pressure && this.#allocated < (this.#limits()[0] ?? 0) * PAGE) this.#pressure = false;
  }

  clear(): void {
    this.#allocated = 0;
    this.#pressure = false;
  }
}
