import { openLibraryOn } from "../../native/library.ts";

const waitpid = openLibraryOn(["linux"], null).func<(pid: number, status: null, options: number) => number>(
  "waitpid",
  "int",
  ["int", "void*", "int"],
);

/** include/uapi/linux/wait.h */
const WNOHANG = 1;

/** Removes a child that has ended from the process table (waitpid(2)). */
export function reap(pid: number): void {
  // A null status: the kernel writes nothing.
  waitpid(pid, null, WNOHANG);
}
