import { openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

export * from "../posix-libc.ts";

const libc = openLibraryOn(["darwin"], null);

// Prototypes as in <fcntl.h>, <sys/ioctl.h>, <sys/socket.h>, <sys/stat.h> and <libproc.h>.
export const accept = libc.func<(fd: number, address: Bytes, length: Bytes) => number>("accept", "int", [
  "int",
  "void*",
  "void*",
]);
export const fcntl = libc.variadic<(fd: number, command: number, argument: number) => number>(
  "fcntl",
  "int",
  ["int", "int"],
  ["int"],
);
/** The one with inode numbers of 64 bits, which __DARWIN_INODE64 of sys/cdefs.h names so on x64. */
export const fstat = libc.func<(fd: number, status: Bytes) => number>(
  process.arch === "x64" ? "fstat$INODE64" : "fstat",
  "int",
  ["int", "void*"],
);
export const ioctl = libc.variadic<(fd: number, request: number, argument: Uint8Array) => number>(
  "ioctl",
  "int",
  ["int", "size_t"],
  ["void*"],
);
export const proc_pidfdinfo = libc.func<
  (pid: number, fd: number, flavor: number, buffer: Bytes, size: number) => number
>("proc_pidfdinfo", "int", ["int", "int", "int", "void*", "int"]);
