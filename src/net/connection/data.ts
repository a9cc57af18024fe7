import { isAttached } from "../../engine/received-bytes.ts";
import { argumentType, elements, kind, outOfRange } from "../../errors/argument.ts";
import { checkData } from "../../posix/buffer.ts";
import { encodeText } from "../../system/text.ts";
import { copyOf, isUint8Array } from "../../system/view.ts";

/** Data to send: bytes, or text, which is sent as UTF-8. */
export type Data = Uint8Array | string;

/**
 * Returns a copy of bytes that may be sent later; throws if there are none. @internal
 */
export function copyToSend(data: Data): Uint8Array<ArrayBuffer> {
  const bytes = copyOf(bytesToSend(data));
  if (bytes.byteLength === 0)
    throw outOfRange("data is empty: a stream can only carry descriptors along with bytes");
  return bytes;
}

/** Whether these are pieces to send together. */
export const isPieces = (data: Data | readonly Data[]): data is readonly Data[] => Array.isArray(data);

/** Returns the pieces for the engine; throws if any is not valid. */
export function piecesToSend(data: readonly Data[]): Uint8Array[] {
  return elements("data", "an array of strings and Uint8Arrays", data).map((piece) => bytesToSend(piece));
}

/** Returns the bytes for the engine. Throws a TypeError or RangeError if `data` is neither. */
export function bytesToSend(data: Data): Uint8Array {
  if (typeof data === "string") return encodeText(data);
  // A view that a handler received needs no check of its memory, which would cost a call into V8's
  // runtime.
  if (!isUint8Array(data)) throw argumentType(`data must be a string or a Uint8Array, not ${kind(data)}`);
  if (!isAttached(data)) checkData(data);
  return data;
}
