import { defined } from "../invariant.ts";
import type { System } from "../system/system.ts";
import type { Engine, EngineName } from "./engine.ts";

/** Returns the engine of a System; throws if the System lacks the engine that was requested. */
export type ProvideEngine = (wanted?: EngineName) => Engine;

const engines = new WeakMap<System, ProvideEngine>();

/** Registers the engine of a System. */
export function provideEngine(system: System, provide: ProvideEngine): void {
  engines.set(system, provide);
}

/**
 * The engine of a System, in this thread. The arguments and errors are those of `engineChoice()`.
 *
 * @param busyPoll see `Engine.busyPoll()`
 */
export function engineOf(system: System, wanted?: EngineName, busyPoll = 0): Engine {
  const engine = defined(engines.get(system), "a System that programs use has an engine")(wanted);
  if (busyPoll > 0) engine.busyPoll(busyPoll);
  return engine;
}
