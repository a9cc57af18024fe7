import { addressOf, type Memory, mapMemory } from "../../native/memory.ts";
import type { MessageHeader, ValueResult } from "../system.ts";
import { lengthOf } from "../view.ts";

// WSAMSG is { LPSOCKADDR name; INT namelen; LPWSABUF lpBuffers; ULONG dwBufferCount; WSABUF
// Control; ULONG dwFlags }, and WSABUF { ULONG len; CHAR *buf } (ws2def.h), with 64-bit pointers.
const MSG = { name: 0, namelen: 8, buffers: 16, count: 24, control: 32, flags: 48, size: 56 };
const BUF = { len: 0, buf: 8, size: 16 };

let memory: Memory = mapMemory(4096);
let view = new DataView(memory.buffer);

/**
 * Where a message lies: its WSAMSG, and separately its WSABUFs, which WSARecv(), WSASend() and
 * WSASendTo() take.
 */
export interface Written {
  readonly message: bigint;
  readonly buffers: bigint;
  readonly count: number;
}

/**
 * Lays out a message.
 *
 * Safety: it lies in mapped memory. It points to mapped memory, or to bytes that the caller holds
 * until the call has returned; after that, only `readMessage` looks at it.
 */
export function writeMessage({ address, data, control }: MessageHeader): Written {
  reserve(MSG.size + data.length * BUF.size);
  const buffers = memory.pointer + BigInt(MSG.size);
  view.setBigUint64(MSG.name, locationOf(address), true);
  view.setInt32(MSG.namelen, address?.length ?? 0, true);
  view.setBigUint64(MSG.buffers, buffers, true);
  view.setUint32(MSG.count, data.length, true);
  view.setUint32(MSG.control + BUF.len, control?.length ?? 0, true);
  view.setBigUint64(MSG.control + BUF.buf, locationOf(control), true);
  view.setUint32(MSG.flags, 0, true);
  for (const [index, bytes] of data.entries()) {
    const at = MSG.size + index * BUF.size;
    view.setUint32(at + BUF.len, lengthOf(bytes), true);
    view.setBigUint64(at + BUF.buf, locationOfBytes(bytes), true);
  }
  return { message: memory.pointer, buffers, count: data.length };
}

/** Passes WSARecvMsg() its flags, which are in the message. */
export function writeFlags(flags: number): void {
  view.setUint32(MSG.flags, flags, true);
}

/** Reads what WSARecvMsg() wrote. */
export function readMessage(message: MessageHeader): void {
  if (message.address !== null) message.address.length = view.getInt32(MSG.namelen, true);
  if (message.control !== null) message.control.length = view.getUint32(MSG.control + BUF.len, true);
  message.flags = view.getUint32(MSG.flags, true);
}

function reserve(size: number): void {
  if (size <= memory.buffer.byteLength) return;
  // Memory that became too small stays mapped: with doubling, the total stays below twice the
  // largest.
  memory = mapMemory(Math.max(size, memory.buffer.byteLength * 2));
  view = new DataView(memory.buffer);
}

function locationOf(value: ValueResult | null): bigint {
  if (value === null) return 0n;
  return value.location === undefined ? locationOfBytes(value.bytes) : BigInt(value.location);
}

/** Empty data needs no address. */
const locationOfBytes = (bytes: Uint8Array): bigint => (lengthOf(bytes) === 0 ? 0n : addressOf(bytes));
