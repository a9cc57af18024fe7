import { checkData } from "../posix/buffer.ts";

/** What can be sent: bytes, or text, which is sent as UTF-8. */
export type Data = Uint8Array | string;

/** The bytes, which the engine may be given: a TypeError or RangeError where they are none. */
export function bytesToSend(data: Data): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  checkData(data);
  return data;
}
