import { lastErrno, openLibraryOn } from "../../native/library.ts";
import { type PosixFunctions, type PosixLibc, posixPrototypes } from "../posix-libc.ts";
import type { Bytes } from "../value-result.ts";

/** Besides the shared ones, those whose prototype differs from the others'. */
interface FreebsdFunctions extends PosixFunctions {
  accept4(fd: number, address: Bytes, length: Bytes, flags: number): number;
  fcntl(fd: number, command: number, argument: Bytes): number;
  fstat(fd: number, status: Bytes): number;
  ioctl(fd: number, request: number, argument: Bytes): number;
  recvmmsg(fd: number, messages: Bytes, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, messages: Bytes, count: number, flags: number): number;
}

export interface FreebsdLibc extends FreebsdFunctions, PosixLibc {}

/** Prototypes as in <fcntl.h>, <sys/ioctl.h>, <sys/socket.h> and <sys/stat.h>. */
const functions = openLibraryOn(["freebsd"], null).functions<FreebsdFunctions>({
  ...posixPrototypes,
  accept4: ["int", ["int", "void*", "void*", "int"]],
  fcntl: ["int", ["int", "int"], ["void*"]],
  fstat: ["int", ["int", "void*"]],
  ioctl: ["int", ["int", "size_t"], ["void*"]],
  recvmmsg: ["ssize_t", ["int", "void*", "size_t", "int", "void*"]],
  sendmmsg: ["ssize_t", ["int", "void*", "size_t", "int"]],
});

export const libc: FreebsdLibc = Object.assign(functions, { errno: lastErrno });
