import { defined } from "../invariant.ts";
import { addressOf, type Memory, mapMemory } from "../native/memory.ts";
import type { MessageHeader, ValueResult } from "./system.ts";
import { lengthOf } from "./view.ts";

/**
 * The differences between systems in struct mmsghdr, a struct msghdr and msg_len, on 64-bit
 * machines.
 */
export interface MmsghdrLayout {
  /** The offset of msg_flags. */
  readonly flags: number;
  /** The offset of msg_len, of which only the lower half counts. */
  readonly len: number;
  readonly size: number;
}

export interface MessageHeaders {
  /**
   * Lays out the headers, followed by everything they point to except the data; returns the address
   * of the first.
   *
   * Safety: the headers lie in mapped memory. They point to mapped memory, or to bytes that the
   * caller holds until the call has returned; after that, only `readHeaders` looks at them. A
   * header may remember from an earlier call where its bytes lie: plain memory that is still
   * attached has not moved.
   */
  writeHeaders(messages: readonly MessageHeader[]): bigint;
  /** Reads what a receiving call wrote into the first `count` headers. */
  readHeaders(messages: readonly MessageHeader[], count: number): void;
}

/**
 * struct msghdr on 64-bit machines. On the BSDs, msg_iovlen is an int followed by padding, and
 * msg_controllen a socklen_t followed by msg_flags: writing a size_t before the flags gives the
 * right bytes.
 */
export const MSG = { name: 0, namelen: 8, iov: 16, iovlen: 24, control: 32, controllen: 40 };
/** struct iovec { void *iov_base; size_t iov_len; } */
export const IOV = { base: 0, len: 8, size: 16 };

const none = new Uint8Array(0);

/** Messages in the layout of a system's calls. */
export function messageHeaders(mmsghdr: MmsghdrLayout): MessageHeaders {
  let memory: Memory = mapMemory(4096);
  let start = Number(memory.pointer);
  let words = new Uint32Array(memory.buffer);

  function writeHeaders(messages: readonly MessageHeader[]): bigint {
    let vectors = 0;
    for (const { data } of messages) vectors += data.length;
    reserve(messages.length * mmsghdr.size + vectors * IOV.size);
    let iovec = messages.length * mmsghdr.size;
    let header = 0;
    for (const { address, data, control, locations } of messages) {
      setSize(header + MSG.name, locationOf(address));
      setInt(header + MSG.namelen, address?.length ?? 0);
      setSize(header + MSG.iov, start + iovec);
      setSize(header + MSG.iovlen, data.length);
      setSize(header + MSG.control, locationOf(control));
      setSize(header + MSG.controllen, control?.length ?? 0);
      setInt(header + mmsghdr.flags, 0);
      setInt(header + mmsghdr.len, 0);
      for (let piece = 0; piece < data.length; piece += 1) {
        const bytes = data[piece] ?? none;
        const at = locations?.[piece] ?? locationOfBytes(bytes);
        if (locations !== null) locations[piece] = at;
        setSize(iovec + IOV.base, at);
        setSize(iovec + IOV.len, lengthOf(bytes));
        iovec += IOV.size;
      }
      header += mmsghdr.size;
    }
    return memory.pointer;
  }

  function readHeaders(messages: readonly MessageHeader[], count: number): void {
    for (let index = 0; index < count; index += 1) {
      const message = defined(messages[index], "no more messages are transferred than were passed");
      const header = index * mmsghdr.size;
      if (message.address !== null) message.address.length = getInt(header + MSG.namelen);
      if (message.control !== null) message.control.length = getInt(header + MSG.controllen);
      message.flags = getInt(header + mmsghdr.flags);
      message.bytes = getInt(header + mmsghdr.len);
    }
  }

  const getInt = (offset: number): number => defined(words[offset >> 2], "the headers are within the memory");

  function setInt(offset: number, value: number): void {
    words[offset >> 2] = value;
  }

  /**
   * A size_t or a pointer, as a number: those of a process are below 2^53, and a bigint takes five
   * times as long to write. Storing to a word reduces a number modulo 2^32.
   */
  function setSize(offset: number, size: number): void {
    words[offset >> 2] = size;
    words[(offset >> 2) + 1] = size / 2 ** 32;
  }

  function reserve(size: number): void {
    if (size <= words.byteLength) return;
    // Memory that became too small stays mapped: with doubling, the total stays below twice the
    // largest.
    memory = mapMemory(Math.max(size, words.byteLength * 2));
    start = Number(memory.pointer);
    words = new Uint32Array(memory.buffer);
  }

  return { writeHeaders, readHeaders };
}

function locationOf(value: ValueResult | null): number {
  if (value === null) return 0;
  value.location ??= locationOfBytes(value.bytes);
  return value.location;
}

/** Empty data needs no address. */
const locationOfBytes = (bytes: Uint8Array): number => (lengthOf(bytes) === 0 ? 0 : Number(addressOf(bytes)));
