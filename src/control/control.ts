import { argumentType, copyOfBytes, int, invalidString, kind, quoted } from "../errors/argument.ts";
import type { System } from "../system/system.ts";
import { type Cmsg, readCmsgs } from "./cmsg.ts";
import { controlCodecs } from "./codecs.ts";
import type { ControlMessage, ControlMessageToSend, UnknownControlMessage } from "./control-message.ts";

/** Returned for types the system has no number for; the call fails with OptionNotSupported. */
export const unsupported = Symbol("unsupported");

/** Encodes a control message. Throws on a malformed one or a receive-only type. */
export function encodeControl(
  message: ControlMessage | ControlMessageToSend,
  system: System,
): Cmsg | typeof unsupported {
  checkControlMessage(message);
  if (isUnknown(message)) {
    const { level, number, data } = message;
    return {
      level: int("level", level),
      number: int("number", number),
      data: copyOfBytes("the data of a control message", data),
    };
  }
  const { type } = message;
  const data = typeof type === "string" ? controlCodecs[type]?.encode?.(message, system) : undefined;
  if (data === undefined) {
    throw invalidString(type, `a control message of type ${quoted(type)} cannot be sent`);
  }
  const number = system.controls[type];
  return number === undefined ? unsupported : { level: number.level, number: number.number, data };
}

/**
 * Decodes the control messages in a buffer, and reports whether it ends in the middle of one. A
 * message whose length does not match its type stays bytes.
 */
export function decodeControl(
  from: Uint8Array,
  system: System,
): { readonly messages: ControlMessage[]; readonly torn: boolean } {
  const { cmsgs, torn } = readCmsgs(from, system);
  return { messages: cmsgs.map((cmsg) => decodeOne(cmsg, system)), torn };
}

function decodeOne(cmsg: Cmsg, system: System): ControlMessage {
  const codec = controlCodecs[system.controlName(cmsg.level, cmsg.number) ?? ""];
  // slice() would not copy a Buffer.
  return codec?.decode(cmsg.data, system) ?? { type: "unknown", ...cmsg, data: new Uint8Array(cmsg.data) };
}

const isUnknown = (message: ControlMessage | ControlMessageToSend): message is UnknownControlMessage =>
  message.type === "unknown";

/** Throws a TypeError unless the value is an object. */
export function checkControlMessage(message: unknown): asserts message is object {
  if (typeof message === "object" && message !== null) return;
  throw argumentType(
    `a control message must be an object such as { type: "IP_TTL", value: 64 }, not ${kind(message)}`,
  );
}
