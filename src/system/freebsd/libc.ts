import { openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

export * from "../posix-libc.ts";

const libc = openLibraryOn(["freebsd"], null);

// Prototypes as in <fcntl.h>, <sys/ioctl.h>, <sys/socket.h> and <sys/stat.h>.
export const accept4 = libc.func<(fd: number, address: Bytes, length: Bytes, flags: number) => number>(
  "accept4",
  "int",
  ["int", "void*", "void*", "int"],
);
export const fcntl = libc.variadic<(fd: number, command: number, argument: Bytes) => number>(
  "fcntl",
  "int",
  ["int", "int"],
  ["void*"],
);
export const fstat = libc.func<(fd: number, status: Bytes) => number>("fstat", "int", ["int", "void*"]);
export const ioctl = libc.variadic<(fd: number, request: number, argument: Bytes) => number>(
  "ioctl",
  "int",
  ["int", "size_t"],
  ["void*"],
);
export const recvmmsg = libc.func<
  (fd: number, messages: Bytes, count: number, flags: number, timeout: null) => number
>("recvmmsg", "ssize_t", ["int", "void*", "size_t", "int", "void*"]);
export const sendmmsg = libc.func<(fd: number, messages: Bytes, count: number, flags: number) => number>(
  "sendmmsg",
  "ssize_t",
  ["int", "void*", "size_t", "int"],
);
