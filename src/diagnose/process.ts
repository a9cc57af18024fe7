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

/**
 * Whether another process waits for connections on one of the sockets with these inodes, in
 * accept(2) or with epoll. Undefined if the system does not say, or if one waits in poll(2) or
 * select(2), whose descriptors are in its own memory.
 */
export function waitsForConnections(inodes: readonly number[]): boolean | undefined {
  const keys = inodes.map((inode) => ({ inode }));
  const holders = holdersOf(keys);
  const own = ownPid();
  const pids = new Set(keys.flatMap((key) => holders.of(key)).map(({ pid }) => pid));
  const wanted = new Set(inodes);
  const waits = [...pids]
    .filter((pid) => pid !== own)
    .map((pid) => hostTables.processes.waitsForConnections?.(pid, wanted));
  return waits.includes(true) || (waits.includes(undefined) ? undefined : false);
}
