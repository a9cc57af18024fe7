import type { System } from "../system/system.ts";
import type { ValueResult } from "../system/value-result.ts";
import type { Address } from "./address.ts";
import { decodeAddress } from "./sockaddr.ts";

/** How many addresses are remembered: a power of two. */
const SLOTS = 256;
/** The words of the longest address that is remembered: a sockaddr_in6. */
const WORDS = 7;

/**
 * Decodes the addresses of a socket's senders, and remembers them: those that are equal share one
 * frozen object, since creating one costs more than the rest of receiving a datagram.
 */
export class AddressCache {
  readonly #system: System;
  /** The first word is the length in bytes; 0 in a slot without an address. */
  #keys = new Int32Array(WORDS + 1);
  #addresses: Address[] = [];

  constructor(system: System) {
    this.#system = system;
  }

  decode(value: ValueResult): Address {
    const { length, ints } = value;
    if (length === 0 || length > WORDS << 2) return Object.freeze(decodeAddress(this.#system, value));
    let slot = this.#slotOf(ints, length);
    let found = this.#addresses[slot];
    if (found !== undefined && this.#holds(slot, ints, length)) return found;
    // Most sockets receive from a single peer, which needs one slot.
    if (found !== undefined && this.#addresses.length === 1) {
      this.#keys = new Int32Array(SLOTS * (WORDS + 1));
      this.#addresses = new Array<Address>(SLOTS);
      slot = this.#slotOf(ints, length);
    }
    found = Object.freeze(decodeAddress(this.#system, value));
    this.#addresses[slot] = found;
    this.#keys[slot * (WORDS + 1)] = length;
    for (let word = 0; word < WORDS; word++)
      this.#keys[slot * (WORDS + 1) + 1 + word] = wordOf(ints, word, length);
    return found;
  }

  #slotOf(ints: Int32Array, length: number): number {
    if (this.#addresses.length <= 1) return 0;
    let hash = length;
    for (let word = 0; word << 2 < length; word++)
      hash = Math.imul(hash ^ wordOf(ints, word, length), 0x9e3779b1);
    return (hash >>> 24) & (SLOTS - 1);
  }

  #holds(slot: number, ints: Int32Array, length: number): boolean {
    const keys = this.#keys;
    const at = slot * (WORDS + 1);
    if (keys[at] !== length) return false;
    for (let word = 0; word << 2 < length; word++)
      if (keys[at + 1 + word] !== wordOf(ints, word, length)) return false;
    return true;
  }
}

/** A word of an address of this many bytes; those after the last byte are undefined. */
function wordOf(ints: Int32Array, word: number, length: number): number {
  const value = ints[word] ?? 0;
  const rest = length - (word << 2);
  return rest >= 4 ? value : rest <= 0 ? 0 : value & (0xffffffff >>> ((4 - rest) << 3));
}
