import { machineClock, type Timer } from "../clock/clock.ts";
import { argumentType, checkObject, kind, outOfRange } from "../errors/argument.ts";

/** What ends a wait early. */
export interface WaitOptions {
  /** Aborts the wait, which fails with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the wait after so many milliseconds with a DOMException named `TimeoutError`. Infinity
   * waits for ever. Fake timers do not affect it.
   */
  readonly timeout?: number | undefined;
}

/** The longest delay of setTimeout(), which fires at once for a longer one. */
const LONGEST = 0x7fffffff;

const nothing = () => {};

/** Returns a delay that setTimeout() takes, or Infinity. Throws a TypeError or RangeError. */
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

/** Of another realm, or of jsdom under Jest, which has the methods used here. */
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

/** Throws a TypeError or RangeError if the options are malformed. */
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
 * @param what what waits, for the message of a timeout: "read()"
 * @param options already checked by `checkWait()`
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
    // Whether the process keeps running is up to what is waited for.
    timer = machineClock.setTimeout(() => finish(timedOut(what, timeout)), timeout).unref();
  }
  return stop;
}

/** Settles as the promise does, unless the options end the wait first. */
export function orAbort<Value>(what: string, promise: Promise<Value>, options: WaitOptions): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(what, options, reject);
    promise.then(resolve, reject).finally(stop);
  });
}

/** The same kind of error as AbortSignal.timeout() gives. */
export function timedOut(what: string, timeout: number): DOMException {
  return new DOMException(`${what} timed out after ${timeout} ms`, "TimeoutError");
}
