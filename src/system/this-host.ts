import { tables as darwin } from "./darwin/host-tables.ts";
import type { HostTables } from "./host-tables.ts";
import { tables as linux } from "./linux/host-tables.ts";
import { unavailableHostTables } from "./unavailable-host-tables.ts";
import { tables as windows } from "./windows/host-tables.ts";

const machines: Readonly<Partial<Record<NodeJS.Platform, HostTables>>> = { darwin, linux, win32: windows };

/** The tables of the host's sockets and processes. */
export const hostTables: HostTables = machines[process.platform] ?? unavailableHostTables(process.platform);
