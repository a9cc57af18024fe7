import { builtin } from "../builtin.ts";
import type { Clock } from "../clock/clock.ts";
import { provideSimulatedHosts } from "../system/current.ts";
import type { System } from "../system/system.ts";
import type { Random } from "./clock/random.ts";
import type { SimulatedHost } from "./host/simulated-host.ts";

// The simulation, and the host in it, that the running code belongs to.

/** Where code of a simulation runs: on a host, or outside all hosts, like the test itself. */
export interface Scope {
  /** Undefined outside the hosts. */
  readonly system: System | undefined;
  /** The host of that System. */
  readonly host: SimulatedHost | undefined;
  /** The clock of its timers. */
  readonly clock: Clock;
  /** Its random numbers; undefined if they are left alone. */
  readonly random: Random | undefined;
}

const hooks = builtin("node:async_hooks");
const storage = hooks && new hooks.AsyncLocalStorage<Scope>();

/** Without AsyncLocalStorage, in a browser: the scope of the code that runs at present. */
let present: Scope | undefined;

/** The scope of the running code; undefined outside every simulation. */
export function currentScope(): Scope | undefined {
  return storage === undefined ? present : storage.getStore();
}

/**
 * Runs code, and what it starts, in a scope. Without AsyncLocalStorage, only until the code
 * returns.
 */
export function runIn<Value>(scope: Scope, call: () => Value): Value {
  if (storage !== undefined) return storage.run(scope, call);
  const before = present;
  present = scope;
  try {
    return call();
  } finally {
    present = before;
  }
}

/** Runs code, and what it starts, outside of every simulation. */
export function outside(call: () => void): void {
  if (storage === undefined) call();
  else storage.exit(call);
}

/** A call that runs in the async context of its caller: that of every AsyncLocalStorage. */
export function bound(call: () => void): () => void {
  if (hooks !== undefined) {
    const context = new hooks.AsyncResource("berkeley:simulated");
    return () => context.runInAsyncScope(call);
  }
  const scope = present;
  return scope === undefined ? call : () => runIn(scope, call);
}

/**
 * Runs handlers of an engine in a scope, and in the async context in which the simulation began,
 * not in the one that opened the first connection.
 */
export function handlersIn(scope: Scope, base: (call: () => void) => void, call: () => void): () => void {
  const run = () => runIn(scope, call);
  return () => base(run);
}

/** The async context of its caller, to run other calls in. */
export function baseContext(): (call: () => void) => void {
  if (hooks === undefined) return (call) => call();
  const context = new hooks.AsyncResource("berkeley:simulated");
  return (call) => context.runInAsyncScope(call);
}

let simulations = 0;

/**
 * Lets code find its host while a simulation runs. Otherwise programs would query AsyncLocalStorage
 * at every call.
 */
export function beginFinding(): void {
  simulations += 1;
  provideSimulatedHosts(() => currentScope()?.system);
}

export function endFinding(): void {
  simulations -= 1;
  if (simulations === 0) provideSimulatedHosts(undefined);
}
