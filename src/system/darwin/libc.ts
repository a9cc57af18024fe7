import { lastErrno, openLibraryOn } from "../../native/library.ts";
import { type PosixFunctions, type PosixLibc, posixPrototypes } from "../posix-libc.ts";
import type { Bytes } from "../value-result.ts";

/**
 * Besides the shared ones, those that only macOS has, or whose prototype differs from the others'.
 */
interface DarwinFunctions extends PosixFunctions {
  accept(fd: number, address: Bytes, length: Bytes): number;
  fcntl(fd: number, command: number, argument: number): number;
  fstat(fd: number, status: Bytes): number;
  ioctl(fd: number, request: number, argument: Bytes): number;
  proc_listpids(type: number, of: number, buffer: Uint8Array | null, size: number): number;
  proc_pidfdinfo(pid: number, fd: number, flavor: number, buffer: Bytes, size: number): number;
  proc_pidinfo(
    pid: number,
    flavor: number,
    argument: number,
    buffer: Uint8Array | null,
    size: number,
  ): number;
  proc_pidpath(pid: number, buffer: Uint8Array, size: number): number;
  sysctlbyname(
    name: Uint8Array,
    old: Uint8Array | null,
    length: Uint8Array,
    value: null,
    size: number,
  ): number;
}

export interface DarwinLibc extends DarwinFunctions, PosixLibc {}

/**
 * Prototypes as in <fcntl.h>, <sys/ioctl.h>, <sys/socket.h>, <sys/stat.h>, <sys/sysctl.h> and
 * <libproc.h>.
 */
const functions = openLibraryOn(["darwin"], null).functions<DarwinFunctions>(
  {
    ...posixPrototypes,
    accept: ["int", ["int", "void*", "void*"]],
    fcntl: ["int", ["int", "int"], ["int"]],
    fstat: ["int", ["int", "void*"]],
    ioctl: ["int", ["int", "size_t"], ["void*"]],
    proc_listpids: ["int", ["uint", "uint", "void*", "int"]],
    proc_pidfdinfo: ["int", ["int", "int", "int", "void*", "int"]],
    proc_pidinfo: ["int", ["int", "int", "size_t", "void*", "int"]],
    proc_pidpath: ["int", ["int", "void*", "uint"]],
    sysctlbyname: ["int", ["void*", "void*", "void*", "void*", "size_t"]],
  },
  // With 64-bit inode numbers: __DARWIN_INODE64 of sys/cdefs.h.
  process.arch === "x64" ? { fstat: "fstat$INODE64" } : {},
);

export const libc: DarwinLibc = Object.assign(functions, { errno: lastErrno });
