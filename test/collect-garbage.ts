import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects unreachable objects, and lets finalizers run, until `done`. */
export async function collectGarbageUntil(done: () => boolean): Promise<void> {
  // Bun and Deno do not guarantee when a finalizer runs, and Bun's collector may mistake a number
  // on the stack for a reference.
  for (let times = 0; !done() && times < 1000; times++) {
    collectGarbage();
    await setImmediate();
  }
}

/** Collects unreachable objects, once. */
export const collectGarbage: () => void = collector();

function collector(): () => void {
  const bun: unknown = Reflect.get(globalThis, "Bun");
  if (typeof bun === "object" && bun !== null && "gc" in bun) {
    const { gc } = bun;
    if (typeof gc === "function") return () => gc(true);
  }
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
