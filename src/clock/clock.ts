/** A call scheduled for later. It keeps the process running unless `unref()` was called. */
export interface Timer {
  ref(): this;
  unref(): this;
  /** Begins again with the same delay. */
  refresh(): this;
}

/**
 * A call scheduled for the next turn of the event loop. It keeps the process running unless
 * `unref()` was called.
 */
export interface Immediate {
  ref(): this;
  unref(): this;
}

/** The package's clock. Each System has one, and no other code reads the time or sets a timer. */
export interface Clock {
  /** Milliseconds since an arbitrary moment in the past; monotonic. */
  now(): number;
  /** Milliseconds since 1970, by the host's calendar. */
  date(): number;
  setTimeout(call: () => void, milliseconds: number): Timer;
  /** Accepts a Timer of this clock, and anything that Node's clearTimeout() accepts. */
  clearTimeout(timer: Timer | string | number | undefined): void;
  setInterval(call: () => void, milliseconds: number): Timer;
  clearInterval(timer: Timer | string | number | undefined): void;
  setImmediate(call: () => void): Immediate;
  clearImmediate(immediate: Immediate | undefined): void;
}

const { queueMicrotask } = globalThis;

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
