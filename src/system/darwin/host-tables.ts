import type { HostTables } from "../host-tables.ts";
import { noListenerCounters } from "../no-listener-counters.ts";
import * as libc from "./libc.ts";
import { portRulesOver } from "./port-rules.ts";
import { processTableOver } from "./process-table.ts";
import { socketTableOver } from "./socket-table.ts";
import { terms } from "./terms.ts";

/** macOS: sysctl(3) and libproc. */
export const tables: HostTables = {
  sockets: socketTableOver(libc),
  processes: processTableOver(libc),
  ports: portRulesOver(libc),
  listenerCounters: noListenerCounters,
  terms,
};
