import { performance } from "node:perf_hooks";
import timers from "node:timers";

/** A call scheduled for later. It keeps the process running unless `unref()` was called. */
export type Timer = NodeJS.Timeout;
/**
 * A call scheduled for the next turn of the event loop. It keeps the process running unless
 * `unref()` was called.
 */
export type Immediate = NodeJS.Immediate;

/** The package's clock. Each System has one, and no other code reads the time or sets a timer. */
export interface Clock {
  /** Milliseconds since an arbitrary moment in the past; monotonic. */
  now(): number;
  /** Milliseconds since 1970, by the host's calendar. */
  date(): number;
  setTimeout(call: () => void, milliseconds: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
  setInterval(call: () => void, milliseconds: number): Timer;
  clearInterval(timer: Timer | undefined): void;
  setImmediate(call: () => void): Immediate;
  clearImmediate(immediate: Immediate | undefined): void;
}

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

const { queueMicrotask } = globalThis;

/** process.nextTick(), captured when the package is loaded: fake timers may replace it too. */
export const nextTick: typeof process.nextTick = process.nextTick.bind(process);

/** Throws an error as soon as the running code has ended, as an uncaught exception. */
export function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

const resolved = Promise.resolve();

/**
 * Makes a call as soon as the running code has ended, before the event loop continues. The call
 * must not throw: that would be an unhandled rejection. queueMicrotask() will not do, since fake
 * timers replace it too.
 */
export function afterThis(call: () => void): void {
  resolved.then(call);
}

/**
 * Resolves after `delay` milliseconds.
 *
 * @throws the signal's `reason` once it is aborted
 */
export function delay(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    function abort() {
      clock.clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}
