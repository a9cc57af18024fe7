import type { Clock, Timer } from "../clock/clock.ts";
import { argumentType, checkObject, kind, outOfRange } from "../errors/argument.ts";

/** Options that end a wait early. */
export interface WaitOptions {
  /** Aborts the wait, which then fails with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the wait after this many milliseconds with a DOMException named `TimeoutError`. Infinity
   * waits forever. Fake timers do not affect it.
   */
  readonly timeout?: number | undefined;
}

/** The longest delay of setTimeout(), which fires immediately for a longer one. */
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

/** A signal of another realm, or of jsdom under Jest; both have the methods used here. */
const isForeignSignal = (signal: unknown): boolean =>
  Object.prototype.toString.call(signal) === "[object AbortSignal]" &&
  typeof signal === "object" &&
  signal !== null &&
  "addEventListener" in signal &&
  typeof signal.addEventListener === "function";

/** AbortSignal's own method; jsdom's AbortSignal has none. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}

/**
 * Returns the options, each read once: a getter could return something else the next time, or do
 * anything, so this comes before the other arguments are checked. Throws a TypeError or RangeError
 * if they are malformed.
 */
export function checkWait(options: WaitOptions): WaitOptions;
export function checkWait(options: WaitOptions | undefined): WaitOptions | undefined;
export function checkWait(options: WaitOptions | undefined): WaitOptions | undefined {
  if (options === undefined) return undefined;
  checkObject("options", "{ signal?, timeout? }", options);
  const { signal, timeout } = options;
  checkSignal(signal);
  if (timeout !== undefined) milliseconds("timeout", timeout);
  return { signal, timeout };
}

/**
 * Calls `end` with the reason when the signal is aborted or the time is up. The function it returns
 * cancels that.
 *
 * @param clock that of the socket's System
 * @param what the waiting call, for the timeout's message: "read()"
 * @param options those of `checkWait()`
 */
export function onAbort(
  clock: Clock,
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
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
  function finish(reason: unknown) {
    stop();
    end(reason);
  }
  signal?.addEventListener("abort", abort);
  if (timeout !== Number.POSITIVE_INFINITY) {
    // The operation that is waited for decides whether the process keeps running.
    timer = clock.setTimeout(() => finish(timedOut(what, timeout)), timeout).unref();
  }
  return stop;
}

/** Settles as the promise does, unless the options end the wait first. */
export function orAbort<Value>(
  clock: Clock,
  what: string,
  promise: Promise<Value>,
  options: WaitOptions,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(clock, what, options, reject);
    promise.then(resolve, reject).finally(stop);
  });
}

/** The same kind of error as AbortSignal.timeout() uses. */
export function timedOut(what: string, timeout: number): DOMException {
  return new DOMException(`${what} timed out after ${timeout} ms`, "TimeoutError");
}
