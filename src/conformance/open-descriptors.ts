import { readdirSync, readlinkSync } from "node:fs";

/** What this process's descriptors are, to be compared before and after; the event loop's own do not count. */
export function openDescriptors(): string[] {
  return process.platform === "win32" ? openSocketHandles() : openFiles();
}

function openFiles(): string[] {
  const descriptors: string[] = [];
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      if (!/^\/dev\/null$|^pipe:|^anon_inode:\[(event|io_uring)/.test(target))
        descriptors.push(`${fd} ${target}`);
    } catch {
      // The descriptor of the listing itself is closed by now.
    }
  }
  return descriptors.sort();
}

/** Windows does not list the handles of a process: they are to be tried, one by one, for being sockets. Not done yet. */
function openSocketHandles(): string[] {
  return [];
}
