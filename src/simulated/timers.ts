import { builtin } from "../builtin.ts";
import type { Clock, Immediate, Timer } from "../clock/clock.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// The timers of programs, in virtual time. They replace setTimeout() and the others while a
// simulation runs; code outside every simulation still gets real ones, through these functions.
// nextTick() and microtasks stay real.

type Call = (...args: unknown[]) => unknown;
type Kind = "timeout" | "interval" | "immediate";

/** A Timeout or Immediate of Node's, on a virtual clock. */
export class ProgramTimer {
  readonly #timer: Immediate | Timer;
  readonly #clear: () => void;
  #referenced = true;
  #cleared = false;
  #number: number | undefined;

  constructor(clock: Clock, kind: Kind, call: Call, delay: number, args: readonly unknown[]) {
    const run = () => {
      if (kind !== "interval") this.#forget();
      call(...args);
    };
    if (kind === "immediate") {
      const immediate = clock.setImmediate(run);
      this.#timer = immediate;
      this.#clear = () => clock.clearImmediate(immediate);
    } else {
      const timer = kind === "timeout" ? clock.setTimeout(run, delay) : clock.setInterval(run, delay);
      this.#timer = timer;
      this.#clear = () => clock.clearTimeout(timer);
    }
  }

  ref(): this {
    this.#referenced = true;
    this.#timer.ref();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#timer.unref();
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  refresh(): this {
    if (!this.#cleared && "refresh" in this.#timer) this.#timer.refresh();
    return this;
  }

  close(): this {
    if (this.#cleared) return this;
    this.#cleared = true;
    this.#forget();
    this.#clear();
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A number by which clearTimeout() knows it, until it fires. */
  [Symbol.toPrimitive](): number {
    if (this.#number === undefined) {
      this.#number = nextNumber++;
      numbered.set(this.#number, this);
    }
    return this.#number;
  }

  #forget() {
    if (this.#number !== undefined) numbered.delete(this.#number);
  }
}

/** Far from the numbers that Node gives its own timers. */
let nextNumber = 2 ** 40;
const numbered = new Map<number, ProgramTimer>();

/** Like Node's ERR_INVALID_ARG_TYPE. */
function notAFunction(call: unknown): TypeError {
  const message = `The "callback" argument must be of type function. Received ${call === null ? "null" : typeof call}`;
  return Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_TYPE" });
}

function timerOf(given: unknown): ProgramTimer | undefined {
  if (given instanceof ProgramTimer) return given;
  return typeof given === "number" || typeof given === "string" ? numbered.get(Number(given)) : undefined;
}

/** Replaces the timers of the globals and of node:timers. */
export function patchTimers(patches: Patches): void {
  const promises = builtin("node:timers/promises");
  replaceStart(patches, "setTimeout", (real) => delayed("timeout", real), promises);
  replaceStart(patches, "setInterval", (real) => delayed("interval", real), undefined);
  replaceStart(patches, "setImmediate", immediate, promises);
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"] as const) {
    const real = functionNamed(name);
    if (real === undefined) continue;
    replaceEverywhere(patches, name, (given) => {
      const timer = timerOf(given);
      if (timer === undefined) real(given);
      else timer.close();
    });
  }
  if (promises !== undefined) patchPromises(patches, promises);
  patchSignals(patches);
}

/** A global function; a browser has no setImmediate(). */
function functionNamed(name: string): Call | undefined {
  const found: unknown = Reflect.get(globalThis, name);
  return typeof found === "function" ? (...args) => Reflect.apply(found, globalThis, args) : undefined;
}

function replaceEverywhere(patches: Patches, name: string, call: Call): void {
  Object.defineProperty(call, "name", { value: name });
  for (const module of [globalThis, builtin("node:timers")]) patches.replace(module, name, call);
}

/** @param promises has the function that util.promisify() makes of this one */
function replaceStart(
  patches: Patches,
  name: string,
  simulated: (real: Call) => Call,
  promises: object | undefined,
): void {
  const real = functionNamed(name);
  if (real === undefined) return;
  const start = simulated(real);
  const custom = builtin("node:util")?.promisify.custom;
  if (custom !== undefined && promises !== undefined)
    Object.defineProperty(start, custom, { enumerable: true, get: () => Reflect.get(promises, name) });
  replaceEverywhere(patches, name, start);
}

const delayed =
  (kind: Kind, real: Call): Call =>
  (call, ...rest) => {
    const scope = currentScope();
    if (scope === undefined) return real(call, ...rest);
    const [delay = 1, ...args] = rest;
    return new ProgramTimer(scope.clock, kind, callable(call), Number(delay), args);
  };

const immediate =
  (real: Call): Call =>
  (call, ...args) => {
    const scope = currentScope();
    if (scope === undefined) return real(call, ...args);
    return new ProgramTimer(scope.clock, "immediate", callable(call), 0, args);
  };

function callable(call: unknown): Call {
  if (typeof call === "function") return (...args) => call(...args);
  throw notAFunction(call);
}

interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

/** Like Node's AbortError. */
function aborted(signal: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: signal.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

/** Resolves with the value after a virtual delay. */
function wait<Value>(
  clock: Clock,
  kind: Kind,
  delay: number,
  value: Value,
  { signal, ref = true }: WaitOptions = {},
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal));
    const end = () => {
      timer.close();
      if (signal !== undefined) reject(aborted(signal));
    };
    const timer = new ProgramTimer(
      clock,
      kind,
      () => {
        signal?.removeEventListener("abort", end);
        resolve(value);
      },
      delay,
      [],
    );
    if (!ref) timer.unref();
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Yields the value at every interval. */
async function* every<Value>(
  clock: Clock,
  delay: number,
  value: Value,
  { signal, ref = true }: WaitOptions = {},
): AsyncGenerator<Value, void, void> {
  let due = 0;
  let wake: (() => void) | undefined;
  const interval = new ProgramTimer(
    clock,
    "interval",
    () => {
      due += 1;
      wake?.();
    },
    delay,
    [],
  );
  if (!ref) interval.unref();
  const end = () => wake?.();
  signal?.addEventListener("abort", end, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      if (due === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      for (; due > 0; due -= 1) yield value;
    }
  } finally {
    interval.close();
    signal?.removeEventListener("abort", end);
  }
}

type Promises = typeof import("node:timers/promises");

function patchPromises(patches: Patches, promises: Promises): void {
  const real = { ...promises };
  const { scheduler } = promises;
  const realWait = scheduler.wait.bind(scheduler);
  const realYield = scheduler.yield.bind(scheduler);
  patches.replace(promises, "setTimeout", (delay = 1, value?: unknown, options?: WaitOptions) => {
    const scope = currentScope();
    if (scope === undefined) return real.setTimeout(delay, value, options);
    return wait(scope.clock, "timeout", Number(delay), value, options);
  });
  patches.replace(promises, "setImmediate", (value?: unknown, options?: WaitOptions) => {
    const scope = currentScope();
    if (scope === undefined) return real.setImmediate(value, options);
    return wait(scope.clock, "immediate", 0, value, options);
  });
  patches.replace(promises, "setInterval", (delay = 1, value?: unknown, options?: WaitOptions) => {
    const scope = currentScope();
    if (scope === undefined) return real.setInterval(delay, value, options);
    return every(scope.clock, Number(delay), value, options);
  });
  patches.replace(scheduler, "wait", (delay: number, options?: WaitOptions) => {
    const scope = currentScope();
    if (scope === undefined) return realWait(delay, options);
    return wait(scope.clock, "timeout", Number(delay), undefined, options);
  });
  patches.replace(scheduler, "yield", () => {
    const scope = currentScope();
    if (scope === undefined) return realYield();
    return wait(scope.clock, "immediate", 0, undefined);
  });
}

function patchSignals(patches: Patches): void {
  const real = AbortSignal.timeout.bind(AbortSignal);
  patches.replace(AbortSignal, "timeout", (delay: number) => {
    const scope = currentScope();
    if (scope === undefined) return real(delay);
    const controller = new AbortController();
    const end = () =>
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    new ProgramTimer(scope.clock, "timeout", end, delay, []).unref();
    return controller.signal;
  });
}
