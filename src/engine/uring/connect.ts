import { IORING } from "../../system/linux/io-uring.ts";
import type { ValueResult } from "../../system/value-result.ts";
import type { PendingConnect } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import { CANCEL, CANCEL_ENTRY } from "./handle.ts";
import type { Loop } from "./loop.ts";
import { type CompletionTarget, type OpTag, userData } from "./operations.ts";
import type { PooledBuffer } from "./pooled-buffer.ts";
import { first } from "./ring.ts";

const CONNECT: OpTag = 2;
const CONNECT_ENTRY = first(IORING.OP_CONNECT);

/** Borrows a descriptor until it is connected. */
export class UringConnect implements PendingConnect, CompletionTarget {
  readonly #loop: Loop;
  readonly #slot: number;
  readonly #done: (errno: number) => void;
  readonly #address: PooledBuffer;
  #held = true;
  #ended = false;

  constructor(loop: Loop, fd: number, address: ValueResult, done: (errno: number) => void) {
    this.#loop = loop;
    this.#done = done;
    this.#slot = loop.operations.add(this);
    loop.opened();
    // The kernel copies the address when it takes the entry; until then it stays here.
    const { validLength } = address;
    this.#address = loop.sendMemory.take(validLength);
    this.#address.bytes.set(address.valid);
    const { low, high } = this.#address;
    const { ring, operations, turns } = loop;
    const generation = operations.generation(this.#slot);
    const name = userData(this.#slot, CONNECT);
    ring.prepare(CONNECT_ENTRY, fd, validLength, low, high, 0, 0, name, generation, 0);
    turns.willSubmit();
  }

  ref(): void {
    if (this.#held || this.#ended) return;
    this.#held = true;
    this.#loop.hold();
  }

  unref(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#loop.letGo();
  }

  cancel(): void {
    if (this.#ended) return;
    const { ring, operations, turns } = this.#loop;
    const generation = operations.generation(this.#slot);
    const low = userData(this.#slot, CONNECT);
    ring.prepare(CANCEL_ENTRY, -1, 0, low, generation, 0, 0, userData(this.#slot, CANCEL), generation, 0);
    turns.willSubmit();
  }

  lost(errno: number): void {
    this.completed(CONNECT, errno);
  }

  completed(kind: OpTag, result: number): void {
    if (kind !== CONNECT) return;
    this.#ended = true;
    this.#address.release();
    this.#loop.operations.remove(this.#slot);
    this.unref();
    attempt(this.#done, result);
    this.#loop.closed();
  }
}
