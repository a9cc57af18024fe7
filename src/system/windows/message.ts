import { defined } from "../../invariant.ts";
import type { MessageHeader } from "../system.ts";
import { lengthOf } from "../view.ts";
import { constants } from "./constants.ts";
import type { Winsock } from "./ws2_32.ts";
import { readMessage, writeFlags, writeMessage } from "./wsamsg.ts";

const { MSG } = constants;

/** WSAGetLastError() where a message was longer than the room for it. */
export const WSAEMSGSIZE = 10040;

const bytes = new Uint32Array(1);
const bytesPointer = new Uint8Array(bytes.buffer);
const flagsInOut = new Uint32Array(1);
const flagsPointer = new Uint8Array(flagsInOut.buffer);

/** What a call returned: -1 where it failed; and how many bytes it moved. */
const moved = (returned: number): number => (returned === 0 ? defined(bytes[0], "the count is one int") : -1);

/**
 * recvmsg() of a stream, which WSARecvMsg() does not take: there is no address, and no control
 * message.
 */
export function receiveStream(winsock: Winsock, fd: number, message: MessageHeader, flags: number): number {
  const { buffers, count } = writeMessage(message);
  flagsInOut[0] = flags;
  const returned = winsock.WSARecv(fd, buffers, count, bytesPointer, flagsPointer, null, null);
  if (returned !== 0) return -1;
  if (message.address !== null) message.address.length = 0;
  if (message.control !== null) message.control.length = 0;
  // POSIX has the receiver told of out-of-band data, which Winsock leaves out of its flags.
  message.flags = flags & MSG.OOB;
  return moved(returned);
}

/**
 * recvmsg() of another socket. A message that is longer than the room fails with WSAEMSGSIZE, and
 * is there all the same.
 */
export function receiveMessage(winsock: Winsock, fd: number, message: MessageHeader, flags: number): number {
  const written = writeMessage(message);
  writeFlags(flags);
  bytes[0] = 0;
  const returned = winsock.WSARecvMsg(fd, written.message, bytesPointer, null, null);
  const isCut = returned !== 0 && winsock.WSAGetLastError() === WSAEMSGSIZE;
  if (returned !== 0 && !isCut) return -1;
  readMessage(message);
  message.flags &= ~MSG.PEEK;
  if (!isCut) return moved(0);
  // Of data and control messages, it may be the latter alone that were cut short.
  if ((message.flags & (MSG.TRUNC | MSG.CTRUNC)) === MSG.CTRUNC) return moved(0);
  message.flags |= MSG.TRUNC;
  return message.data.reduce((sum, piece) => sum + lengthOf(piece), 0);
}

/**
 * sendmsg(). WSASendMsg() is for control messages alone, since streams have neither them nor
 * addresses.
 */
export function sendMessage(winsock: Winsock, fd: number, message: MessageHeader, flags: number): number {
  const written = writeMessage(message);
  const { buffers, count } = written;
  const { address, control } = message;
  if (control !== null) {
    return moved(winsock.WSASendMsg(fd, written.message, flags, bytesPointer, null, null));
  }
  if (address === null) {
    return moved(winsock.WSASend(fd, buffers, count, bytesPointer, flags, null, null));
  }
  const { pointer, validLength } = address;
  return moved(winsock.WSASendTo(fd, buffers, count, bytesPointer, flags, pointer, validLength, null, null));
}
