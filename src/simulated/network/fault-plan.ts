/** The maximum number of faults to remember; a longer list would not be useful. */
const MOST_REMEMBERED = 10_000;

/**
 * Which faults happen. A run keeps a list of its faults: packets that a link lost, duplicated,
 * reordered or damaged, and the partitions, holds, crashes and pauses that a program asked for. A
 * later run of the same seed may be given a part of that list; the other faults then do not happen,
 * which shows which ones matter.
 */
export class FaultPlan {
  readonly #only: ReadonlySet<string> | undefined;
  readonly #happened: string[] = [];
  readonly #counts = new Map<string, number>();

  /** @param only the faults that may happen; all, if undefined */
  constructor(only?: readonly string[]) {
    this.#only = only === undefined ? undefined : new Set(only);
  }

  /** The faults so far, in order; undefined if there were too many. */
  get happened(): readonly string[] | undefined {
    return this.#happened.length < MOST_REMEMBERED ? this.#happened : undefined;
  }

  /** Whether a fault is to happen; if so, it is in the list from now on. */
  allows(fault: string): boolean {
    if (this.#only?.has(fault) === false) return false;
    if (this.#happened.length < MOST_REMEMBERED) this.#happened.push(fault);
    return true;
  }

  /** The same for faults that a program asks for, which are numbered: "crash server 2". */
  allowsNext(what: string): boolean {
    const number = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, number);
    return this.allows(`${what} ${number}`);
  }
}
