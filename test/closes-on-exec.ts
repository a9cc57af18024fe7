import { readFileSync } from "node:fs";
import { openLibraryOn } from "../src/native/library.ts";

// handleapi.h, winbase.h
const getHandleInformation = openLibraryOn(["win32"], "kernel32.dll").func<
  (handle: number, flags: Uint32Array) => number
>("GetHandleInformation", "int", ["ssize_t", "void*"]);
const HANDLE_FLAG_INHERIT = 0x1;
// include/uapi/asm-generic/fcntl.h
const O_CLOEXEC = 0o2000000;

/**
 * Whether child processes do not inherit a descriptor, according to Linux's /proc
 * (proc_pid_fdinfo(5)) or Windows.
 */
export function closesOnExec(fd: number): boolean {
  if (process.platform !== "win32") {
    const [, flags = ""] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  }
  const flags = new Uint32Array(1);
  if (getHandleInformation(fd, flags) === 0) throw new Error(`${fd} is not a handle`);
  return (Number(flags[0]) & HANDLE_FLAG_INHERIT) === 0;
}
