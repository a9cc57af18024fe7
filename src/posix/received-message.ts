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

/** Buffers for a message to receive. */
export interface MessageBuffers {
  /** Buffers for the data, at most 1024, filled in order. */
  readonly data: readonly Uint8Array[];
  /**
   * Space for control messages in bytes, at most 1048576. Defaults to 1888: enough for the maximum
   * of 253 descriptors per message and other control messages besides.
   */
  readonly controlLength?: number | undefined;
}

/** A received message. */
export interface ReceivedMessage {
  /** The number of data bytes; 0 at the end of a stream and for an empty message. */
  readonly bytes: number;
  /** The sender's address; `{ family: "unspecified" }` if the protocol does not provide it. */
  readonly address: Address;
  /**
   * Ancillary data. Received descriptors are owned by the receiver and close-on-exec; close each of
   * them.
   */
  readonly control: ControlMessage<Socket | Descriptor>[];
  /**
   * `MSG.TRUNC` if the data did not fit the buffers, `MSG.EOR`, `MSG.OOB`, `MSG.ERRQUEUE`. From
   * `recvmmsg()` also `MSG.CTRUNC`: the control messages were truncated and are omitted.
   */
  readonly flags: number;
}

/** A snapshot of the buffers, and their header once `prepareToReceive()` has written it. */
export interface BufferToReceive extends MessageHeader {
  address: ValueResult | null;
  controlLength: number | undefined;
  /** Whether an earlier call checked the data and resolved its memory addresses. */
  isKnown: boolean;
}

/**
 * Reads the buffers for a message; throws on malformed ones. The caller's getters run here and may
 * make calls of their own. Reusing the header of an earlier call with the same buffers saves
 * resolving their memory addresses, half the cost of a datagram.
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
 * Checks the data and writes the header of the message at an index of a call. From here until the
 * system call, no caller code runs.
 *
 * Safety: a checked view of plain memory keeps its address and length, unless its memory is
 * detached, which leaves it empty.
 */
export function prepareToReceive(header: BufferToReceive, index: number, system: System): void {
  if (!header.isKnown || header.data.some(isEmpty)) checkPieces(header.data);
  const { address, control } = system.messageMemory(index);
  header.isKnown = true;
  header.control = controlBuffer(header.controlLength, control);
  header.address = address;
  address.length = address.capacity;
}

/**
 * Whether these are the same pieces as in an earlier call. We own that array, so its order and
 * length are fixed.
 */
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
 * Receives with MSG_CMSG_CLOEXEC, so that child programs do not inherit received descriptors.
 * Packet sockets reject the flag (packet_recvmsg in net/packet/af_packet.c); since only unix
 * sockets carry descriptors, other sockets are retried without it.
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
 * The message that a header describes after the call. If its control messages were truncated they
 * are omitted, MSG_CTRUNC is set in the flags, and any descriptors that did arrive are closed.
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

/** Undefined if they were truncated. */
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
 * Why control messages were truncated, with an explanation. Linux also sets MSG_CTRUNC when it
 * cannot create a descriptor, and then leaves its space unused (scm_detach_fds in net/core/scm.c).
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
  const enough = `${capacity} bytes, the default, hold the most that one message carries`;
  return ["ControlTruncated", `The control buffer was ${given} bytes; ${enough}.`];
}

/** Takes ownership of a control message's descriptors; those of sockets become Sockets. */
function owned(message: ControlMessage, system: System): ControlMessage<Socket | Descriptor> {
  if (message.type === "SCM_PIDFD")
    return { ...message, descriptor: Descriptor.own(system, message.descriptor) };
  if (message.type !== "SCM_RIGHTS") return message;
  const descriptors = message.descriptors.map(
    (fd) => Socket.ownIfSocket(system, fd) ?? Descriptor.own(system, fd),
  );
  return { type: "SCM_RIGHTS", descriptors };
}

/** Closes a message's descriptors when they will not be handed to the caller. */
function closeDescriptors(control: readonly ControlMessage<Socket | Descriptor>[]): void {
  for (const message of control) {
    if (message.type === "SCM_PIDFD") message.descriptor[Symbol.dispose]();
    if (message.type === "SCM_RIGHTS") for (const each of message.descriptors) each[Symbol.dispose]();
  }
}
