import type { Machine } from "../machine.ts";
import { portRules } from "./port-rules.ts";
import { processTable } from "./process-table.ts";
import { socketTable } from "./socket-table.ts";
import { words } from "./words.ts";

/** Linux: netlink's sock_diag, and /proc. */
export const machine: Machine = { sockets: socketTable, processes: processTable, ports: portRules, words };
