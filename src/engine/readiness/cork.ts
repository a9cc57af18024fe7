import { defined } from "../../invariant.ts";
import { writeText } from "../write-text.ts";

/** Longer writes get their own call: copying them would cost as much. */
const LONGEST = 4096;
/** How much one sender may gather. */
const SLOT = 16_384;
/** How many senders may gather. */
const SLOTS = 32;

/** A sender whose writes can be corked. */
export interface Sender {
  /** The Cork's number for what it has gathered of it; -1 if there is nothing. */
  corkSlot: number;
  /** Sends the bytes, which are valid only during the call. */
  sendGathered(bytes: Uint8Array): void;
}

/** What is gathered of one sender. */
class Slot {
  sender: Sender | undefined;
  length = 0;
  readonly bytes = new Uint8Array(SLOT);
  #text: Buffer | undefined;
  #corked: Uint8Array = this.bytes.subarray(0, 0);

  /** The same bytes, for strings. */
  get text(): Buffer {
    this.#text ??= Buffer.from(this.bytes.buffer);
    return this.#text;
  }

  /** The gathered bytes, in a view that is used again for the same length. */
  get corked(): Uint8Array {
    if (this.#corked.length !== this.length) this.#corked = this.bytes.subarray(0, this.length);
    return this.#corked;
  }
}

/**
 * Gathers the small writes of handlers until several handlers have returned. Separate calls for a
 * header and a body cost twice as much, and with Nagle's algorithm a round trip. And a peer that
 * waits is woken by what is sent to it, which costs more than the rest of a call: while it handles
 * the first of several responses, the others wake no one.
 */
export class Cork {
  /** The first `#used` of them are in use. */
  readonly #slots: Slot[] = [];
  #used = 0;

  /** Whether the bytes are short enough to be gathered. */
  static takes(length: number): boolean {
    return length <= LONGEST;
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /**
   * Adds a sender's bytes, at most as many as `takes()` allows; first sends everything if they do
   * not fit.
   */
  add(sender: Sender, bytes: Uint8Array, length: number): void {
    const slot = this.#slotFor(sender, length);
    slot.bytes.set(bytes, slot.length);
    slot.length += length;
  }

  /** Adds a string of at most `most` bytes in the same way; returns its length. */
  addText(sender: Sender, text: string, encoding: BufferEncoding, most: number): number {
    const slot = this.#slotFor(sender, most);
    const added = writeText(slot.text, slot.length, most, text, encoding);
    slot.length += added;
    return added;
  }

  /** How many gathered bytes belong to a sender. */
  of({ corkSlot }: Sender): number {
    return corkSlot < 0 ? 0 : this.#slot(corkSlot).length;
  }

  /** Sends the gathered bytes, of each sender in one call. */
  send(): void {
    const used = this.#used;
    if (used === 0) return;
    this.#used = 0;
    for (let index = 0; index < used; index++) {
      const slot = this.#slot(index);
      const { sender, corked } = slot;
      slot.sender = undefined;
      slot.length = 0;
      if (sender === undefined) continue;
      sender.corkSlot = -1;
      if (corked.length > 0) sender.sendGathered(corked);
    }
  }

  /** Drops a sender's gathered bytes. */
  drop(sender: Sender): void {
    if (sender.corkSlot < 0) return;
    this.#slot(sender.corkSlot).sender = undefined;
    sender.corkSlot = -1;
  }

  #slotFor(sender: Sender, length: number): Slot {
    if (sender.corkSlot >= 0) {
      const slot = this.#slot(sender.corkSlot);
      if (slot.length + length <= SLOT) return slot;
      this.send();
    } else if (this.#used === SLOTS) {
      this.send();
    }
    const index = this.#used++;
    this.#slots[index] ??= new Slot();
    const slot = this.#slot(index);
    slot.sender = sender;
    slot.length = 0;
    sender.corkSlot = index;
    return slot;
  }

  #slot(index: number): Slot {
    return defined(this.#slots[index], "the slot was given to a sender");
  }
}
