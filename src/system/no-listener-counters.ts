import type { ListenerCounters } from "./host-tables.ts";

/** For a system that does not count the connections its listeners drop. */
export const noListenerCounters: ListenerCounters = {
  counters: () => undefined,
  somaxconn: () => undefined,
  usesSynCookies: () => true,
};
