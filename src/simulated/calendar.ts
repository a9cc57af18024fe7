import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// The clocks that programs read: Date, performance.now() and process.hrtime().

const NANOSECONDS = 1_000_000_000;

export function patchCalendar(patches: Patches): void {
  const RealDate = Date;
  const realNow = RealDate.now.bind(RealDate);
  const now = () => currentScope()?.clock.date() ?? realNow();
  const SimulatedDate = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 && currentScope() !== undefined ? [now()] : args,
        newTarget,
      ),
  });
  patches.replace(globalThis, "Date", SimulatedDate);
  patches.replace(RealDate, "now", now);
  // `new date.constructor()` must not read the real time, and `date.constructor === Date` holds.
  patches.replace(RealDate.prototype, "constructor", SimulatedDate);

  const performance = builtin("node:perf_hooks")?.performance ?? globalThis.performance;
  const realPerformance = performance.now.bind(performance);
  patches.replace(performance, "now", () => currentScope()?.clock.now() ?? realPerformance());

  const { process } = globalThis;
  if (process === undefined) return;
  const real = process.hrtime;
  const nanoseconds = () => {
    const scope = currentScope();
    return scope === undefined ? undefined : Math.round(scope.clock.now() * 1_000_000);
  };
  const hrtime = (since?: readonly [number, number]): [number, number] => {
    const at = nanoseconds();
    if (at === undefined) return since === undefined ? real() : real([...since]);
    const [seconds, rest] = since ?? [0, 0];
    const passed = at - (seconds * NANOSECONDS + rest);
    const whole = Math.floor(passed / NANOSECONDS);
    return [whole, passed - whole * NANOSECONDS];
  };
  const bigint = () => {
    const at = nanoseconds();
    return at === undefined ? real.bigint() : BigInt(at);
  };
  patches.replace(process, "hrtime", Object.assign(hrtime, { bigint }));
  const realUptime = process.uptime.bind(process);
  patches.replace(process, "uptime", () => {
    const at = nanoseconds();
    return at === undefined ? realUptime() : at / NANOSECONDS;
  });
}
