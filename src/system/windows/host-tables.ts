import type { HostTables } from "../host-tables.ts";
import { noListenerCounters } from "../no-listener-counters.ts";
import { portRules } from "./port-rules.ts";
import { processTable } from "./process-table.ts";
import { socketTable } from "./socket-table.ts";
import { terms } from "./terms.ts";

/** Windows: iphlpapi.dll, and the process calls of kernel32.dll and advapi32.dll. */
export const tables: HostTables = {
  sockets: socketTable,
  processes: processTable,
  ports: portRules,
  listenerCounters: noListenerCounters,
  terms,
};
