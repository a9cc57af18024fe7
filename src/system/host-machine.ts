import { machine as darwin } from "./darwin/machine.ts";
import { machine as linux } from "./linux/machine.ts";
import type { Machine } from "./machine.ts";
import { untoldMachine } from "./untold-machine.ts";
import { machine as windows } from "./windows/machine.ts";

const machines: Readonly<Partial<Record<NodeJS.Platform, Machine>>> = { darwin, linux, win32: windows };

/** What the system that this process runs on tells of its sockets and processes. */
export const machine: Machine = machines[process.platform] ?? untoldMachine(process.platform);
