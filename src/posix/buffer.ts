import { isSharedArrayBuffer, isUint8Array } from "node:util/types";
import { kind } from "../errors/argument.ts";
import { getter, lengthOf, memoryOf } from "../system/view.ts";

/** The kernel takes a length in a size_t, but transfers 2 GiB less a page at most (MAX_RW_COUNT in linux/fs.h). */
const MAX_LENGTH = 0x7fffffff;

const isResizable = getter<boolean>(ArrayBuffer.prototype, "resizable");

/**
 * Safety: what goes into a system call must be memory that stays where it is, of the length that it claims, and that
 * nobody else writes to: a Uint8Array over a plain ArrayBuffer.
 */
export function checkBuffer(what: string, buffer: Uint8Array): void {
  if (!isUint8Array(buffer)) throw new TypeError(`${what} must be a Uint8Array, not ${kind(buffer)}`);
  const memory = memoryOf(buffer);
  const length = lengthOf(buffer);
  // An ArrayBuffer of another realm is none of ours.
  if (!(memory instanceof ArrayBuffer) && isSharedArrayBuffer(memory))
    throw new TypeError(`${what} is shared memory, which another thread may change`);
  if (Reflect.apply(isResizable, memory, []))
    throw new TypeError(`${what} is resizable memory, which may shrink`);
  if (length > MAX_LENGTH) {
    throw new RangeError(`${what} is ${length} bytes long; at most ${MAX_LENGTH} go into one call`);
  }
  if (length === 0 && isDetached(memory))
    throw new TypeError(`${what} is detached: its memory was transferred`);
}

/** The same of what is to be sent, which many will try to give as a string. */
export function checkData(data: Uint8Array): void {
  if (typeof data === "string")
    throw new TypeError("data must be a Uint8Array, not a string: use Buffer.from(text)");
  checkBuffer("data", data);
}

/** UIO_MAXIOV in include/uapi/linux/uio.h: more pieces are EMSGSIZE. */
const MOST_PIECES = 1024;

/** The same number again, by another rule: sendmmsg and recvmmsg cut what is more (__sys_sendmmsg in net/socket.c). */
const MOST_MESSAGES = 1024;

export function checkMessages(what: string, messages: readonly unknown[]): void {
  if (!Array.isArray(messages)) throw new TypeError(`${what} must be an array, not ${kind(messages)}`);
  if (messages.length > MOST_MESSAGES) {
    throw new RangeError(`${what} are ${messages.length}; at most ${MOST_MESSAGES} go into one call`);
  }
}

/** The same for a message in pieces, whose length is that of all together. Gives them in an array that nobody else changes. */
export function checkPieces(data: readonly Uint8Array[]): Uint8Array[] {
  if (!Array.isArray(data)) throw new TypeError(`data must be an array of Uint8Arrays, not ${kind(data)}`);
  if (data.length > MOST_PIECES) {
    throw new RangeError(`data has ${data.length} pieces; at most ${MOST_PIECES} go into one message`);
  }
  const pieces = [...data];
  let length = 0;
  for (const piece of pieces) {
    checkBuffer("a piece of data", piece);
    length += lengthOf(piece);
  }
  if (length > MAX_LENGTH) {
    throw new RangeError(`data is ${length} bytes long; at most ${MAX_LENGTH} go into one call`);
  }
  return pieces;
}

/** ArrayBuffer.prototype.detached is not in Node 20; a view of a detached buffer cannot be made anywhere. */
function isDetached(memory: ArrayBuffer): boolean {
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}
