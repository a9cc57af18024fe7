import { openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

export * from "../posix-libc.ts";

const libc = openLibraryOn(["darwin"], null);

// Prototypes as in <fcntl.h>, <sys/ioctl.h>, <sys/socket.h>, <sys/stat.h>, <sys/sysctl.h> and
// <libproc.h>.
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
/** The variant with 64-bit inode numbers, named so on x64 by __DARWIN_INODE64 of sys/cdefs.h. */
export const fstat = libc.func<(fd: number, status: Bytes) => number>(
  process.arch === "x64" ? "fstat$INODE64" : "fstat",
  "int",
  ["int", "void*"],
);
export const ioctl = libc.variadic<(fd: number, request: number, argument: Bytes) => number>(
  "ioctl",
  "int",
  ["int", "size_t"],
  ["void*"],
);
export const proc_pidfdinfo = libc.func<
  (pid: number, fd: number, flavor: number, buffer: Bytes, size: number) => number
>("proc_pidfdinfo", "int", ["int", "int", "int", "void*", "int"]);
export const proc_listpids = libc.func<
  (type: number, of: number, buffer: Uint8Array | null, size: number) => number
>("proc_listpids", "int", ["uint", "uint", "void*", "int"]);
export const proc_pidinfo = libc.func<
  (pid: number, flavor: number, argument: number, buffer: Uint8Array | null, size: number) => number
>("proc_pidinfo", "int", ["int", "int", "size_t", "void*", "int"]);
export const proc_pidpath = libc.func<(pid: number, buffer: Uint8Array, size: number) => number>(
  "proc_pidpath",
  "int",
  ["int", "void*", "uint"],
);
export const sysctlbyname = libc.func<
  (name: Uint8Array, old: Uint8Array | null, length: Uint8Array, value: null, size: number) => number
>("sysctlbyname", "int", ["void*", "void*", "void*", "void*", "size_t"]);
