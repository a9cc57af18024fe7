import { defined } from "../invariant.ts";
import { addressOf, type Memory, mapMemory } from "../native/memory.ts";
import type { MessageHeader, ValueResult } from "./system.ts";
import { lengthOf } from "./view.ts";

/**
 * What differs between systems in struct mmsghdr, which is a struct msghdr and msg_len; on 64-bit
 * machines.
 */
export interface MmsghdrLayout {
  /** Where msg_flags is. */
  readonly flags: number;
  /** Where msg_len is, of which the lower half counts. */
  readonly len: number;
  readonly size: number;
}

export interface MessageHeaders {
  /**
   * Lays out the headers, and behind them what they point to but the bytes themselves; gives the
   * address of the first.
   *
   * Safety: the headers lie in mapped memory. They point to mapped memory, or to bytes that the
   * caller holds until the call has returned; `readHeaders` is the only one who looks at them after
   * that. A header may know from an earlier call where its bytes lie: plain memory that is still
   * attached has not moved.
   */
  writeHeaders(messages: readonly MessageHeader[]): bigint;
  /** Takes what a receiving call wrote into the first `count` headers. */
  readHeaders(messages: readonly MessageHeader[], count: number): void;
}

/**
 * struct msghdr on 64-bit machines. msg_iovlen is an int on the BSDs, with padding behind it, and
 * msg_controllen a socklen_t, with msg_flags behind it: written as a size_t before the flags, they
 * come out right.
 */
export const MSG = { name: 0, namelen: 8, iov: 16, iovlen: 24, control: 32, controllen: 40 };
/** struct iovec { void *iov_base; size_t iov_len; } */
export const IOV = { base: 0, len: 8, size: 16 };

const none = new Uint8Array(0);

/** Messages as a system's calls take them. */
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
   * times as long to write. A word takes what is left of a number modulo 2^32.
   */
  function setSize(offset: number, size: number): void {
    words[offset >> 2] = size;
    words[(offset >> 2) + 1] = size / 2 ** 32;
  }

  function reserve(size: number): void {
    if (size <= words.byteLength) return;
    // What was too small stays mapped: doubling keeps all that was ever mapped below twice the
    // largest.
    memory = mapMemory(Math.max(size, words.byteLength * 2));
    start = Number(memory.pointer);
    words = new Uint32Array(memory.buffer);
  }

  return { writeHeaders, readHeaders };
}

const locationOf = (value: ValueResult | null): number =>
  value === null ? 0 : (value.location ?? locationOfBytes(value.bytes));

/** No bytes lie nowhere. */
const locationOfBytes = (bytes: Uint8Array): number => (lengthOf(bytes) === 0 ? 0 : Number(addressOf(bytes)));
