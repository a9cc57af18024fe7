import { lastErrno, openLibraryOn, type Pointer } from "../../native/library.ts";
import { errnos } from "./errno.ts";

// glibc has no functions for these calls: arch/x86/entry/syscalls/syscall_64.tbl,
// include/uapi/asm-generic/unistd.h.
const IO_SETUP = process.arch === "x64" ? 206 : 0;
const IO_SUBMIT = process.arch === "x64" ? 209 : 2;

const libc = openLibraryOn(["linux"], null);
const setupCall = libc.func<(number: number, events: number, context: Uint8Array) => number>(
  "syscall",
  "int",
  ["int", "int", "void*"],
);
const submitCall = libc.func<(number: number, context: Pointer, count: number, pointers: Pointer) => number>(
  "syscall",
  "int",
  ["int", "void*", "int", "void*"],
);

/** The constants of `<linux/aio_abi.h>` and `<linux/fs.h>` in use here, by C name. */
export const AIO = {
  IOCB_CMD_PWRITE: 1,
  RWF_NOWAIT: 8,
  /** Since Linux 6.18. */
  RWF_NOSIGNAL: 0x100,
} as const;

/** struct iocb: its size and the offset of each member, in bytes. */
export const IOCB = {
  size: 64,
  aio_rw_flags: 12,
  aio_lio_opcode: 16,
  aio_fildes: 20,
  aio_buf: 24,
  aio_nbytes: 32,
} as const;

/** struct io_event, in bytes. */
export const IO_EVENT = { size: 32, res: 16 } as const;

/**
 * struct aio_ring of fs/aio.c, in bytes: the results of a context, mapped at the address that is
 * the context's number. The kernel's headers do not export it, but its layout is fixed: libaio's
 * io_getevents() reads it in the same way.
 */
export const AIO_RING = {
  size: 32,
  nr: 4,
  head: 8,
  tail: 12,
  magic: 16,
  incompat_features: 24,
  MAGIC: 0xa10a10a1,
} as const;

/**
 * Creates a context for this many operations, which lives as long as the process. Returns its
 * number and address, or a negative errno.
 */
export function setup(events: number): Pointer | number {
  if (process.platform !== "linux") return -errnos.ENOSYS;
  const context = new BigUint64Array(1);
  const returned = result(setupCall(IO_SETUP, events, new Uint8Array(context.buffer)));
  return returned < 0 ? returned : (context[0] ?? -errnos.EINVAL);
}

/**
 * Submits the control blocks that an array points at. Returns how many, or a negative errno if the
 * first one failed.
 */
export const submit = (context: Pointer, count: number, pointers: Pointer): number =>
  result(submitCall(IO_SUBMIT, context, count, pointers));

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}
