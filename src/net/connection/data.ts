import { isAttached } from "../../engine/received-bytes.ts";
import { argumentType, kind } from "../../errors/argument.ts";
import { checkData } from "../../posix/buffer.ts";
import { encodeText } from "../../system/text.ts";
import { isUint8Array } from "../../system/view.ts";

/** Data to send: bytes, or text, which is sent as UTF-8. */
export type Data = Uint8Array | string;

/** Returns the bytes for the engine. Throws a TypeError or RangeError if `data` is neither. */
export function bytesToSend(data: Data): Uint8Array {
  if (typeof data === "string") return encodeText(data);
  // A view that a handler received needs no check of its memory, which would cost a call into V8's
  // runtime.
  if (!isUint8Array(data)) throw argumentType(`data must be a string or a Uint8Array, not ${kind(data)}`);
  if (!isAttached(data)) checkData(data);
  return data;
}
