import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The numbers of system calls that accept, and of those whose descriptors are in user memory. */
const calls = new Map<string, { readonly accept: readonly number[]; readonly poll: readonly number[] }>([
  ["x64", { accept: [43, 288], poll: [7, 23, 270, 271] }],
  ["arm64", { accept: [202, 242], poll: [72, 73] }],
]);

/**
 * Whether a process waits for connections on one of these sockets: in a blocking accept(2), or with
 * epoll. Undefined if the system does not say, or if the process waits in poll(2) or select(2),
 * whose descriptors are in its own memory.
 */
export function waitsForConnections(pid: number, inodes: ReadonlySet<number>): boolean | undefined {
  const numbers = calls.get(process.arch);
  if (numbers === undefined) return undefined;
  try {
    const fds = readdirSync(`/proc/${pid}/fd`);
    const links = new Map(fds.map((fd) => [Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`)]));
    const isOurs = (fd: number) => inodes.has(Number(/^socket:\[(\d+)\]$/.exec(links.get(fd) ?? "")?.[1]));
    let polls = false;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      // proc_pid_syscall(5): the number and the arguments, or "running".
      const [call, first] = readFileSync(`/proc/${pid}/task/${thread}/syscall`, "latin1").split(" ");
      if (numbers.accept.includes(Number(call)) && isOurs(Number(first))) return true;
      polls ||= numbers.poll.includes(Number(call));
    }
    const queues = [...links].filter(([, link]) => link === "anon_inode:[eventpoll]");
    if (queues.some(([fd]) => watched(pid, fd).some((inode) => inodes.has(inode)))) return true;
    return polls ? undefined : false;
  } catch {
    // The process has ended, or belongs to another user.
    return undefined;
  }
}

/** The inodes that an epoll descriptor watches: "ino:" of proc_pid_fdinfo(5), in hexadecimal. */
const watched = (pid: number, fd: number): number[] =>
  [...readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1").matchAll(/^tfd:.*\bino:([\da-f]+)/gm)].map(
    ([, inode = ""]) => Number.parseInt(inode, 16),
  );
