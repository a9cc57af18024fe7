import { readdirSync, readlinkSync } from "node:fs";
import { machineClock } from "../../clock/machine-clock.ts";
import { defined } from "../../invariant.ts";
import type { Holder, Holders, ProcessTable, SocketKey } from "../host-tables.ts";
import { userNames } from "../user-names.ts";
import { waitsForConnections } from "./connection-waits.ts";
import { text } from "./kernel-settings.ts";
import { openProcess } from "./pidfd.ts";
import { reap } from "./reap.ts";

/**
 * The clock ticks of proc_pid_stat(5) are 1/100 s on every 64-bit architecture of Linux (USER_HZ).
 */
const TICK = 10;

/**
 * Finds the processes that have these sockets open: /proc/PID/fd, proc(5). Threads may have
 * descriptors of their own (CLONE_FILES of unshare(2)); as there may be many threads, they are only
 * searched if no process has a socket open.
 */
function holdersOf(sockets: Iterable<SocketKey>): Holders {
  const wanted = new Map([...sockets].map(({ inode = 0 }) => [`socket:[${inode}]`, inode]));
  wanted.delete("socket:[0]");
  const found = new Map<number, Holder[]>();
  let hidden = 0;
  const pids = wanted.size === 0 ? [] : processes();
  for (const pid of pids) {
    const held = socketsOf(pid, wanted);
    if (held === undefined) hidden += isKernelThread(pid) ? 0 : 1;
    else note(pid, held, found);
  }
  const left = new Map([...wanted].filter(([, inode]) => !found.has(inode)));
  if (left.size > 0) for (const pid of pids) note(pid, socketsOfThreads(pid, left), found);
  if (left.size > 0 && hidesProcesses()) hidden = Math.max(hidden, 1);
  return { of: ({ inode = 0 }) => found.get(inode) ?? [], hidden };
}

function note(pid: number, held: ReadonlySet<number>, found: Map<number, Holder[]>): void {
  const holder = held.size === 0 ? undefined : readProcess(pid);
  if (holder === undefined) return;
  for (const inode of held) found.set(inode, [...(found.get(inode) ?? []), holder]);
}

/** The numbers of all processes visible to this one. */
function processes(): number[] {
  return numbersIn("/proc") ?? [];
}

/** The threads of a process; none if it has ended. */
const threads = (pid: number): number[] => numbersIn(`/proc/${pid}/task`) ?? [];

/** The numbers among the names in a folder; undefined if it cannot be read. */
function numbersIn(folder: string): number[] | undefined {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return undefined;
  }
}

/** The wanted sockets that a process has open; undefined if that may not be read. */
function socketsOf(pid: number, wanted: ReadonlyMap<string, number>): Set<number> | undefined {
  const fds = numbersIn(`/proc/${pid}/fd`);
  if ((fds === undefined || fds.length === 0) && hasMainThreadEnded(pid)) {
    return anyThreadsSockets(pid, wanted);
  }
  return socketsIn(`/proc/${pid}`, fds, wanted);
}

/**
 * The wanted sockets of a process whose main thread has ended. Its folder then has no descriptors
 * and belongs to root, while other threads may keep theirs (pthread_exit(3), NOTES).
 */
function anyThreadsSockets(pid: number, wanted: ReadonlyMap<string, number>): Set<number> | undefined {
  const read = threads(pid)
    .filter((thread) => thread !== pid)
    .map((thread) => socketsIn(...descriptorsOf(pid, thread), wanted));
  const seen = read.filter((held) => held !== undefined);
  return seen.length === 0 ? undefined : new Set(seen.flatMap((held) => [...held]));
}

/**
 * The wanted sockets that only some thread has open. Skips threads with the same descriptor numbers
 * as the main thread.
 */
function socketsOfThreads(pid: number, wanted: ReadonlyMap<string, number>): Set<number> {
  const main = `${numbersIn(`/proc/${pid}/fd`)}`;
  const own = threads(pid)
    .filter((thread) => thread !== pid)
    .map((thread) => descriptorsOf(pid, thread))
    .filter(([, fds]) => `${fds}` !== main);
  return new Set(own.flatMap(([task, fds]) => [...(socketsIn(task, fds, wanted) ?? [])]));
}

/** A thread's folder, and its descriptor numbers; undefined if they may not be read. */
const descriptorsOf = (pid: number, thread: number): [task: string, fds: number[] | undefined] => {
  const task = `/proc/${pid}/task/${thread}`;
  return [task, numbersIn(`${task}/fd`)];
};

/**
 * The wanted sockets among the descriptors of a process or thread; undefined if those may not be
 * read.
 */
function socketsIn(
  task: string,
  fds: readonly number[] | undefined,
  wanted: ReadonlyMap<string, number>,
): Set<number> | undefined {
  const held = new Set<number>();
  // The process has ended meanwhile, so it holds no socket.
  if (fds === undefined) return text(`${task}/stat`) === undefined ? held : undefined;
  for (const fd of fds) {
    const inode = wanted.get(target(`${task}/fd/${fd}`) ?? "");
    if (inode !== undefined) held.add(inode);
    // Skips the remaining links, of which there may be thousands.
    if (held.size === wanted.size) break;
  }
  return held;
}

/** Whether the main thread of a process has ended: others may continue without it. */
const hasMainThreadEnded = (pid: number): boolean => statusOf(`/proc/${pid}`)?.state === "Z";

/** Whether /proc may hide processes of other users (hidepid of proc(5)), which root still sees. */
function hidesProcesses(): boolean {
  const [mounted = ""] = (text("/proc/self/mounts") ?? "").match(/^\S+ \/proc proc .*$/gm)?.slice(-1) ?? [];
  return /\bhidepid=(2|4|invisible|ptraceable)\b/.test(mounted) && process.geteuid?.() !== 0;
}

/** Information about a process; undefined if it has ended. */
function readProcess(pid: number): Holder | undefined {
  const folder = `/proc/${pid}`;
  const status = statusOf(folder);
  if (status === undefined) return undefined;
  const uid = userOf(folder);
  // A main thread that has ended has neither a command line nor a directory.
  const thread = status.state === "Z" ? threads(pid).find((each) => each !== pid) : undefined;
  const living = thread === undefined ? folder : `${folder}/task/${thread}`;
  return {
    pid,
    name: status.name,
    command: (text(`${living}/cmdline`) ?? "")
      .replace(/\0$/, "")
      .split("\0")
      .filter((word) => word !== ""),
    uid,
    user: userNames()(uid),
    directory: target(`${living}/cwd`),
    started: bootTime() + status.startTicks * TICK,
    startTicks: status.startTicks,
    parent: status.parent,
  };
}

/**
 * Our number in /proc, which differs from getpid(2)'s if /proc belongs to another PID namespace.
 */
function ownPid(): number | undefined {
  const own = target("/proc/self");
  return own === undefined ? undefined : Number(own);
}

/** The fields of proc_pid_stat(5); undefined if the process has ended. */
function statusOf(
  folder: string,
): (Pick<Holder, "name" | "parent"> & { state: string; startTicks: number }) | undefined {
  const stat = text(`${folder}/stat`);
  if (stat === undefined) return undefined;
  // The name is in parentheses, and may itself contain parentheses and spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
    state: defined(fields[0], "split() returns at least one field"),
    parent: Number(fields[1]),
    startTicks: Number(fields[19]),
  };
}

/** When the host booted, in milliseconds since 1970. */
function bootTime(): number {
  const uptime = Number((text("/proc/uptime") ?? "0").split(" ")[0]);
  return machineClock.date() - uptime * 1000;
}

/**
 * The effective user: proc_pid_status(5). The folder belongs to root if the process is not
 * dumpable.
 */
function userOf(folder: string): number {
  const [, uid = ""] = /^Uid:\s+\d+\s+(\d+)/m.exec(text(`${folder}/status`) ?? "") ?? [];
  return Number(uid);
}

/**
 * Whether it is a kernel thread: a child of kthreadd, which is number 2. Those have no descriptors.
 */
function isKernelThread(pid: number): boolean {
  return pid === 2 || statusOf(`/proc/${pid}`)?.parent === 2;
}

function target(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Linux: /proc, and descriptors of processes. */
export const processTable: ProcessTable = {
  holdersOf,
  readProcess,
  userNames,
  ownPid,
  openProcess,
  reap,
  waitsForConnections,
};
