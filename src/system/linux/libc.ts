import { openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

export * from "../posix-libc.ts";
export { getprotobyname, getservbyname } from "./netdb.ts";

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
/** Its off_t has 64 bits where a pointer has; for the others glibc has another name. */
export const sendfile = libc.func<(fd: number, file: number, offset: Uint8Array, count: number) => number>(
  "sendfile",
  "ssize_t",
  ["int", "int", "void*", "size_t"],
);

type Statx = (fd: number, path: Bytes, flags: number, mask: number, buffer: Bytes) => number;

/** arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h */
const SYS_STATX: Partial<Record<NodeJS.Architecture, number>> = { arm64: 291, x64: 332 };

export const statx: Statx = statxOf(SYS_STATX[process.arch]);

/** musl has statx() only since 1.2.5, which Alpine has since 3.20. */
function statxOf(number: number | undefined): Statx {
  if (number === undefined) return libc.func("statx", "int", ["int", "void*", "int", "uint", "void*"]);
  const call = libc.func<(number: number, ...rest: Parameters<Statx>) => number>("syscall", "int", [
    "size_t",
    "int",
    "void*",
    "int",
    "uint",
    "void*",
  ]);
  return (fd, path, flags, mask, buffer) => call(number, fd, path, flags, mask, buffer);
}
