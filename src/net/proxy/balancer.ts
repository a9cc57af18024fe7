import type { Engine } from "../../engine/engine.ts";
import type { Balance, CheckedTarget } from "./proxy-options.ts";
import { Target } from "./target.ts";

/** The targets of a proxy, and which one is next. */
export class Balancer {
  readonly #engine: Engine;
  readonly #balance: Balance;
  #targets: readonly Target[];
  #next = 0;

  constructor(engine: Engine, balance: Balance, targets: readonly CheckedTarget[]) {
    this.#engine = engine;
    this.#balance = balance;
    this.#targets = targets.map((target) => new Target(engine, target));
  }

  /** In the order given. */
  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** Changes the targets. Those that stay keep their counts. */
  replace(targets: readonly CheckedTarget[]): void {
    const before = new Map(this.#targets.map((target) => [target.name, target]));
    const after = targets.map((checked) => {
      const target = new Target(this.#engine, checked);
      return before.get(target.name) ?? target;
    });
    for (const target of this.#targets) if (!after.includes(target)) target.stop();
    this.#targets = after;
  }

  /** The next target, among those that are up, if any; undefined if all were tried. */
  choose(tried: ReadonlySet<Target> | undefined): Target | undefined {
    const targets = this.#targets;
    const [only] = targets;
    if (targets.length === 1) return only !== undefined && tried?.has(only) ? undefined : only;
    const left = tried === undefined ? targets : targets.filter((target) => !tried.has(target));
    const up = left.filter((target) => target.up);
    const candidates = up.length > 0 ? up : left;
    const turn = this.#next++;
    if (this.#balance === "round-robin") return candidates[turn % candidates.length];
    const fewest = Math.min(...candidates.map(({ connections }) => connections));
    const equal = candidates.filter(({ connections }) => connections === fewest);
    return equal[turn % equal.length];
  }

  /** Connects to each, to check whether it is up. */
  check(timeout: number): void {
    for (const target of this.#targets) target.check(timeout);
  }

  /** Ends the checks that are under way. */
  stop(): void {
    for (const target of this.#targets) target.stop();
  }
}
