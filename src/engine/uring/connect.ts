import type { ValueResult } from "../../system/value-result.ts";
import type { PendingConnect } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import type { Loop } from "./loop.ts";
import { HoldingOperation } from "./operation.ts";
import type { OpTag } from "./operations.ts";
import type { PooledBuffer } from "./pooled-buffer.ts";
import { prepConnect } from "./sqe.ts";

const CONNECT: OpTag = 2;

/** A connect() of the uring engine. Borrows the descriptor until it is connected. */
export class UringConnect extends HoldingOperation implements PendingConnect {
  readonly #done: (errno: number) => void;
  readonly #address: PooledBuffer;
  #result = 0;

  constructor(loop: Loop, fd: number, address: ValueResult, done: (errno: number) => void) {
    // The address must stay in memory until the kernel takes the entry, and copies it.
    const { validLength: length } = address;
    const buffer = loop.sendMemory.take(length);
    buffer.bytes.set(address.valid);
    super(loop);
    this.#done = done;
    this.#address = buffer;
    prepConnect(this.getSqe(CONNECT), { fd, address: buffer, length });
  }

  cancel(): void {
    if (!this.hasEnded) this.cancelAll(CONNECT);
  }

  override lost(errno: number): void {
    this.completed(CONNECT, errno);
  }

  override completed(tag: OpTag, result: number): void {
    if (tag !== CONNECT) return;
    this.#result = result;
    this.#address.release();
    this.end();
  }

  override runCallbacks(): void {
    attempt(this.#done, this.#result);
  }
}
