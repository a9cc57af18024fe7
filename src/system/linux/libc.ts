import { lastErrno, openLibraryOn } from "../../native/library.ts";
import { type PosixFunctions, type PosixLibc, posixPrototypes } from "../posix-libc.ts";
import type { Bytes } from "../value-result.ts";

/**
 * Besides the shared ones, those that only Linux has, or whose prototype differs from the BSDs'.
 */
interface LinuxFunctions extends PosixFunctions {
  accept4(fd: number, address: Bytes | null, length: Bytes | null, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  ioctl(fd: number, request: number, argument: Bytes): number;
  recvmmsg(fd: number, messages: Bytes, count: number, flags: number, timeout: null): number;
  /** Its off_t has 64 bits where a pointer has; for the others glibc has another name. */
  sendfile(fd: number, file: number, offset: Uint8Array, count: number): number;
  sendmmsg(fd: number, messages: Bytes, count: number, flags: number): number;
  /** musl has it only since 1.2.5, which Alpine has since 3.20. */
  statx(fd: number, path: Bytes, flags: number, mask: number, buffer: Bytes): number;
  statxCall(number: number, fd: number, path: Bytes, flags: number, mask: number, buffer: Bytes): number;
}

/** Prototypes as in <sys/socket.h>, <sys/ioctl.h>, <sys/sendfile.h> and <sys/stat.h>. */
const functions = openLibraryOn(["linux"], null).functions<LinuxFunctions>(
  {
    ...posixPrototypes,
    accept4: ["int", ["int", "void*", "void*", "int"]],
    fcntl: ["int", ["int", "int", "size_t"]],
    ioctl: ["int", ["int", "size_t", "void*"]],
    recvmmsg: ["int", ["int", "void*", "uint", "int", "void*"]],
    sendfile: ["ssize_t", ["int", "int", "void*", "size_t"]],
    sendmmsg: ["int", ["int", "void*", "uint", "int"]],
    statx: ["int", ["int", "void*", "int", "uint", "void*"]],
    statxCall: ["int", ["size_t", "int", "void*", "int", "uint", "void*"]],
  },
  { statxCall: "syscall" },
);

/** arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h */
const SYS_STATX: Partial<Record<NodeJS.Architecture, number>> = { arm64: 291, x64: 332 };
const statx = SYS_STATX[process.arch];

export const libc: LinuxFunctions & PosixLibc = Object.assign(functions, {
  errno: lastErrno,
  ...(statx === undefined
    ? {}
    : {
        statx: (fd: number, path: Bytes, flags: number, mask: number, buffer: Bytes) =>
          functions.statxCall(statx, fd, path, flags, mask, buffer),
      }),
});
