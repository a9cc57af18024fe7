import { machine } from "../system/host-machine.ts";
import type { Holder, Holders, SocketKey } from "../system/machine.ts";

export type { Holder };

/** Finds the processes that have these sockets open. */
export const holdersOf = (sockets: Iterable<SocketKey>): Holders => machine.processes.holdersOf(sockets);

/** What is known of a process; undefined where it has ended. */
export const readProcess = (pid: number): Holder | undefined => machine.processes.readProcess(pid);

/** The number that the system's table has for this process; undefined where it is not in it. */
export const ownPid = (): number | undefined => machine.processes.ownPid();

/** The names of users, for many of them; the number where it has none. */
export const userNames = (): ((uid: number) => string) => machine.processes.userNames();

/** The name of a user. */
export const userName = (uid: number): string => userNames()(uid);
