// The C library's calls on descriptors that decide what child programs inherit. CommonJS, and of
// synchronous calls alone, for the file that `berkeley hold` preloads into every Node process.

export interface Inheritance {
  /** Has child programs inherit descriptors, if koffi loads. */
  letInherit(fds: readonly number[]): void;
  /** Keeps descriptors from child programs, if koffi loads. */
  keepFromChildren(fds: readonly number[]): void;
  /** A duplicate that child programs do not inherit; undefined if there is none. */
  duplicate(fd: number): number | undefined;
  /**
   * A duplicate of another process's descriptor, that child programs do not inherit; undefined if
   * the kernel does not permit it, or is not Linux.
   */
  duplicateFrom(pid: number, fd: number): number | undefined;
  /** Closes a duplicate: descriptors of Deno's node:fs are not the system's. */
  close(fd: number): void;
}

interface Libc {
  syscall(number: number, first: number, second: number, third: number): number;
  ioctl(fd: number, request: number): number;
  dup(fd: number): number;
  close(fd: number): number;
}

/** Undefined until it is needed, and null where koffi does not load. */
let libc: Libc | null | undefined;

/** Loads koffi, which costs a process some milliseconds. */
function load(): Libc | null {
  if (libc !== undefined) return libc;
  try {
    const koffi: typeof import("koffi") = require("koffi");
    const library = koffi.load(null);
    libc = {
      ioctl: library.func("int ioctl(int fd, unsigned long request)"),
      dup: library.func("int dup(int fd)"),
      close: library.func("int close(int fd)"),
      syscall: library.func("long syscall(long number, long first, long second, long third)"),
    };
  } catch {
    libc = null;
  }
  return libc;
}

/** FIOCLEX and FIONCLEX of asm-generic/ioctls.h; of sys/filio.h: _IO('f', 1), _IO('f', 2). */
const [FIOCLEX, FIONCLEX] = process.platform === "linux" ? [0x5451, 0x5450] : [0x20006601, 0x20006602];

function letInherit(fds: readonly number[]): void {
  const calls = load();
  for (const fd of fds) calls?.ioctl(fd, FIONCLEX);
}

function keepFromChildren(fds: readonly number[]): void {
  const calls = load();
  for (const fd of fds) calls?.ioctl(fd, FIOCLEX);
}

function duplicate(fd: number): number | undefined {
  const copy = load()?.dup(fd) ?? -1;
  if (copy < 0) return undefined;
  keepFromChildren([copy]);
  return copy;
}

/** pidfd_open(2) and pidfd_getfd(2), whose numbers are the same on every processor. */
const [PIDFD_OPEN, PIDFD_GETFD] = [434, 438];

function duplicateFrom(pid: number, fd: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const calls = load();
  const holder = calls?.syscall(PIDFD_OPEN, pid, 0, 0) ?? -1;
  if (calls === null || holder < 0) return undefined;
  const copy = calls.syscall(PIDFD_GETFD, holder, fd, 0);
  calls.close(holder);
  return copy < 0 ? undefined : copy;
}

function close(fd: number): void {
  load()?.close(fd);
}

const inheritance: Inheritance = { letInherit, keepFromChildren, duplicate, duplicateFrom, close };
module.exports = inheritance;
