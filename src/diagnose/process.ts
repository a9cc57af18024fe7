import type { Holder, Holders, SocketKey } from "../system/host-tables.ts";
import { hostTables } from "../system/this-host.ts";

export type { Holder };

/** Finds the processes that have these sockets open. */
export const holdersOf = (sockets: Iterable<SocketKey>): Holders => hostTables.processes.holdersOf(sockets);

/** Reads the facts about a process; undefined if it has ended. */
export const readProcess = (pid: number): Holder | undefined => hostTables.processes.readProcess(pid);

/** The pid of this process in the system's table; undefined if it is not in it. */
export const ownPid = (): number | undefined => hostTables.processes.ownPid();

/**
 * Reaps a child that has ended and that Node did not start (waitpid(2)). Does nothing except on
 * Linux.
 */
export const reap = (pid: number): void => hostTables.processes.reap?.(pid);

/**
 * Returns a function that maps uids to user names, for many of them; the number if it has no name.
 */
export const userNames = (): ((uid: number) => string) => hostTables.processes.userNames();

/** The name of a user. */
export const userName = (uid: number): string => userNames()(uid);
