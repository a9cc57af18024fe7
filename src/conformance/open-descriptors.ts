import { readdirSync, readlinkSync } from "node:fs";
import { SO } from "../options/so.ts";
import { readOption } from "../posix/read-option.ts";
import { host } from "../system/host.ts";

/**
 * What this process's descriptors are, to be compared before and after; the event loop's own do not count, nor those for standard
 * output and error that Bun makes when they are first used.
 */
export function openDescriptors(): string[] {
  return process.platform === "win32" ? openSocketHandles() : openFiles();
}

function openFiles(): string[] {
  const descriptors: string[] = [];
  const standard = [0, 1, 2].map((fd) => targetOf(`${fd}`));
  for (const fd of readdirSync("/proc/self/fd")) {
    const target = targetOf(fd);
    if (target === undefined || standard.includes(target)) continue;
    if (!/^\/dev\/null$|^pipe:|^anon_inode:\[(event|io_uring)/.test(target))
      descriptors.push(`${fd} ${target}`);
  }
  return descriptors.sort();
}

/** Handles are multiples of four, the lowest that is free is given first, and no test has thousands open. */
const LAST_HANDLE = 4 * 1024;

/** What a descriptor is of; undefined of one that is not open, as that of the listing itself is not any more. */
function targetOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/** Windows does not list the handles of a process: each is asked whether it is a socket. */
function openSocketHandles(): string[] {
  const handles: string[] = [];
  for (let handle = 4; handle <= LAST_HANDLE; handle += 4) {
    if (readOption(host, handle, SO.TYPE) !== undefined) handles.push(`socket ${handle}`);
  }
  return handles;
}
