import { builtin } from "../builtin.ts";
import type { Clock } from "../clock/clock.ts";
import { provideSimulatedHosts } from "../system/current.ts";
import type { System } from "../system/system.ts";
import type { Random } from "./clock/random.ts";

// Which simulation, and which of its hosts, the running code belongs to.

/** Where code of a simulation runs: on a host, or beside them all, as the test itself does. */
export interface Place {
  /** Undefined beside the hosts. */
  readonly system: System | undefined;
  /** The clock of its timers. */
  readonly clock: Clock;
  /** Its random numbers; undefined if they are left alone. */
  readonly random: Random | undefined;
}

const hooks = builtin("node:async_hooks");
const storage = hooks && new hooks.AsyncLocalStorage<Place>();

/** Without AsyncLocalStorage, in a browser: the place of the code that runs at present. */
let present: Place | undefined;

/** Where the running code is; undefined outside of every simulation. */
export function currentPlace(): Place | undefined {
  return storage === undefined ? present : storage.getStore();
}

/**
 * Runs code at a place, and what it starts. Without AsyncLocalStorage, only what runs until the
 * code returns.
 */
export function runAt<Value>(place: Place, call: () => Value): Value {
  if (storage !== undefined) return storage.run(place, call);
  const before = present;
  present = place;
  try {
    return call();
  } finally {
    present = before;
  }
}

/** A call that runs in the async context of its caller: that of every AsyncLocalStorage. */
export function bound(call: () => void): () => void {
  if (hooks !== undefined) {
    const context = new hooks.AsyncResource("berkeley:simulated");
    return () => context.runInAsyncScope(call);
  }
  const place = present;
  return place === undefined ? call : () => runAt(place, call);
}

/**
 * Runs handlers of an engine: at a place, in the async context in which the simulation began rather
 * than in that of whoever opened the first connection.
 */
export function handlersAt(place: Place, base: (call: () => void) => void, call: () => void): () => void {
  const run = () => runAt(place, call);
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
 * Lets code find the host that it is on, while a simulation runs. Otherwise programs would ask
 * AsyncLocalStorage at every call.
 */
export function beginFinding(): void {
  simulations += 1;
  provideSimulatedHosts(() => currentPlace()?.system);
}

export function endFinding(): void {
  simulations -= 1;
  if (simulations === 0) provideSimulatedHosts(undefined);
}
