import type { System } from "./system.ts";

// The current System: the one that calls without a socket, such as socket() and listen(), use. It
// is this machine's, except in code that runs on a simulated host.

/** Once per thread: system/host.ts sets it when it is loaded. */
let registered: System | undefined;

/** Once per thread: set while a simulation runs. */
let simulated: (() => System | undefined) | undefined;

/**
 * Whether this machine's numbers are Linux's, as a simulated host's are: on Linux, and in a
 * browser, which has no others.
 */
export const onLinux: boolean = (globalThis.process?.platform ?? "linux") === "linux";

/** The System that the running code is on. */
export function currentSystem(): System {
  return simulated?.() ?? registered ?? noMachine();
}

/** This machine's System; undefined if it is not loaded, as in a browser. */
export function machineSystem(): System | undefined {
  return registered;
}

/** Sets this machine's System. */
export function provideMachine(system: System): void {
  registered = system;
}

/**
 * @param find returns the simulated host that the running code is on, if any; undefined while no
 * simulation runs
 */
export function provideSimulatedHosts(find: (() => System | undefined) | undefined): void {
  simulated = find;
}

function noMachine(): never {
  throw new Error(
    "berkeley: this code is not running on a simulated host, and this machine's sockets are not loaded; " +
      'call it in host.run(), or import "berkeley"',
  );
}
