import type { SackBlock } from "../ip/packet.ts";
import { NUM_SACKS } from "./constants.ts";
import { after, before, earlier, later, toPacket } from "./sequence.ts";

interface Block {
  left: number;
  right: number;
}

const NO_BLOCKS: Block[] = [];

/**
 * The SACK blocks that a receiver reports (RFC 2018): the one that changed last comes first. A
 * DSACK block, about bytes that arrived twice (RFC 2883), comes before all others, once.
 */
export class SelectiveAcks {
  /** Shared as long as there are none. */
  #blocks = NO_BLOCKS;
  #duplicate: Block | undefined = undefined;
  /**
   * Acknowledgments that were held back, and the duplicate ones sent before, since `rcvNxt` was
   * this: tcp_comp_sack_nr.
   */
  compressed = 0;
  compressedRcvNxt = 0;
  duplicates = 0;

  /** The number of blocks, without the DSACK. */
  get count(): number {
    return this.#blocks.length;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0 && this.#duplicate === undefined;
  }

  /** The number of blocks that the next segment would carry, if there is space. */
  get total(): number {
    return this.#blocks.length + (this.#duplicate === undefined ? 0 : 1);
  }

  /**
   * Bytes arrived out of order: tcp_sack_new_ofo_skb(). Returns the rank of the block that they
   * belong to, before it became the first.
   */
  add(left: number, right: number): number {
    if (this.#blocks === NO_BLOCKS) this.#blocks = [];
    const blocks = this.#blocks;
    for (const [rank, block] of blocks.entries()) {
      if (!extend(block, left, right)) continue;
      if (rank > 0) blocks.unshift(...blocks.splice(rank, 1));
      this.#coalesce();
      return rank;
    }
    const rank = blocks.length;
    if (blocks.length >= NUM_SACKS) blocks.pop();
    blocks.unshift({ left, right });
    return rank;
  }

  /** Merges the first block with those that it touches now: tcp_sack_maybe_coalesce(). */
  #coalesce(): void {
    const [first] = this.#blocks;
    if (first === undefined) return;
    for (let rank = 1; rank < this.#blocks.length; ) {
      const block = this.#blocks[rank];
      if (block === undefined || !extend(first, block.left, block.right)) rank += 1;
      else this.#blocks.splice(rank, 1);
    }
  }

  /** Forgets the blocks that `rcvNxt` has passed: tcp_sack_remove(). */
  removeBefore(rcvNxt: number, queueEmpty: boolean): void {
    const blocks = this.#blocks;
    if (queueEmpty) {
      this.#blocks = NO_BLOCKS;
      return;
    }
    for (let rank = blocks.length - 1; rank >= 0; rank -= 1) {
      const block = blocks[rank];
      if (block !== undefined && !before(rcvNxt, block.left)) blocks.splice(rank, 1);
    }
  }

  /** Bytes arrived a second time. */
  setDuplicate(left: number, right: number): void {
    this.#duplicate = { left, right };
  }

  extendDuplicate(left: number, right: number): void {
    if (this.#duplicate === undefined) this.setDuplicate(left, right);
    else extend(this.#duplicate, left, right);
  }

  /** Whether the highest block ends at a sequence number: a reset there is believed (RFC 5961). */
  endsAt(sequence: number): boolean {
    let highest: number | undefined;
    for (const { right } of this.#blocks) if (highest === undefined || after(right, highest)) highest = right;
    return highest === sequence;
  }

  clear(): void {
    this.#blocks = NO_BLOCKS;
    this.#duplicate = undefined;
  }

  /** The blocks of the next segment, `limit` at most; the DSACK is then spent. */
  take(limit: number): readonly SackBlock[] {
    const taken: SackBlock[] = [];
    if (this.#duplicate !== undefined) {
      taken.push(toSackBlock(this.#duplicate));
      this.#duplicate = undefined;
    }
    for (const block of this.#blocks) {
      if (taken.length >= limit) break;
      taken.push(toSackBlock(block));
    }
    return taken;
  }
}

/** Shared by connections without losses; nothing is ever added to it. */
export const NO_SELECTIVE_ACKS = new SelectiveAcks();

const toSackBlock = ({ left, right }: Block): SackBlock => ({ left: toPacket(left), right: toPacket(right) });

/** Extends a block by one that overlaps or touches it; false if none does. */
function extend(block: Block, left: number, right: number): boolean {
  if (after(left, block.right) || after(block.left, right)) return false;
  block.left = earlier(block.left, left);
  block.right = later(block.right, right);
  return true;
}
