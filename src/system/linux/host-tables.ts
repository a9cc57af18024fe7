import type { HostTables } from "../host-tables.ts";
import { listenerCounters } from "./listener-counters.ts";
import { portRules } from "./port-rules.ts";
import { processTable } from "./process-table.ts";
import { socketTable } from "./socket-table.ts";
import { terms } from "./terms.ts";

/** Linux: netlink's sock_diag, and /proc. */
export const tables: HostTables = {
  sockets: socketTable,
  processes: processTable,
  ports: portRules,
  listenerCounters,
  terms,
};
