import type { Pointer } from "../../native/library.ts";
import { IORING, IOSQE } from "../../system/linux/io-uring.ts";

/** Words of struct io_uring_sqe: the offset of each member. */
export const SQE_WORDS = 16;
const FIRST = 0;
const FD = 1;
const OFF_LOW = 2;
const OFF_HIGH = 3;
const ADDR_LOW = 4;
const ADDR_HIGH = 5;
const LEN = 6;
/** A union: msg_flags, accept_flags, poll32_events, rw_flags, cancel_flags. */
const OP_FLAGS = 7;
const USER_DATA_LOW = 8;
const USER_DATA_HIGH = 9;
const BUF_GROUP = 10;

/** An address in two halves, like that of a PooledBuffer. */
export interface Address {
  readonly low: number;
  readonly high: number;
}

export function halves(pointer: Pointer): Address {
  return { low: Number(pointer & 0xffffffffn) | 0, high: Number(pointer >> 32n) };
}

/**
 * A submission queue entry: struct io_uring_sqe in the ring's memory. A ring has one such object;
 * `Ring.getSqe()` points it at the next entry, which the caller must prepare immediately with one
 * of the functions below. They are named after liburing's io_uring_prep_*.
 */
export class Sqe {
  readonly words: Int32Array;
  /** The index in `words` where the entry begins. */
  at: number;

  constructor(words: Int32Array = new Int32Array(SQE_WORDS), at = 0) {
    this.words = words;
    this.at = at;
  }

  get opcode(): number {
    return this.#word(FIRST) & 0xff;
  }

  get fd(): number {
    return this.#word(FD);
  }

  get userDataLow(): number {
    return this.#word(USER_DATA_LOW);
  }

  get userDataHigh(): number {
    return this.#word(USER_DATA_HIGH);
  }

  /** Identifies its completion. Preparing does not change it. */
  setUserData(low: number, high: number): void {
    this.words[this.at + USER_DATA_LOW] = low;
    this.words[this.at + USER_DATA_HIGH] = high;
  }

  /** Adds flags to a prepared entry: `IOSQE`. */
  addFlags(flags: number): void {
    this.words[this.at + FIRST] = this.#word(FIRST) | (flags << 8);
  }

  copyFrom(other: Sqe): void {
    for (let word = 0; word < SQE_WORDS; word++) this.words[this.at + word] = other.#word(word);
  }

  #word(word: number): number {
    // Always within the ring: `?? 0` only satisfies the compiler, and V8 drops it.
    return this.words[this.at + word] ?? 0;
  }
}

/** The first word of an entry: opcode, flags and ioprio. */
const first = (opcode: number, flags = 0, ioprio = 0): number => opcode | (flags << 8) | (ioprio << 16);

const ACCEPT = first(IORING.OP_ACCEPT);
const ACCEPT_MULTISHOT = first(IORING.OP_ACCEPT, 0, IORING.ACCEPT_MULTISHOT);
/** The result of a cancellation is ignored, since the operation it cancels completes too. */
const CANCEL = first(IORING.OP_ASYNC_CANCEL, IOSQE.CQE_SKIP_SUCCESS);
const CLOSE = first(IORING.OP_CLOSE);
const CONNECT = first(IORING.OP_CONNECT);
const POLL_ADD = first(IORING.OP_POLL_ADD);
const READ = first(IORING.OP_READ);
const RECV = first(IORING.OP_RECV, IOSQE.BUFFER_SELECT);
const RECV_MULTISHOT = first(IORING.OP_RECV, IOSQE.BUFFER_SELECT, IORING.RECV_MULTISHOT);
const RECVMSG_MULTISHOT = first(IORING.OP_RECVMSG, IOSQE.BUFFER_SELECT, IORING.RECV_MULTISHOT);
const SEND = first(IORING.OP_SEND);
const SENDMSG = first(IORING.OP_SENDMSG);

/** Accepts one connection. */
export function prepAccept(sqe: Sqe, { fd, flags }: { fd: number; flags: number }): void {
  prep(sqe, ACCEPT, fd, 0, 0, 0, 0, flags, 0);
}

/** Accepts every connection until it is cancelled or fails. */
export function prepMultishotAccept(sqe: Sqe, { fd, flags }: { fd: number; flags: number }): void {
  prep(sqe, ACCEPT_MULTISHOT, fd, 0, 0, 0, 0, flags, 0);
}

/** Cancels the first operation with this user_data, or, with CANCEL_ALL in `flags`, all of them. */
export function prepCancel64(
  sqe: Sqe,
  { low, high, flags }: { low: number; high: number; flags: number },
): void {
  prep(sqe, CANCEL, -1, 0, low, high, 0, flags, 0);
}

export function prepClose(sqe: Sqe, { fd }: { fd: number }): void {
  prep(sqe, CLOSE, fd, 0, 0, 0, 0, 0, 0);
}

/** Connects. The kernel copies the address when it takes the entry. */
export function prepConnect(
  sqe: Sqe,
  { fd, address, length }: { fd: number; address: Address; length: number },
): void {
  prep(sqe, CONNECT, fd, length, address.low, address.high, 0, 0, 0);
}

/** Waits until any of the events occurs, once. */
export function prepPollAdd(sqe: Sqe, { fd, events }: { fd: number; events: number }): void {
  prep(sqe, POLL_ADD, fd, 0, 0, 0, 0, events, 0);
}

/** Reports each edge of the events until it is cancelled. */
export function prepPollMultishot(sqe: Sqe, { fd, events }: { fd: number; events: number }): void {
  prep(sqe, POLL_ADD, fd, 0, 0, 0, IORING.POLL_ADD_MULTI, events, 0);
}

/** Reads. Safety: `length` bytes at `into` must be mapped, and stay mapped. */
export function prepRead(
  sqe: Sqe,
  { fd, into, length, flags }: { fd: number; into: Address; length: number; flags: number },
): void {
  prep(sqe, READ, fd, 0, into.low, into.high, length, flags, 0);
}

/** Receives once, into a buffer of the group. */
export function prepRecv(sqe: Sqe, { fd, flags, group }: { fd: number; flags: number; group: number }): void {
  prep(sqe, RECV, fd, 0, 0, 0, 0, flags, group);
}

/** Receives into buffers of the group until the end, a failure, or a lack of buffers. */
export function prepRecvMultishot(sqe: Sqe, { fd, group }: { fd: number; group: number }): void {
  prep(sqe, RECV_MULTISHOT, fd, 0, 0, 0, 0, 0, group);
}

/**
 * Receives messages with their names into buffers of the group. Safety: `message` is a struct
 * msghdr that stays mapped and unchanged.
 */
export function prepRecvmsgMultishot(
  sqe: Sqe,
  { fd, message, group }: { fd: number; message: Address; group: number },
): void {
  prep(sqe, RECVMSG_MULTISHOT, fd, 0, message.low, message.high, 1, 0, group);
}

/**
 * Safety: `length` bytes at `offset` of `buffer` stay mapped, and the buffer stays in use, until it
 * completes.
 */
export function prepSend(
  sqe: Sqe,
  {
    fd,
    buffer,
    offset,
    length,
    flags,
  }: { fd: number; buffer: Address; offset: number; length: number; flags: number },
): void {
  const low = (buffer.low >>> 0) + offset;
  const high = low > 0xffffffff ? buffer.high + 1 : buffer.high;
  prep(sqe, SEND, fd, 0, low | 0, high, length, flags, 0);
}

/**
 * Safety: `message` is a struct msghdr; it and what it points to stay mapped until it completes.
 */
export function prepSendmsg(
  sqe: Sqe,
  { fd, message, flags }: { fd: number; message: Address; flags: number },
): void {
  prep(sqe, SENDMSG, fd, 0, message.low, message.high, 1, flags, 0);
}

/** Does nothing; completes with 0. */
export function prepNop(sqe: Sqe): void {
  prep(sqe, IORING.OP_NOP, -1, 0, 0, 0, 0, 0, 0);
}

/** Writes every word except user_data's, since the entry may hold an earlier operation. */
function prep(
  sqe: Sqe,
  opcodeAndFlags: number,
  fd: number,
  offset: number,
  addressLow: number,
  addressHigh: number,
  length: number,
  flags: number,
  bufferGroup: number,
): void {
  const { words, at } = sqe;
  words[at + FIRST] = opcodeAndFlags;
  words[at + FD] = fd;
  words[at + OFF_LOW] = offset;
  words[at + OFF_HIGH] = 0;
  words[at + ADDR_LOW] = addressLow;
  words[at + ADDR_HIGH] = addressHigh;
  words[at + LEN] = length;
  words[at + OP_FLAGS] = flags;
  words[at + BUF_GROUP] = bufferGroup;
  words[at + 11] = 0;
  words[at + 12] = 0;
  words[at + 13] = 0;
  words[at + 14] = 0;
  words[at + 15] = 0;
}
