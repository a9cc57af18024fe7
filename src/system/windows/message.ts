import { defined } from "../../invariant.ts";
import type { MessageHeader } from "../system.ts";
import { lengthOf } from "../view.ts";
import { constants } from "./constants.ts";
import type { Winsock } from "./ws2_32.ts";
import { readMessage, writeFlags, writeMessage } from "./wsamsg.ts";

const { MSG } = constants;

/** WSAGetLastError() if a message was longer than its buffer. */
export const WSAEMSGSIZE = 10040;

const bytes = new Uint32Array(1);
const bytesPointer = new Uint8Array(bytes.buffer);
const flagsInOut = new Uint32Array(1);
const flagsPointer = new Uint8Array(flagsInOut.buffer);

/** The result of a call, -1 on failure; and how many bytes it moved. */
const moved = (returned: number): number => (returned === 0 ? defined(bytes[0], "the count is one int") : -1);

/**
 * recvmsg() for a stream, which WSARecvMsg() does not support: there is no address, and no control
 * message.
 */
export function receiveStream(winsock: Winsock, fd: number, message: MessageHeader, flags: number): number {
  const { buffers, count } = writeMessage(message);
  flagsInOut[0] = flags;
  const returned = winsock.WSARecv(fd, buffers, count, bytesPointer, flagsPointer, null, null);
  if (returned !== 0) return -1;
  if (message.address !== null) message.address.length = 0;
  if (message.control !== null) message.control.length = 0;
  // POSIX reports out-of-band data to the receiver; Winsock's flags do not.
  message.flags = flags & MSG.OOB;
  return moved(returned);
}

/**
 * recvmsg() for other sockets. A message longer than the buffer fails with WSAEMSGSIZE, but is
 * received all the same.
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
  // Possibly only the control messages were truncated, and not the data.
  if ((message.flags & (MSG.TRUNC | MSG.CTRUNC)) === MSG.CTRUNC) return moved(0);
  message.flags |= MSG.TRUNC;
  return message.data.reduce((sum, piece) => sum + lengthOf(piece), 0);
}

/**
 * sendmsg(). WSASendMsg() is only needed for control messages, since streams have neither those nor
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
