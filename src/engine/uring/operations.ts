import { defined } from "../../invariant.ts";

/** Identifies one of an object's operations. */
export type OpTag = number;

/** The target of a ring's completions. */
export interface CompletionTarget {
  /** An operation has completed, or produced one of several results. Must not throw. */
  completed(tag: OpTag, result: number, flags: number): void;
  /**
   * The ring has failed permanently: none of the operations will complete. `errno` is a
   * `ringErrno()`. Must not throw.
   */
  lost(errno: number): void;
}

const TAG_BITS = 3;
const TAGS = (1 << TAG_BITS) - 1;

/**
 * Routes completions to their targets by user_data: the low half is a slot and a tag, the high half
 * the slot's generation. Completions for a target that is gone are dropped, even if the slot was
 * reused.
 */
export class Operations {
  readonly #operating: (CompletionTarget | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];

  /** Adds a target. Returns its slot, for `userData()`. */
  add(operating: CompletionTarget): number {
    const slot = this.#free.pop() ?? this.#operating.length;
    this.#operating[slot] = operating;
    this.#generations[slot] ??= 0;
    return slot;
  }

  /** Removes a target. The slot's next owner gets another generation. */
  remove(slot: number): void {
    this.#operating[slot] = undefined;
    this.#generations[slot] = (this.generation(slot) + 1) | 0;
    this.#free.push(slot);
  }

  /** Tells every target that the ring has failed permanently. */
  lost(errno: number): void {
    for (const operating of [...this.#operating]) operating?.lost(errno);
  }

  generation(slot: number): number {
    return defined(this.#generations[slot], "the slot was given to a target");
  }

  completed(operation: number, generation: number, result: number, flags: number): void {
    const slot = operation >>> TAG_BITS;
    if (this.#generations[slot] !== generation) return;
    this.#operating[slot]?.completed(operation & TAGS, result, flags);
  }
}

/** The low half of user_data. */
export function userData(slot: number, tag: OpTag): number {
  return (slot << TAG_BITS) | tag;
}
