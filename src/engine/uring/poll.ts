import { linux } from "../../system/linux/linux.ts";
import type { Direction, PendingPoll } from "../engine.ts";
import { attempt } from "../uncaught.ts";
import type { Loop } from "./loop.ts";
import { HoldingOperation } from "./operation.ts";
import type { OpTag } from "./operations.ts";
import { prepPollAdd } from "./sqe.ts";

const POLL_ADD: OpTag = 2;
const { POLL } = linux.constants;

/** A poll of the uring engine. Borrows the descriptor until it is ready. */
export class UringPoll extends HoldingOperation implements PendingPoll {
  readonly #done: (errno: number) => void;
  #result = 0;

  constructor(loop: Loop, fd: number, direction: Direction, done: (errno: number) => void) {
    super(loop);
    this.#done = done;
    prepPollAdd(this.getSqe(POLL_ADD), { fd, events: direction === "receive" ? POLL.IN : POLL.OUT });
  }

  cancel(): void {
    if (!this.hasEnded) this.cancelAll(POLL_ADD);
  }

  override lost(errno: number): void {
    this.completed(POLL_ADD, errno);
  }

  override completed(tag: OpTag, result: number): void {
    if (tag !== POLL_ADD) return;
    // A result that is not negative is a mask of events.
    this.#result = Math.min(result, 0);
    this.end();
  }

  override runCallbacks(): void {
    attempt(this.#done, this.#result);
  }
}
