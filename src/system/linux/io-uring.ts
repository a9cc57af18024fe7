import { lastErrno, openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";
import { errnos } from "./errno.ts";

// glibc has no functions for these calls. Their numbers are the same on every architecture
// (arch/*/entry/syscalls).
const IO_URING_SETUP = 425;
const IO_URING_ENTER = 426;
const IO_URING_REGISTER = 427;

const libc = openLibraryOn(["linux"], null);
const setupCall = libc.func<(number: number, entries: number, params: Bytes) => number>("syscall", "int", [
  "int",
  "int",
  "void*",
]);
const enterCall = libc.func<
  (
    number: number,
    ring: number,
    submit: number,
    wait: number,
    flags: number,
    mask: number,
    size: number,
  ) => number
>("syscall", "int", ["int", "int", "int", "int", "int", "int", "int"]);
const registerCall = libc.func<
  (number: number, ring: number, operation: number, argument: Bytes, count: number) => number
>("syscall", "int", ["int", "int", "int", "void*", "int"]);
const eventfdCall = libc.func<(initial: number, flags: number) => number>("eventfd", "int", ["uint", "int"]);

/** The constants of `<linux/io_uring.h>` in use here, without the prefix IORING_, by C name. */
export const IORING = {
  ACCEPT_MULTISHOT: 1,
  ASYNC_CANCEL_ALL: 1,
  CQE_BUFFER_SHIFT: 16,
  CQE_F_BUFFER: 1,
  CQE_F_MORE: 2,
  CQ_EVENTFD_DISABLED: 1,
  ENTER_GETEVENTS: 1,
  FEAT_CQE_SKIP: 1 << 11,
  FEAT_FAST_POLL: 1 << 5,
  FEAT_NODROP: 1 << 1,
  FEAT_SINGLE_MMAP: 1,
  FEAT_SUBMIT_STABLE: 1 << 2,
  OFF_SQES: 0x10000000,
  OFF_SQ_RING: 0,
  OP_ACCEPT: 13,
  OP_ASYNC_CANCEL: 14,
  OP_CLOSE: 19,
  OP_CONNECT: 16,
  OP_NOP: 0,
  OP_POLL_ADD: 6,
  OP_READ: 22,
  OP_RECV: 27,
  OP_RECVMSG: 10,
  OP_SEND: 26,
  OP_SENDMSG: 9,
  POLL_ADD_MULTI: 1,
  RECV_MULTISHOT: 2,
  REGISTER_EVENTFD: 4,
  REGISTER_PBUF_RING: 22,
  SETUP_CLAMP: 1 << 4,
  SETUP_COOP_TASKRUN: 1 << 8,
  SETUP_CQSIZE: 1 << 3,
  SETUP_DEFER_TASKRUN: 1 << 13,
  SETUP_NO_MMAP: 1 << 14,
  SETUP_SINGLE_ISSUER: 1 << 12,
  SETUP_SUBMIT_ALL: 1 << 7,
  SETUP_TASKRUN_FLAG: 1 << 9,
  SQ_CQ_OVERFLOW: 2,
  SQ_TASKRUN: 4,
} as const;

/** Flags of an entry, IOSQE_ in C. */
export const IOSQE = {
  BUFFER_SELECT: 1 << 5,
  CQE_SKIP_SUCCESS: 1 << 6,
  IO_HARDLINK: 1 << 3,
  IO_LINK: 1 << 2,
} as const;

/** Bytes of struct io_uring_sqe, and of struct io_uring_cqe. */
export const SQE_SIZE = 64;
export const CQE_SIZE = 16;

/**
 * struct io_uring_params, and io_sqring_offsets and io_cqring_offsets in it: the offset of each
 * member, in 32-bit words.
 */
export const PARAMS = {
  words: 30,
  sq_entries: 0,
  cq_entries: 1,
  flags: 2,
  features: 5,
  sq_head: 10,
  sq_tail: 11,
  sq_ring_mask: 12,
  sq_flags: 14,
  sq_array: 16,
  sq_user_addr: 18,
  cq_head: 20,
  cq_tail: 21,
  cq_ring_mask: 22,
  cq_cqes: 25,
  cq_flags: 26,
  cq_user_addr: 28,
} as const;

/** struct io_uring_buf, in bytes; the tail of the ring lies in `resv` of the first one. */
export const BUF = { size: 16, addr: 0, len: 8, bid: 12, resv: 14 } as const;

/** struct io_uring_buf_reg, in bytes. */
export const BUF_REG = { size: 40, ring_addr: 0, ring_entries: 8, bgid: 12 } as const;

/**
 * struct io_uring_recvmsg_out, in bytes: the header that a multishot recvmsg writes before the name
 * and the data.
 */
export const RECVMSG_OUT = { size: 16, namelen: 0, controllen: 4, payloadlen: 8, flags: 12 } as const;

/**
 * The calls return what C's would, or a negative errno; this one also returns -ENOSYS on other
 * systems. A ring's descriptor is close-on-exec.
 */
export function setup(entries: number, params: Uint32Array): number {
  if (process.platform !== "linux") return -errnos.ENOSYS;
  return result(setupCall(IO_URING_SETUP, entries, new Uint8Array(params.buffer)));
}

export const enter = (ring: number, submit: number, wait: number, flags: number): number =>
  result(enterCall(IO_URING_ENTER, ring, submit, wait, flags, 0, 0));

export const register = (ring: number, operation: number, argument: Bytes, count: number): number =>
  result(registerCall(IO_URING_REGISTER, ring, operation, argument, count));

// include/uapi/linux/eventfd.h
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/** A counter that is readable while it is above 0; non-blocking and close-on-exec. */
export const eventfd = (): number => result(eventfdCall(0, EFD_CLOEXEC | EFD_NONBLOCK));

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}
