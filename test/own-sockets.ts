import type { Exceptions } from "./platform.ts";

/** Runtimes that hide the descriptors of their own sockets, which therefore cannot be borrowed. */
export const descriptorsHidden: Exceptions = {
  deno: "Deno does not reveal the descriptors of its own TCP and UDP sockets",
  windows: "Node does not reveal the handles of its own sockets on Windows",
};

/** The same for an http.Server. */
export const httpServersHidden: Exceptions = {
  ...descriptorsHidden,
  bun: "Bun does not reveal the descriptor of an http.Server",
};
