import type { Engine } from "../../src/engine/engine.ts";
import { Loop } from "../../src/engine/uring/loop.ts";
import { type Completed, Ring } from "../../src/engine/uring/ring.ts";
import { setupRing } from "../../src/engine/uring/ring-setup.ts";
import { prepNop } from "../../src/engine/uring/sqe.ts";
import { IORING } from "../../src/system/linux/io-uring.ts";
import { engineOn } from "./own-loop.ts";

/** The operations that can be made to fail, by the opcode of an entry. */
const calls: ReadonlyMap<number, Parameters<Decide>[0]> = new Map([
  [IORING.OP_ACCEPT, "accept"],
  [IORING.OP_CONNECT, "connect"],
  [IORING.OP_RECV, "recv"],
  [IORING.OP_SEND, "send"],
  [IORING.OP_SENDMSG, "send"],
] as const satisfies [number, Parameters<Decide>[0]][]);

/**
 * The negative errno that an operation should fail with; undefined to let the kernel carry it out.
 */
type Decide = (call: "accept" | "connect" | "recv" | "send") => number | undefined;

/**
 * A real ring in which operations fail as a test says: they do nothing, and their completion has
 * the errno.
 */
export class FailingRing extends Ring {
  readonly #decide: Decide;
  /** The results of operations, by both halves of their user_data. */
  readonly #failing = new Map<string, number>();
  /** How many of the unsubmitted entries have been decided. */
  #decided = 0;

  private constructor(decide: Decide) {
    super(setupRing());
    this.#decide = decide;
  }

  /** An engine of this thread on such a ring. */
  static engine(decide: Decide): Engine {
    return engineOn(new Loop(new FailingRing(decide)));
  }

  /** Before the kernel gets the entries, those that should fail are made to do nothing. */
  override submit(): void {
    let index = 0;
    for (const sqe of this.unsubmittedEntries()) {
      if (index++ < this.#decided) continue;
      const call = calls.get(sqe.opcode);
      const errno = call === undefined ? undefined : this.#decide(call);
      if (errno === undefined) continue;
      this.#failing.set(`${sqe.userDataLow} ${sqe.userDataHigh}`, errno);
      prepNop(sqe);
    }
    super.submit();
    // Entries left by a temporary failure have been decided.
    this.#decided = this.unsubmitted;
  }

  override peek(operation: number, generation: number): number | undefined {
    const result = super.peek(operation, generation);
    return result === undefined ? undefined : (this.#failing.get(`${operation} ${generation}`) ?? result);
  }

  override reap(completed: Completed, most: number): void {
    super.reap((operation, generation, result, flags) => {
      const name = `${operation} ${generation}`;
      const errno = this.#failing.get(name);
      this.#failing.delete(name);
      completed(operation, generation, errno ?? result, flags);
    }, most);
  }
}
