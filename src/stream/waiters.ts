import { giveUpOn, type WaitOptions } from "./give-up.ts";

interface Waiter<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
  stop: (() => void) | undefined;
}

/** Those who wait for one kind of thing, in the order in which they came; each may give up. */
export class Waiters<Value> {
  readonly #what: string;
  readonly #waiting: Waiter<Value>[] = [];

  /** @param what what they wait for, as the message of a time-out says it: "read()" */
  constructor(what: string) {
    this.#what = what;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** @param begun called once the options are known to be good, and nothing has ended the wait */
  wait(options: WaitOptions | undefined, begun?: () => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<Value> = { resolve, reject, stop: undefined };
      if (options !== undefined) {
        if (options.signal?.aborted) throw options.signal.reason;
        waiter.stop = giveUpOn(this.#what, options, (reason) => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          reject(reason);
        });
      }
      this.#waiting.push(waiter);
      begun?.();
    });
  }

  /** Gives it to the first; false where nobody waits. */
  resolveFirst(value: Value): boolean {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return false;
    waiter.stop?.();
    waiter.resolve(value);
    return true;
  }

  resolveAll(value: Value): void {
    while (this.resolveFirst(value));
  }

  rejectFirst(reason: unknown): boolean {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return false;
    waiter.stop?.();
    waiter.reject(reason);
    return true;
  }

  rejectAll(reason: unknown): void {
    while (this.rejectFirst(reason));
  }
}
