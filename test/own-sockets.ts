import type { Exceptions } from "./platform.ts";

/**
 * Where the runtime keeps the descriptors of its own sockets to itself, so that they cannot be
 * borrowed.
 */
export const descriptorsHidden: Exceptions = {
  deno: "Deno does not tell the descriptors of its own TCP and UDP sockets",
  windows: "Node does not tell the handles of its own sockets on Windows",
};

/** The same for an http.Server. */
export const httpServersHidden: Exceptions = {
  ...descriptorsHidden,
  bun: "Bun does not tell the descriptor of an http.Server",
};
