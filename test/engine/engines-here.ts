import { engine } from "../../src/engine/choice.ts";
import type { Engine, EngineName } from "../../src/engine/engine.ts";

const names: readonly EngineName[] = ["uring", "readiness"];

/** The engines available on this host. */
export const enginesHere: readonly Engine[] = names.flatMap((name) => {
  try {
    return [engine(name)];
  } catch {
    return [];
  }
});
