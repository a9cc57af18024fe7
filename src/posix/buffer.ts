import { argumentType, detached, elements, invalidValue, kind, outOfRange } from "../errors/argument.ts";
import { getter, isUint8Array, lengthOf, memoryOf } from "../system/view.ts";

/**
 * The kernel takes the length as a size_t, but transfers at most 2 GiB minus a page (MAX_RW_COUNT
 * in linux/fs.h).
 */
const MAX_LENGTH = 0x7fffffff;

const isResizable = getter<boolean>(ArrayBuffer.prototype, "resizable");

/** Undefined in a page that is not isolated from others. */
const sharedLength =
  typeof SharedArrayBuffer === "undefined"
    ? undefined
    : getter<number>(SharedArrayBuffer.prototype, "byteLength");

/** Whether memory is a SharedArrayBuffer of any realm: its getter throws for anything else. */
function isShared(memory: ArrayBufferLike): memory is SharedArrayBuffer {
  if (sharedLength === undefined) return false;
  try {
    Reflect.apply(sharedLength, memory, []);
    return true;
  } catch {
    return false;
  }
}

/**
 * Safety: memory passed to a system call must not move, must have the length it claims, and must
 * not be written by another thread. Only a Uint8Array over a plain ArrayBuffer qualifies.
 */
export function checkBuffer(what: string, buffer: Uint8Array): void {
  if (!isUint8Array(buffer)) throw argumentType(`${what} must be a Uint8Array, not ${kind(buffer)}`);
  const memory = memoryOf(buffer);
  const length = lengthOf(buffer);
  // An ArrayBuffer of another realm is not an instance of our ArrayBuffer.
  if (!(memory instanceof ArrayBuffer) && isShared(memory))
    throw invalidValue(`${what} is shared memory, which another thread could change`);
  if (Reflect.apply(isResizable, memory, []))
    throw invalidValue(`${what} is resizable memory, which could shrink`);
  if (length > MAX_LENGTH) {
    throw outOfRange(`${what} is ${length} bytes long; one call takes at most ${MAX_LENGTH}`);
  }
  if (length === 0 && isDetached(memory)) throw detached(what);
}

/** `checkBuffer()` for data to send; strings, a common mistake, get advice of their own. */
export function checkData(data: Uint8Array): void {
  if (typeof data === "string")
    throw argumentType("data must be a Uint8Array, not a string: use Buffer.from(text)");
  checkBuffer("data", data);
}

/** UIO_MAXIOV in include/uapi/linux/uio.h: more pieces fail with EMSGSIZE. */
const MOST_PIECES = 1024;

/**
 * Also 1024, but for another reason: sendmmsg and recvmmsg silently drop anything beyond it
 * (__sys_sendmmsg in net/socket.c).
 */
const MOST_MESSAGES = 1024;

/** Copies the messages of a call, or the buffers for them, into an array we own. */
export function messagesOf<Message>(what: string, messages: readonly Message[]): Message[] {
  const tooMany = (length: number) => `${what} are ${length}; at most ${MOST_MESSAGES} go into one call`;
  return elements(what, "an array", messages, MOST_MESSAGES, tooMany);
}

/** Copies the pieces of a message into an array we own, without checking them. */
export function piecesOf(data: readonly Uint8Array[]): Uint8Array[] {
  return elements("data", "an array of Uint8Arrays", data, MOST_PIECES, tooManyPieces);
}

const tooManyPieces = (length: number) =>
  `data has ${length} pieces; at most ${MOST_PIECES} go into one message`;

/** `checkBuffer()` for a message in pieces; the limit applies to their total length. */
export function checkPieces(pieces: readonly Uint8Array[]): void {
  let length = 0;
  for (const piece of pieces) {
    checkBuffer("a piece of data", piece);
    length += lengthOf(piece);
  }
  if (length > MAX_LENGTH) {
    throw outOfRange(`data is ${length} bytes long; one call takes at most ${MAX_LENGTH}`);
  }
}

/**
 * Node 20 lacks ArrayBuffer.prototype.detached; creating a view of a detached buffer throws
 * everywhere.
 */
function isDetached(memory: ArrayBuffer): boolean {
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}
