import { release } from "node:os";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Exceptions } from "../platform.ts";

/** Runtimes on which a worker thread may not end, or be terminated, while an engine works in it. */
export const workersEnd: Exceptions = {
  bun: "Bun crashes if a worker thread ends while a koffi call is on another thread (Bun 1.4, koffi 3.3)",
  deno: "Deno leaves open what was open in a worker thread that has ended (2.9)",
};

const [major = 0, minor = 0] = process.platform === "linux" ? release().split(".").map(Number) : [];

/** Whether worker threads have the engine; if not, the test is skipped. */
export function haveWorkers(engine: EngineName, test: { skip(why: string): void }): boolean {
  if (engine !== "uring" || major > 6 || (major === 6 && minor >= 5)) return true;
  test.skip("worker threads have rings since Linux 6.5 (IORING_SETUP_NO_MMAP)");
  return false;
}
