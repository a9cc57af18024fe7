import { isUint8Array } from "node:util/types";
import { isAttached } from "../../engine/received-bytes.ts";
import { argumentType, kind } from "../../errors/argument.ts";
import { checkData } from "../../posix/buffer.ts";

/** What can be sent: bytes, or text, which is sent as UTF-8. */
export type Data = Uint8Array | string;

/** The bytes, which the engine may be given: a TypeError or RangeError where they are none. */
export function bytesToSend(data: Data): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  // What a handler was given needs no look at its memory, which costs a call of V8's runtime.
  if (!isUint8Array(data)) throw argumentType(`data must be a string or a Uint8Array, not ${kind(data)}`);
  if (!isAttached(data)) checkData(data);
  return data;
}
