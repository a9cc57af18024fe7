// Finds the faults of a failing run that matter, by running it again without some of them: the
// delta debugging of Zeller and Hildebrandt (ddmin). Not fast-check: that shrinks values which it
// drew itself, whereas these faults are drawn while a program runs, by its links and by itself.

/** The limits of the search. */
export interface ShrinkLimits {
  readonly runs: number;
  /** Whether the time is up. */
  readonly expired: () => boolean;
}

/**
 * Returns a part of `faults` with which a run still fails, and without any one of which it does
 * not, unless a limit ends the search before.
 *
 * @param fails whether a run in which only these faults may happen fails in the same way
 */
export async function shrinkFaults(
  faults: readonly string[],
  fails: (some: readonly string[]) => Promise<boolean>,
  { runs, expired }: ShrinkLimits,
): Promise<readonly string[]> {
  let left = runs;
  const stillFails = (some: readonly string[]): Promise<boolean> => {
    left -= 1;
    return fails(some);
  };
  const mayGoOn = (): boolean => left > 0 && !expired();
  if (faults.length === 0 || !mayGoOn()) return faults;
  if (await stillFails([])) return [];
  let present = faults;
  for (let parts = 2; present.length > 1 && mayGoOn(); ) {
    const size = Math.ceil(present.length / parts);
    let smaller: readonly string[] | undefined;
    for (let from = 0; from < present.length && smaller === undefined && mayGoOn(); from += size) {
      const rest = [...present.slice(0, from), ...present.slice(from + size)];
      if (await stillFails(rest)) smaller = rest;
    }
    if (smaller !== undefined) {
      present = smaller;
      parts = Math.max(parts - 1, 2);
    } else {
      if (size === 1) break;
      parts = Math.min(parts * 2, present.length);
    }
  }
  return present;
}
