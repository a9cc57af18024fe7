import { openLibraryOn } from "../../native/library.ts";

const libc = openLibraryOn(["linux"], null).functions<{
  waitpid(pid: number, status: null, options: number): number;
}>({ waitpid: ["int", ["int", "void*", "int"]] });

/** include/uapi/linux/wait.h */
const WNOHANG = 1;

/** Removes a child that has ended from the table of processes (waitpid(2)). */
export function reap(pid: number): void {
  // A null status: the kernel writes nothing.
  libc.waitpid(pid, null, WNOHANG);
}
