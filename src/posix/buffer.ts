import { isSharedArrayBuffer, isUint8Array } from "node:util/types";
import { argumentType, detached, elements, invalidValue, kind, outOfRange } from "../errors/argument.ts";
import { getter, lengthOf, memoryOf } from "../system/view.ts";

/**
 * The kernel takes a length in a size_t, but transfers 2 GiB less a page at most (MAX_RW_COUNT in
 * linux/fs.h).
 */
const MAX_LENGTH = 0x7fffffff;

const isResizable = getter<boolean>(ArrayBuffer.prototype, "resizable");

/**
 * Safety: what goes into a system call must be memory that stays where it is, of the length that it
 * claims, and that nobody else writes to: a Uint8Array over a plain ArrayBuffer.
 */
export function checkBuffer(what: string, buffer: Uint8Array): void {
  if (!isUint8Array(buffer)) throw argumentType(`${what} must be a Uint8Array, not ${kind(buffer)}`);
  const memory = memoryOf(buffer);
  const length = lengthOf(buffer);
  // An ArrayBuffer of another realm is none of ours.
  if (!(memory instanceof ArrayBuffer) && isSharedArrayBuffer(memory))
    throw invalidValue(`${what} is shared memory, which another thread may change`);
  if (Reflect.apply(isResizable, memory, []))
    throw invalidValue(`${what} is resizable memory, which may shrink`);
  if (length > MAX_LENGTH) {
    throw outOfRange(`${what} is ${length} bytes long; at most ${MAX_LENGTH} go into one call`);
  }
  if (length === 0 && isDetached(memory)) throw detached(what);
}

/** The same of what is to be sent, which many will try to give as a string. */
export function checkData(data: Uint8Array): void {
  if (typeof data === "string")
    throw argumentType("data must be a Uint8Array, not a string: use Buffer.from(text)");
  checkBuffer("data", data);
}

/** UIO_MAXIOV in include/uapi/linux/uio.h: more pieces are EMSGSIZE. */
const MOST_PIECES = 1024;

/**
 * The same number again, by another rule: sendmmsg and recvmmsg cut what is more (__sys_sendmmsg in
 * net/socket.c).
 */
const MOST_MESSAGES = 1024;

/** The messages of a call, or the rooms for them, in an array of ours. */
export function messagesOf<Message>(what: string, messages: readonly Message[]): Message[] {
  const tooMany = (length: number) => `${what} are ${length}; at most ${MOST_MESSAGES} go into one call`;
  return elements(what, "an array", messages, MOST_MESSAGES, tooMany);
}

/** The pieces of a message, in an array of ours. They are not checked. */
export function piecesOf(data: readonly Uint8Array[]): Uint8Array[] {
  return elements("data", "an array of Uint8Arrays", data, MOST_PIECES, tooManyPieces);
}

const tooManyPieces = (length: number) =>
  `data has ${length} pieces; at most ${MOST_PIECES} go into one message`;

/** As `checkBuffer()`, of a message in pieces, whose length is that of all together. */
export function checkPieces(pieces: readonly Uint8Array[]): void {
  let length = 0;
  for (const piece of pieces) {
    checkBuffer("a piece of data", piece);
    length += lengthOf(piece);
  }
  if (length > MAX_LENGTH) {
    throw outOfRange(`data is ${length} bytes long; at most ${MAX_LENGTH} go into one call`);
  }
}

/**
 * ArrayBuffer.prototype.detached is not in Node 20; a view of a detached buffer cannot be made
 * anywhere.
 */
function isDetached(memory: ArrayBuffer): boolean {
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}
