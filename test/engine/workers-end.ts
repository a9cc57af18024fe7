import type { Exceptions } from "../platform.ts";

/** Where a worker thread may not end, or be ended, while an engine works in it. */
export const workersEnd: Exceptions = {
  bun: "Bun crashes where a worker thread ends while a call of koffi's is on another thread (Bun 1.4, koffi 3.3)",
  deno: "Deno leaves open what was open in a worker thread that has ended (2.9)",
};
