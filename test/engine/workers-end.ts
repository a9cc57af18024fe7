import type { EngineName } from "../../src/engine/engine.ts";
import { isLinuxSince } from "../linux-version.ts";
import type { Exceptions } from "../platform.ts";

/** Runtimes on which a worker thread may not end, or be terminated, while an engine works in it. */
export const workersEnd: Exceptions = {
  bun: "Bun crashes if a worker thread ends while a koffi call is on another thread (Bun 1.4, koffi 3.3)",
  deno: "Deno leaves open what was open in a worker thread that has ended (2.9)",
};

/** Whether worker threads have the engine; if not, the test is skipped. */
export function haveWorkers(engine: EngineName, test: { skip(why: string): void }): boolean {
  if (engine !== "uring" || isLinuxSince([6, 5])) return true;
  test.skip("worker threads have rings since Linux 6.5 (IORING_SETUP_NO_MMAP)");
  return false;
}
