import type { AddressInput } from "../address/address.ts";
import { type ReadAddress, readAddress, writeAddress } from "../address/sockaddr.ts";
import { type Cmsg, cmsgSpace, writeCmsgs } from "../control/cmsg.ts";
import { checkControlMessage, encodeControl, unsupported } from "../control/control.ts";
import type { ControlMessageToSend } from "../control/control-message.ts";
import { argumentType, elements, kind } from "../errors/argument.ts";
import type { MessageHeader, System, ValueResult } from "../system/system.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { checkPieces, piecesOf } from "./buffer.ts";
import { Descriptor } from "./owned-descriptor.ts";

/** A message to send. */
export interface Message {
  /** The destination; omit it on a connected socket. */
  readonly address?: AddressInput | undefined;
  /**
   * The data, in at most 1024 pieces, sent in order without copying them together.
   */
  readonly data: readonly Uint8Array[];
  /** Ancillary data. The sender keeps its descriptors; the receiver gets duplicates. */
  readonly control?: readonly ControlMessageToSend<SocketLike | Descriptor>[] | undefined;
}

/**
 * Why a message cannot be sent: the system lacks a control message's type, or a descriptor is
 * closed.
 */
export type Refusal = "OptionNotSupported" | "SocketClosed";

/**
 * A snapshot of a control message. Descriptors are not resolved to numbers yet: a getter may still
 * close one.
 */
type ReadControl = Cmsg | readonly Borrowed[];

/** A snapshot of a message, and its header once `prepareToSend()` has written it. */
export interface MessageToSend extends MessageHeader {
  /** The caller's object. */
  readonly to: AddressInput | undefined;
  /**
   * Undefined if there is no address, or if it is the same object as the previous message's, whose
   * sockaddr is then shared.
   */
  readonly sockaddr: ReadAddress | undefined;
  readonly read: readonly ReadControl[];
  cmsgs: readonly Cmsg[];
  address: ValueResult | null;
}

/**
 * Reads a message; throws on a malformed one. The caller's getters run here and may make calls of
 * their own, so nothing that calls share is written until all messages have been read. A message to
 * the same address object as the previous one shares its sockaddr: encoding an address costs as
 * much as sending a datagram.
 */
export function readMessage(
  message: Message,
  system: System,
  previous?: MessageToSend,
): MessageToSend | Refusal {
  if (typeof message !== "object" || message === null) {
    throw argumentType(`a message must be an object such as { data: [bytes] }, not ${kind(message)}`);
  }
  const { address: to, data, control } = message;
  const read = control === undefined ? nothing : readControl(control, system);
  if (typeof read === "string") return read;
  const pieces = piecesOf(data);
  const isShared = to === undefined || previous?.to === to;
  const sockaddr = isShared ? undefined : readAddress(to, system);
  return {
    to,
    sockaddr,
    read,
    cmsgs: nothing,
    address: null,
    control: null,
    data: pieces,
    locations: null,
    flags: 0,
    bytes: 0,
  };
}

const nothing: readonly Cmsg[] = [];

/**
 * Resolves the messages' descriptors, and the socket's last; then checks the data and writes
 * addresses and control messages to the call's buffers. From then until the system call, no caller
 * code runs.
 *
 * @returns the socket's descriptor; -1 if it, or a descriptor to send, is closed
 */
export function prepareToSend(messages: readonly MessageToSend[], borrowed: Borrowed): number {
  const { system } = borrowed;
  let isClosed = false;
  for (const message of messages) {
    if (message.read.length === 0) continue;
    const numbered = message.read.map((cmsg) => ("number" in cmsg ? cmsg : withNumbers(cmsg, system)));
    message.cmsgs = numbered.filter((cmsg) => cmsg !== undefined);
    if (message.cmsgs.length < numbered.length) isClosed = true;
  }
  const { fd } = borrowed;
  let previous: ValueResult | null = null;
  for (const [index, message] of messages.entries()) {
    checkPieces(message.data);
    const { to, sockaddr, cmsgs } = message;
    if (sockaddr !== undefined) {
      message.address = writeAddress(sockaddr, system, system.messageMemory(index).address);
    } else if (to !== undefined) {
      message.address = previous;
    }
    if (cmsgs.length > 0) message.control = write(cmsgs, system.messageMemory(index).control, system);
    previous = message.address;
  }
  return isClosed ? -1 : fd;
}

function readControl(
  control: readonly ControlMessageToSend<SocketLike | Descriptor>[],
  system: System,
): ReadControl[] | Refusal {
  const read: ReadControl[] = [];
  for (const message of elements("control", "an array", control)) {
    checkControlMessage(message);
    if (message.type === "SCM_RIGHTS") {
      if (system.controls.SCM_RIGHTS === undefined) return "OptionNotSupported";
      const descriptors = elements("descriptors", "an array", message.descriptors);
      read.push(descriptors.map((each) => (each instanceof Descriptor ? each : borrow(each))));
      continue;
    }
    const cmsg = encodeControl(message, system);
    if (cmsg === unsupported) return "OptionNotSupported";
    read.push(cmsg);
  }
  return read;
}

/** Encodes SCM_RIGHTS with its descriptors' numbers; undefined if one is closed. */
function withNumbers(descriptors: readonly Borrowed[], system: System): Cmsg | undefined {
  const numbers = descriptors.map(({ fd }) => fd);
  if (numbers.some((fd) => fd < 0)) return undefined;
  const cmsg = encodeControl({ type: "SCM_RIGHTS", descriptors: numbers }, system);
  return cmsg === unsupported ? undefined : cmsg;
}

/**
 * Anything above net.core.optmem_max (128 KiB) is left for the kernel to reject.
 */
function write(cmsgs: readonly Cmsg[], buffer: ValueResult, system: System): ValueResult {
  const size = cmsgs.reduce((sum, { data }) => sum + cmsgSpace(data.byteLength, system), 0);
  const into = buffer.withBufferFor(size);
  into.length = writeCmsgs(cmsgs, into.bytes, system);
  return into;
}
