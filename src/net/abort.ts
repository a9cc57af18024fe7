import { machineClock, type Timer } from "../clock/clock.ts";
import { argumentType, checkObject, kind, outOfRange } from "../errors/argument.ts";

/** How long a program waits for something. */
export interface WaitOptions {
  /** Gives it up: the wait fails with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives it up after so many milliseconds: the wait fails with a DOMException named
   * `TimeoutError`. Infinity is for ever. They are real milliseconds, under fake timers too.
   */
  readonly timeout?: number | undefined;
}

/** The longest time of setTimeout(); a longer one would be over at once. */
const LONGEST = 0x7fffffff;

const nothing = () => {};

/** Milliseconds that setTimeout() takes, or Infinity; otherwise a TypeError or a RangeError. */
export function milliseconds(what: string, value: number): number {
  if (typeof value !== "number") throw argumentType(`${what} must be a number, not ${kind(value)}`);
  if (value === Number.POSITIVE_INFINITY || (value >= 0 && value <= LONGEST)) return value;
  throw outOfRange(`${what} must be from 0 to ${LONGEST} milliseconds, or Infinity, not ${value}`);
}

export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  if (isForeignSignal(signal)) return;
  throw argumentType(`signal must be an AbortSignal, not ${kind(signal)}`);
}

/** One of another realm, or of jsdom under Jest: what is used of it is there. */
const isForeignSignal = (signal: unknown): boolean =>
  Object.prototype.toString.call(signal) === "[object AbortSignal]" &&
  typeof signal === "object" &&
  signal !== null &&
  "addEventListener" in signal &&
  typeof signal.addEventListener === "function";

/** AbortSignal's own, which jsdom's lacks. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}

/** Throws a TypeError or a RangeError for options that are none. */
export function checkWait(options: WaitOptions | undefined): void {
  if (options === undefined) return;
  checkObject("options", "{ signal?, timeout? }", options);
  checkSignal(options.signal);
  if (options.timeout !== undefined) milliseconds("timeout", options.timeout);
}

/**
 * Calls `end` with the reason once the signal is aborted or the time is over, unless the function
 * that it returns is called first.
 *
 * @param options good ones: `checkWait()`
 * @param what what is waited for, as the time-out's message says it: "read()"
 */
export function onAbort(
  what: string,
  { signal, timeout = Number.POSITIVE_INFINITY }: WaitOptions,
  end: (reason: unknown) => void,
): () => void {
  if (signal?.aborted) {
    end(signal.reason);
    return nothing;
  }
  let timer: Timer | undefined;
  const abort = () => finish(signal?.reason);
  const stop = () => {
    machineClock.clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
  function finish(reason: unknown) {
    stop();
    end(reason);
  }
  signal?.addEventListener("abort", abort);
  if (timeout !== Number.POSITIVE_INFINITY) {
    // What is waited for holds the process, or was told not to.
    timer = machineClock.setTimeout(() => finish(timedOut(what, timeout)), timeout).unref();
  }
  return stop;
}

/** What a promise gives, unless the wait for it is given up. */
export function orAbort<Value>(what: string, promise: Promise<Value>, options: WaitOptions): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(what, options, reject);
    promise.then(resolve, reject).finally(stop);
  });
}

/** The same kind of error as AbortSignal.timeout() gives. */
export function timedOut(what: string, timeout: number): DOMException {
  return new DOMException(`${what} was not done within ${timeout} milliseconds`, "TimeoutError");
}
