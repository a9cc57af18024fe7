import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Holder, Holders, ProcessTable, SocketKey } from "../machine.ts";
import { userNames } from "../user-names.ts";
import { openProcess } from "./pidfd.ts";

/** clock ticks of proc_pid_stat(5) are 1/100 s on every machine that Linux has a 64-bit port to (USER_HZ). */
const TICK = 10;

/** Finds the processes that have these sockets open: /proc/PID/fd, proc(5). */
function holdersOf(sockets: Iterable<SocketKey>): Holders {
  const wanted = new Map([...sockets].map(({ inode = 0 }) => [`socket:[${inode}]`, inode]));
  const found = new Map<number, Holder[]>();
  let hidden = 0;
  for (const pid of wanted.size === 0 ? [] : processes()) {
    const held = socketsOf(pid, wanted);
    if (held === undefined) hidden += isKernelThread(pid) ? 0 : 1;
    else if (held.size > 0) {
      const holder = readProcess(pid);
      if (holder !== undefined)
        for (const inode of held) found.set(inode, [...(found.get(inode) ?? []), holder]);
    }
  }
  return { of: ({ inode = 0 }) => found.get(inode) ?? [], hidden };
}

/** The numbers of all processes that this one may see. */
function processes(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Which of the wanted sockets a process has open; undefined where that may not be read. */
function socketsOf(pid: number, wanted: ReadonlyMap<string, number>): Set<number> | undefined {
  const held = new Set<number>();
  const folder = `/proc/${pid}/fd`;
  try {
    for (const fd of readdirSync(folder)) {
      const inode = wanted.get(target(`${folder}/${fd}`) ?? "");
      if (inode !== undefined) held.add(inode);
      // Thousands of links may be left, and none of them tells more.
      if (held.size === wanted.size) break;
    }
    return held;
  } catch (error) {
    // ENOENT and ESRCH: it has ended since.
    return isDenied(error) ? undefined : held;
  }
}

/** What is known of a process; undefined where it has ended. */
function readProcess(pid: number): Holder | undefined {
  const folder = `/proc/${pid}`;
  const status = statusOf(folder);
  if (status === undefined) return undefined;
  const uid = userOf(folder);
  return {
    pid,
    name: status.name,
    command: (text(`${folder}/cmdline`) ?? "")
      .replace(/\0$/, "")
      .split("\0")
      .filter((word) => word !== ""),
    uid,
    user: userNames()(uid),
    directory: target(`${folder}/cwd`),
    started: bootTime() + status.startTicks * TICK,
    startTicks: status.startTicks,
    parent: status.parent,
  };
}

/** What is in proc_pid_stat(5); undefined where the process has ended. */
function statusOf(folder: string): (Pick<Holder, "name" | "parent"> & { startTicks: number }) | undefined {
  const stat = text(`${folder}/stat`);
  if (stat === undefined) return undefined;
  // The name stands in parentheses, and may have parentheses and blanks in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
    parent: Number(fields[1]),
    startTicks: Number(fields[19]),
  };
}

/** When the machine started, in milliseconds since 1970. */
function bootTime(): number {
  const uptime = Number((text("/proc/uptime") ?? "0").split(" ")[0]);
  return Date.now() - uptime * 1000;
}

/** The effective user: proc_pid_status(5). The folder's owner is root where the process is not dumpable. */
function userOf(folder: string): number {
  const [, uid = ""] = /^Uid:\s+\d+\s+(\d+)/m.exec(text(`${folder}/status`) ?? "") ?? [];
  return Number(uid);
}

/** Whether it is a thread of the kernel: a child of kthreadd, which is number 2. Those hold no descriptors. */
function isKernelThread(pid: number): boolean {
  return pid === 2 || statusOf(`/proc/${pid}`)?.parent === 2;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function target(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

const isDenied = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  (error.code === "EACCES" || error.code === "EPERM");

/** Linux: /proc, and descriptors of processes. */
export const processTable: ProcessTable = { holdersOf, readProcess, userNames, openProcess };
