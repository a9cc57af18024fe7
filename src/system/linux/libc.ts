import { openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

export * from "../posix-libc.ts";

const libc = openLibraryOn(["linux"], null);

// Calls that only Linux has, or whose prototype differs from the BSDs': as in <sys/socket.h>,
// <sys/ioctl.h> and <sys/stat.h>.
export const accept4 = libc.func<
  (fd: number, address: Bytes | null, length: Bytes | null, flags: number) => number
>("accept4", "int", ["int", "void*", "void*", "int"]);
export const fcntl = libc.func<(fd: number, command: number, argument: number) => number>("fcntl", "int", [
  "int",
  "int",
  "size_t",
]);
export const ioctl = libc.func<(fd: number, request: number, argument: Bytes) => number>("ioctl", "int", [
  "int",
  "size_t",
  "void*",
]);
export const recvmmsg = libc.func<
  (fd: number, messages: Bytes, count: number, flags: number, timeout: null) => number
>("recvmmsg", "int", ["int", "void*", "uint", "int", "void*"]);
export const sendmmsg = libc.func<(fd: number, messages: Bytes, count: number, flags: number) => number>(
  "sendmmsg",
  "int",
  ["int", "void*", "uint", "int"],
);
export const statx = libc.func<
  (fd: number, path: Bytes, flags: number, mask: number, buffer: Bytes) => number
>("statx", "int", ["int", "void*", "int", "uint", "void*"]);
