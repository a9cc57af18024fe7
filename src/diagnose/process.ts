import type { Holder, Holders, SocketKey } from "../system/host-tables.ts";
import { hostTables } from "../system/this-host.ts";

export type { Holder };

/** Finds the processes that have these sockets open. */
export const holdersOf = (sockets: Iterable<SocketKey>): Holders => hostTables.processes.holdersOf(sockets);

/** What is known of a process; undefined where it has ended. */
export const readProcess = (pid: number): Holder | undefined => hostTables.processes.readProcess(pid);

/** The number that the system's table has for this process; undefined where it is not in it. */
export const ownPid = (): number | undefined => hostTables.processes.ownPid();

/** The names of users, for many of them; the number where it has none. */
export const userNames = (): ((uid: number) => string) => hostTables.processes.userNames();

/** The name of a user. */
export const userName = (uid: number): string => userNames()(uid);
