import type { EventTime } from "./script.ts";
import type { Settings } from "./target.ts";

/** When an event is due, in microseconds since the script's start. */
export interface Due {
  readonly from: number;
  readonly to: number | undefined;
  /** The moment that a relative time counts from; 0 for an absolute one. */
  readonly base: number;
  readonly any: boolean;
}

/** How long a packet may be late before the script gives up, and if it may come at any time. */
const PATIENCE = 2_000_000;
const ANY_PATIENCE = 3600_000_000;

/** Relative times, and how exact events must be. */
export class Timing {
  readonly #settings: Settings;
  #last: { readonly from: number; readonly anchored: boolean } | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Scripts begin at 0. */
  readonly started = 0;

  /**
   * When an event is due. Relative times count from the end of the event before; but packets that
   * the script sends in succession count from each other, so that delays do not add up
   * (`anchored`).
   */
  due(time: EventTime, now: number, anchored: boolean): Due {
    const base = anchored && this.#last?.anchored ? this.#last.from : now;
    if (time.kind === "any") return { from: now, to: undefined, base, any: true };
    if (time.kind === "absolute") return { from: time.from, to: time.to, base: 0, any: false };
    return {
      from: base + time.from,
      to: time.to === undefined ? undefined : base + time.to,
      base,
      any: false,
    };
  }

  passed({ from }: Due, anchored: boolean): void {
    this.#last = { from, anchored };
  }

  /** The larger of an absolute and a relative tolerance. */
  tolerance({ from }: Due, since = from - (this.#last?.from ?? from)): number {
    return Math.max(this.#settings.tolerance, (this.#settings.tolerancePercent / 100) * since);
  }

  matches(due: Due, at: number): boolean {
    const tolerance = this.tolerance(due);
    return due.any || (at >= due.from - tolerance && at <= (due.to ?? due.from) + tolerance);
  }

  deadline({ from, to, any }: Due): number {
    return any ? from + ANY_PATIENCE : (to ?? from) + PATIENCE;
  }
}

/** `0.200000 s, but it was 0.350000 s, tolerance 0.004000 s`. */
export function timingText({ from, to }: Due, at: number, tolerance: number): string {
  const seconds = (microseconds: number) => `${(microseconds / 1_000_000).toFixed(6)} s`;
  const due = to === undefined ? seconds(from) : `${seconds(from)} to ${seconds(to)}`;
  const off = at - (at > (to ?? from) ? (to ?? from) : from);
  return `due at ${due}, was at ${seconds(at)} (off by ${seconds(off)}, tolerance ${seconds(tolerance)})`;
}
