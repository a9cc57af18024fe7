import type { AddressInput } from "../address/address.ts";
import { encodeAddress } from "../address/sockaddr.ts";
import { type Cmsg, cmsgSpace, writeCmsgs } from "../control/cmsg.ts";
import { encodeControl, unsupported } from "../control/control.ts";
import type { ControlMessageToSend } from "../control/control-message.ts";
import { kind } from "../errors/argument.ts";
import type { MessageHeader, System, ValueResult } from "../system/system.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { checkPieces } from "./buffer.ts";
import { Descriptor } from "./owned-descriptor.ts";

/** A message to send. */
export interface Message {
  /** Whom to send it to; left out on a connected socket. */
  readonly address?: AddressInput | undefined;
  /** Its data, in pieces that are sent one after the other, without being copied together: at most 1024. */
  readonly data: readonly Uint8Array[];
  /** What travels beside the data. Descriptors stay the sender's: the receiver gets its own. */
  readonly control?: readonly ControlMessageToSend<SocketLike | Descriptor>[] | undefined;
}

/** Why a message cannot be sent: the system lacks a control message's type, or a descriptor is closed. */
export type Refusal = "OptionNotSupported" | "SocketClosed";

/**
 * The header of the message at an index of a call. A malformed message throws. One to the same address object as the
 * previous one shares its sockaddr: to encode it takes as long as to send a datagram.
 */
export function headerToSend(
  message: Message,
  index: number,
  system: System,
  previous?: Message,
  previousHeader?: MessageHeader,
): MessageHeader | Refusal {
  if (typeof message !== "object" || message === null) {
    throw new TypeError(`a message is an object such as { data: [bytes] }, not ${kind(message)}`);
  }
  const { address, data, control = [] } = message;
  const room = system.messageRoom(index);
  const cmsgs = controlToSend(control, system);
  if (typeof cmsgs === "string") return cmsgs;
  const pieces = checkPieces(data);
  const shared = previous?.address === address ? previousHeader?.address : undefined;
  // Nothing of the caller's runs after the first write: a getter of its own could call us, and the room is shared.
  return {
    address: address === undefined ? null : (shared ?? encodeAddress(address, system, room.address)),
    control: cmsgs.length === 0 ? null : write(cmsgs, room.control, system),
    data: pieces,
    places: null,
    flags: 0,
    bytes: 0,
  };
}

function controlToSend(
  control: readonly ControlMessageToSend<SocketLike | Descriptor>[],
  system: System,
): Cmsg[] | Refusal {
  if (!Array.isArray(control)) throw new TypeError(`control must be an array, not ${kind(control)}`);
  const cmsgs: Cmsg[] = [];
  for (const message of control) {
    const numbered = withNumbers(message);
    if (numbered === "SocketClosed") return numbered;
    const cmsg = encodeControl(numbered, system);
    if (cmsg === unsupported) return "OptionNotSupported";
    cmsgs.push(cmsg);
  }
  return cmsgs;
}

/** The same control message, with the numbers of its descriptors. */
function withNumbers(
  message: ControlMessageToSend<SocketLike | Descriptor>,
): ControlMessageToSend | "SocketClosed" {
  if (typeof message !== "object" || message === null) {
    throw new TypeError(
      `a control message is an object such as { type: "IP_TTL", value: 64 }, not ${kind(message)}`,
    );
  }
  if (message.type !== "SCM_RIGHTS") return message;
  if (!Array.isArray(message.descriptors)) {
    throw new TypeError(`descriptors must be an array, not ${kind(message.descriptors)}`);
  }
  const descriptors: number[] = [];
  for (const each of message.descriptors) {
    const { fd } = each instanceof Descriptor ? each : borrow(each);
    if (fd < 0) return "SocketClosed";
    descriptors.push(fd);
  }
  return { type: "SCM_RIGHTS", descriptors };
}

/** More than the kernel takes from anyone (net.core.optmem_max, 128 KiB) is refused by it, not by us. */
function write(cmsgs: readonly Cmsg[], room: ValueResult, system: System): ValueResult {
  const size = cmsgs.reduce((sum, { data }) => sum + cmsgSpace(data.byteLength, system), 0);
  const into = room.withRoomFor(size);
  into.length = writeCmsgs(cmsgs, into.bytes, system);
  return into;
}
