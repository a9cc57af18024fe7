import type { Address } from "../address/address.ts";
import { AddressDecoder } from "../address/address-decoder.ts";
import { cmsgSpace } from "../control/cmsg.ts";
import { decodeControl } from "../control/control.ts";
import type { ControlMessage } from "../control/control-message.ts";
import { argumentType, integer, kind } from "../errors/argument.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { MessageHeader, System, ValueResult } from "../system/system.ts";
import { lengthOf } from "../system/view.ts";
import { checkPieces, piecesOf } from "./buffer.ts";
import { Descriptor } from "./owned-descriptor.ts";
import { Socket } from "./owned-socket.ts";

/** Room for a message to receive. */
export interface MessageBuffers {
  /** Where its data goes: the pieces are filled one after the other; at most 1024. */
  readonly data: readonly Uint8Array[];
  /**
   * Room for control messages, in bytes, at most 1048576; 1888 if left out: enough for the 253
   * descriptors that a message carries at most, and others beside them.
   */
  readonly controlLength?: number | undefined;
}

/** A message that was received. */
export interface ReceivedMessage {
  /** How many bytes of data; 0 at the end of a stream, and for an empty message. */
  readonly bytes: number;
  /** Who sent it; `{ family: "unspecified" }` where the protocol does not say. */
  readonly address: Address;
  /**
   * What travelled beside the data. Descriptors are the receiver's own, close on exec, and have to
   * be closed.
   */
  readonly control: ControlMessage<Socket | Descriptor>[];
  /**
   * `MSG.TRUNC` where the data was longer than the room, `MSG.EOR`, `MSG.OOB`, `MSG.ERRQUEUE`;
   * `recvmmsg()` tells `MSG.CTRUNC` here: the control messages were cut short, and are left out.
   */
  readonly flags: number;
}

/** Room as it was when it was read, and its header, once `prepareToReceive()` has written it. */
export interface BufferToReceive extends MessageHeader {
  address: ValueResult | null;
  controlLength: number | undefined;
  /** Whether an earlier call has checked the data, and found where it lies. */
  isKnown: boolean;
}

/**
 * Reads room for a message. Malformed room throws. The caller's getters run here, and may make
 * calls of their own. With the header that the same room had in an earlier call, it need not be
 * found in memory again: that is half of what a datagram takes.
 */
export function readBuffer(scratch: MessageBuffers, earlier?: BufferToReceive): BufferToReceive {
  if (typeof scratch !== "object" || scratch === null) {
    throw argumentType(
      `the buffers of a message must be an object such as { data: [buffer] }, not ${kind(scratch)}`,
    );
  }
  const { data, controlLength } = scratch;
  if (earlier !== undefined && isSame(data, earlier.data)) {
    earlier.controlLength = controlLength;
    return earlier;
  }
  return {
    data: piecesOf(data),
    controlLength,
    isKnown: false,
    address: null,
    locations: [],
    control: null,
    flags: 0,
    bytes: 0,
  };
}

/**
 * Checks the data, and writes the header of the message at an index of a call. Nothing of the
 * caller's runs from here until the system has been called.
 *
 * Safety: a view of plain memory is as long, and where, it was when it was checked, or its memory
 * is detached and it is empty.
 */
export function prepareToReceive(header: BufferToReceive, index: number, system: System): void {
  if (!header.isKnown || header.data.some(isEmpty)) checkPieces(header.data);
  const { address, control } = system.messageMemory(index);
  header.isKnown = true;
  header.control = controlBuffer(header.controlLength, control);
  header.address = address;
  address.length = address.capacity;
}

/** Whether these are the pieces of an earlier call, whose order and number are ours. */
function isSame(pieces: readonly Uint8Array[], earlier: readonly Uint8Array[]): boolean {
  if (!Array.isArray(pieces) || pieces.length !== earlier.length) return false;
  for (let at = 0; at < earlier.length; at += 1) if (pieces[at] !== earlier[at]) return false;
  return true;
}

const isEmpty = (piece: Uint8Array) => lengthOf(piece) === 0;

function controlBuffer(length: number | undefined, scratch: ValueResult): ValueResult | null {
  const wanted = length === undefined ? scratch.capacity : integer("controlLength", length, 0, 1048576);
  if (wanted === 0) return null;
  const into = scratch.withBufferFor(wanted);
  into.length = wanted;
  return into;
}

/**
 * Makes a receiving call with MSG_CMSG_CLOEXEC, so that no program inherits a descriptor that
 * arrives. Packet sockets refuse the flag (packet_recvmsg in net/packet/af_packet.c); only unix
 * sockets carry descriptors, so others are asked again without.
 */
export function receive(system: System, fd: number, flags: number, call: (flags: number) => number): number {
  const { AF, MSG } = system.constants;
  const { CMSG_CLOEXEC } = MSG;
  if (CMSG_CLOEXEC === undefined) return call(flags);
  const returned = call(flags | CMSG_CLOEXEC);
  if (returned !== -system.errnos.EINVAL) return returned;
  return readOption(system, fd, SO.DOMAIN) === AF.UNIX ? returned : call(flags);
}

/**
 * What a header holds after the call. Where control messages were cut short they are left out, with
 * MSG_CTRUNC in the flags: what did arrive of them is closed.
 */
export function received(
  header: MessageHeader,
  bytes: number,
  system: System,
  addresses = new AddressDecoder(system),
): ReceivedMessage {
  const { CMSG_CLOEXEC = 0, CTRUNC } = system.constants.MSG;
  const { address } = header;
  const control = controlOf(header, system);
  return {
    bytes,
    address: address === null ? { family: "unspecified" } : addresses.decode(address),
    control: control ?? [],
    flags: (header.flags & ~CMSG_CLOEXEC) | (control === undefined ? CTRUNC : 0),
  };
}

/** Undefined where they were cut short. */
function controlOf(
  { control, flags }: MessageHeader,
  system: System,
): ControlMessage<Socket | Descriptor>[] | undefined {
  const truncated = (flags & system.constants.MSG.CTRUNC) !== 0;
  if (control === null || control.length === 0) return truncated ? undefined : [];
  const { messages, torn } = decodeControl(control.valid, system);
  const messagesOwned = messages.map((message) => owned(message, system));
  if (!torn && !truncated) return messagesOwned;
  closeDescriptors(messagesOwned);
  return undefined;
}

/**
 * Why control messages were cut short, and what is to be said about it. Linux sets MSG_CTRUNC as
 * well where a descriptor cannot be made, and then leaves the room for it (scm_detach_fds in
 * net/core/scm.c).
 */
export function whyTruncated(
  header: BufferToReceive,
  system: System,
): ["ControlTruncated", detail: string] | ["ProcessFdQuotaExceeded"] {
  const { CTRUNC } = system.constants.MSG;
  const { capacity } = system.messageMemory(0).control;
  const given = header.controlLength ?? capacity;
  const left = given - (header.control?.length ?? given);
  if ((header.flags & CTRUNC) !== 0 && left >= cmsgSpace(4, system)) return ["ProcessFdQuotaExceeded"];
  const enough = `${capacity} bytes, the default, are enough for all that one message carries`;
  return ["ControlTruncated", `The room was ${given} bytes; ${enough}.`];
}

/** The same control message, with its descriptors owned by us: those of sockets are Sockets. */
function owned(message: ControlMessage, system: System): ControlMessage<Socket | Descriptor> {
  if (message.type === "SCM_PIDFD")
    return { ...message, descriptor: Descriptor.own(system, message.descriptor) };
  if (message.type !== "SCM_RIGHTS") return message;
  const descriptors = message.descriptors.map(
    (fd) => Socket.ownIfSocket(system, fd) ?? Descriptor.own(system, fd),
  );
  return { type: "SCM_RIGHTS", descriptors };
}

/** Closes the descriptors that a message brought, where nobody is going to get them. */
function closeDescriptors(control: readonly ControlMessage<Socket | Descriptor>[]): void {
  for (const message of control) {
    if (message.type === "SCM_PIDFD") message.descriptor[Symbol.dispose]();
    if (message.type === "SCM_RIGHTS") for (const each of message.descriptors) each[Symbol.dispose]();
  }
}
