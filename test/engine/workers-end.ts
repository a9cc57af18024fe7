import type { Exceptions } from "../platform.ts";

/** Runtimes on which a worker thread may not end, or be terminated, while an engine works in it. */
export const workersEnd: Exceptions = {
  bun: "Bun crashes if a worker thread ends while a koffi call is on another thread (Bun 1.4, koffi 3.3)",
  deno: "Deno leaves open what was open in a worker thread that has ended (2.9)",
};
