import { defined } from "../../invariant.ts";

/** Which of an object's operations has completed. */
export type OpTag = number;

/** The target of a ring's completions. */
export interface CompletionTarget {
  /** One of its operations has completed, or produced one of several results. Must not throw. */
  completed(tag: OpTag, result: number, flags: number): void;
  /**
   * The ring has failed for good: none of its operations will complete. `errno` is a `ringErrno()`.
   * Must not throw.
   */
  lost(errno: number): void;
}

const TAG_BITS = 3;
const TAGS = (1 << TAG_BITS) - 1;

/**
 * Routes completions by the user_data of their entries: the low half is a slot and a tag, the high
 * half the slot's generation. A completion whose target is gone is dropped, even if the slot was
 * reused.
 */
export class Operations {
  readonly #operating: (CompletionTarget | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];

  /** The number of an object, for `userData()`. */
  add(operating: CompletionTarget): number {
    const slot = this.#free.pop() ?? this.#operating.length;
    this.#operating[slot] = operating;
    this.#generations[slot] ??= 0;
    return slot;
  }

  /** The next owner of the number gets another generation. */
  remove(slot: number): void {
    this.#operating[slot] = undefined;
    this.#generations[slot] = (this.generation(slot) + 1) | 0;
    this.#free.push(slot);
  }

  /** The ring has failed for good. */
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
