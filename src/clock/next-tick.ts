type NextTick = <Args extends unknown[]>(call: (...args: Args) => void, ...args: Args) => void;

/**
 * process.nextTick(), captured when the package is loaded: fake timers may replace it too. A
 * browser has none: a microtask comes closest.
 */
export const nextTick: NextTick = globalThis.process?.nextTick.bind(globalThis.process) ?? inMicrotask();

/** Calls back once ticks and promises have run, as they do between two events of libuv. */
export function afterTicks(call: () => void): void {
  nextTick(() => globalThis.queueMicrotask(() => nextTick(call)));
}

function inMicrotask(): NextTick {
  const { queueMicrotask } = globalThis;
  return (call, ...args) => queueMicrotask(() => call(...args));
}
