import { performance } from "node:perf_hooks";
import timers from "node:timers";
import type { Clock } from "./clock.ts";

/**
 * The host's clock. It captures its functions when the package is loaded, so fake timers that a
 * test installs later (node:test's mock timers, Jest, Vitest, sinon) do not affect sockets, as with
 * node:net. They come from node:timers rather than the globals, which Jest replaces before it loads
 * any module.
 */
export const machineClock: Clock = {
  now: performance.now.bind(performance),
  date: Date.now,
  setTimeout: timers.setTimeout,
  clearTimeout: timers.clearTimeout,
  setInterval: timers.setInterval,
  clearInterval: timers.clearInterval,
  setImmediate: timers.setImmediate,
  clearImmediate: timers.clearImmediate,
};
