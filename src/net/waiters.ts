import type { Clock } from "../clock/clock.ts";
import { onAbort, type WaitOptions } from "./abort.ts";

/** A waiter for a Value, which gets the result of `as`, or the error that `as` throws. */
class Waiter<Value, As> {
  readonly as: (value: Value) => As;
  readonly promised: (as: As) => void;
  readonly reject: (reason: unknown) => void;
  readonly offset: number;
  stop: (() => void) | undefined = undefined;
  next: Waiting<Value> | undefined = undefined;

  constructor(
    as: (value: Value) => As,
    promised: (as: As) => void,
    reject: (reason: unknown) => void,
    offset: number,
  ) {
    this.as = as;
    this.promised = promised;
    this.reject = reject;
    this.offset = offset;
  }

  resolve(value: Value): void {
    let as: As;
    try {
      as = this.as(value);
    } catch (error) {
      this.reject(error);
      return;
    }
    this.promised(as);
  }
}

type Waiting<Value> = Pick<Waiter<Value, unknown>, "resolve" | "reject" | "offset" | "stop" | "next">;

const same = <Value>(value: Value): Value => value;

/**
 * Waiters for one kind of value, in order of arrival; each may leave early. They form a linked
 * list, because an array reserves room for 17 from the start, and usually there is one waiter.
 */
export class Waiters<Value> {
  readonly #what: string;
  #first: Waiting<Value> | undefined;
  #last: Waiting<Value> | undefined;
  #size = 0;

  /** @param what the waiting call, for the timeout's message: "read()" */
  constructor(what: string) {
    this.#what = what;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Waits for a value. `as` converts it for the promise, without another promise.
   *
   * @param clock the clock of a timeout
   * @param offset the offset that resolveUpTo() must reach; never less than that of earlier waiters
   * @param what the call, for the timeout's message, if it is not the usual one
   */
  wait(clock: Clock, options: WaitOptions | undefined): Promise<Value>;
  wait<As>(
    clock: Clock,
    options: WaitOptions | undefined,
    as: (value: Value) => As,
    offset?: number,
    what?: string,
  ): Promise<As>;
  wait(
    clock: Clock,
    options: WaitOptions | undefined,
    as: (value: Value) => unknown = same,
    offset = 0,
    what = this.#what,
  ): Promise<unknown> {
    return options === undefined
      ? this.#wait(as, offset)
      : this.#waitOrGiveUp(clock, as, offset, options, what);
  }

  /** Resolves the first waiter; returns false if there is none. */
  resolveFirst(value: Value): boolean {
    const waiter = this.#shift();
    if (waiter === undefined) return false;
    waiter.resolve(value);
    return true;
  }

  /** Resolves the waiters whose offset is reached. */
  resolveUpTo(offset: number, value: Value): void {
    while (this.#first !== undefined && this.#first.offset <= offset) this.resolveFirst(value);
  }

  resolveAll(value: Value): void {
    while (this.resolveFirst(value));
  }

  rejectFirst(reason: unknown): boolean {
    const waiter = this.#shift();
    if (waiter === undefined) return false;
    waiter.reject(reason);
    return true;
  }

  rejectAll(reason: unknown): void {
    while (this.rejectFirst(reason));
  }

  #wait<As>(as: (value: Value) => As, offset: number): Promise<As> {
    return new Promise((resolve, reject) => this.#push(new Waiter(as, resolve, reject, offset)));
  }

  // Split from its caller, which would otherwise keep the options and the timer alive just as long.
  #waitOrGiveUp<As>(
    clock: Clock,
    as: (value: Value) => As,
    offset: number,
    options: WaitOptions,
    what: string,
  ): Promise<As> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(as, resolve, reject, offset);
      waiter.stop = onAbort(clock, what, options, (reason) => {
        this.#remove(waiter);
        reject(reason);
      });
      this.#push(waiter);
    });
  }

  #push(waiter: Waiting<Value>) {
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.#size++;
  }

  #shift(): Waiting<Value> | undefined {
    const waiter = this.#first;
    if (waiter === undefined) return undefined;
    this.#first = waiter.next;
    if (this.#first === undefined) this.#last = undefined;
    this.#size--;
    waiter.stop?.();
    return waiter;
  }

  #remove(waiter: Waiting<Value>) {
    let before: Waiting<Value> | undefined;
    let each = this.#first;
    while (each !== undefined && each !== waiter) {
      before = each;
      each = each.next;
    }
    if (each === undefined) return;
    if (before === undefined) this.#first = each.next;
    else before.next = each.next;
    if (this.#last === each) this.#last = before;
    this.#size--;
  }
}
