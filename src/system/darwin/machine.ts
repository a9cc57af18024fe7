import type { Machine } from "../machine.ts";
import * as libc from "./libc.ts";
import { portRulesOver } from "./port-rules.ts";
import { processTableOver } from "./process-table.ts";
import { socketTableOver } from "./socket-table.ts";
import { words } from "./words.ts";

/** macOS: sysctl(3) and libproc. */
export const machine: Machine = {
  sockets: socketTableOver(libc),
  processes: processTableOver(libc),
  ports: portRulesOver(libc),
  words,
};
