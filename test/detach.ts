import type { Exceptions } from "./platform.ts";

/** Where a connection cannot be detached. */
export const noDetach: Exceptions = {
  bun: "Bun's net.Socket takes no descriptor (1.4)",
  windows: "Node's net.Socket takes no descriptor on Windows",
};
