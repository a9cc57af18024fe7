import { defined } from "../../invariant.ts";
import { writeText } from "../write-text.ts";
import { type OpenSendBatch, SEND_BUFFER, SENDS, type SendBatch } from "./send-batch.ts";

/** Longer writes get their own call: copying them would cost as much as the call. */
const LONGEST = 4096;

/** A sender whose writes can be corked. */
export interface Sender {
  readonly fd: number;
  /** The slot in the Cork that holds this sender's bytes; -1 if there are none. */
  corkSlot: number;
  /** Whether bytes may be sent now: nothing is queued ahead of them. */
  readonly maySend: boolean;
  /** Sends the bytes, which are valid only during the call. */
  sendGathered(bytes: Uint8Array): void;
  /** The bytes were sent with others: `sent` is what send() would have returned. */
  sentGathered(bytes: Uint8Array, sent: number): void;
}

/** The bytes gathered for one sender. */
class Slot {
  sender: Sender | undefined;
  length = 0;
  /** The index of its send in the batch; -1 if it is not in the batch. */
  operation = -1;
  readonly bytes: Uint8Array<ArrayBuffer>;
  #text: Buffer | undefined;
  #corked: Uint8Array;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.#corked = bytes.subarray(0, 0);
  }

  /** The same memory as a Buffer, for strings. */
  get text(): Buffer {
    this.#text ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, SEND_BUFFER);
    return this.#text;
  }

  /** The gathered bytes; the view is reused while the length stays the same. */
  get corked(): Uint8Array {
    if (this.#corked.length !== this.length) this.#corked = this.bytes.subarray(0, this.length);
    return this.#corked;
  }
}

/**
 * Gathers the small writes of handlers until several handlers have returned. Sending a header and a
 * body separately costs twice as much, and with Nagle's algorithm a round trip. Also, each send
 * wakes a waiting peer, which costs more than the rest of the call: if responses are sent together,
 * the peer is still busy with the first when the others arrive, and needs no further wake-up. Where
 * the system can, one call sends them all.
 */
export class Cork {
  readonly #openBatch: OpenSendBatch | undefined;
  #batch: SendBatch | undefined;
  /** Only the first `#used` are in use. */
  readonly #slots: Slot[] = [];
  #used = 0;

  constructor(openBatch: OpenSendBatch | undefined) {
    this.#openBatch = openBatch;
  }

  /** Whether the bytes are short enough to be gathered. */
  static takes(length: number): boolean {
    return length <= LONGEST;
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /**
   * Adds a sender's bytes, no more than `takes()` allows. If they do not fit, sends everything
   * first.
   */
  add(sender: Sender, bytes: Uint8Array, length: number): void {
    const slot = this.#slotFor(sender, length);
    slot.bytes.set(bytes, slot.length);
    slot.length += length;
  }

  /** Adds a string of at most `most` encoded bytes in the same way; returns its length in bytes. */
  addText(sender: Sender, text: string, encoding: BufferEncoding, most: number): number {
    const slot = this.#slotFor(sender, most);
    const added = writeText(slot.text, slot.length, most, text, encoding);
    slot.length += added;
    return added;
  }

  /** Returns the number of bytes gathered for a sender. */
  of({ corkSlot }: Sender): number {
    return corkSlot < 0 ? 0 : this.#slot(corkSlot).length;
  }

  /**
   * Sends the gathered bytes: in one call for all senders if possible, otherwise in one call each.
   */
  send(): void {
    const used = this.#used;
    if (used === 0) return;
    this.#used = 0;
    const made = this.#batch !== undefined && used > 1 ? this.#sendTogether(this.#batch, used) : 0;
    for (let index = 0; index < used; index++) {
      const slot = this.#slot(index);
      const { sender, corked, operation } = slot;
      slot.sender = undefined;
      slot.length = 0;
      slot.operation = -1;
      if (sender === undefined) continue;
      sender.corkSlot = -1;
      if (operation >= 0 && operation < made) sender.sentGathered(corked, this.#result(operation));
      else if (corked.length > 0) sender.sendGathered(corked);
    }
  }

  /** Drops a sender's gathered bytes. */
  drop(sender: Sender): void {
    if (sender.corkSlot < 0) return;
    this.#slot(sender.corkSlot).sender = undefined;
    sender.corkSlot = -1;
  }

  /** Returns how many sends the batch made. */
  #sendTogether(batch: SendBatch, used: number): number {
    let added = 0;
    for (let index = 0; index < used; index++) {
      const slot = this.#slot(index);
      const { sender, length } = slot;
      if (sender === undefined || length === 0 || !sender.maySend) continue;
      slot.operation = added++;
      batch.add(sender.fd, index, length);
    }
    return added === 0 ? 0 : batch.send();
  }

  #result(operation: number): number {
    return defined(this.#batch, "it has made the sends").result(operation);
  }

  #slotFor(sender: Sender, length: number): Slot {
    if (sender.corkSlot >= 0) {
      const slot = this.#slot(sender.corkSlot);
      if (slot.length + length <= SEND_BUFFER) return slot;
      this.send();
    } else if (this.#used === SENDS) {
      this.send();
    }
    const index = this.#used++;
    this.#slots[index] ??= this.#newSlot(index);
    const slot = this.#slot(index);
    slot.sender = sender;
    slot.length = 0;
    sender.corkSlot = index;
    return slot;
  }

  #newSlot(index: number): Slot {
    if (index === 0) this.#batch = this.#openBatch?.();
    return new Slot(this.#batch?.buffer(index) ?? new Uint8Array(SEND_BUFFER));
  }

  #slot(index: number): Slot {
    return defined(this.#slots[index], "the slot was given to a sender");
  }
}
