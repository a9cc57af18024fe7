import { argumentType, invalidValue, kind } from "../errors/argument.ts";
import type { System } from "../system/system.ts";
import type { ControlMessage, ControlMessageToSend } from "./control-message.ts";

/** The encoding of one type of control message. */
export interface ControlCodec {
  /** Undefined if the byte length does not match the type. */
  decode(data: Uint8Array, system: System): ControlMessage | undefined;
  /**
   * Absent for receive-only types. Throws a TypeError or RangeError on a bad value.
   */
  encode?(message: ControlMessage | ControlMessageToSend, system: System): Uint8Array | undefined;
}

export const viewOf = (data: Uint8Array): DataView =>
  new DataView(data.buffer, data.byteOffset, data.byteLength);

/** Decodes a structure of this many bytes. */
export const structure =
  (length: number, read: (view: DataView) => ControlMessage | undefined): ControlCodec["decode"] =>
  (data) =>
    data.byteLength === length ? read(viewOf(data)) : undefined;

/** The bytes of an IP address; throws a TypeError if the text is none. */
export function ipBytes(
  what: string,
  text: string,
  parse: (text: string) => Uint8Array | undefined,
): Uint8Array {
  if (typeof text !== "string") throw argumentType(`${what} must be an IP address, not ${kind(text)}`);
  const address = parse(text);
  if (address === undefined) throw invalidValue(`${what} must be an IP address, not ${JSON.stringify(text)}`);
  return address;
}
