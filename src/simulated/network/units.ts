import { MICROSECOND, MILLISECOND, SECOND } from "../clock/virtual-clock.ts";

/**
 * A time: `"20ms"`, `"1.5s"`, `"2min"`, `"1h"`, `"1d"`, `"10us"`, `"5ns"`; a number is
 * milliseconds.
 */
export type Duration = number | `${number}${"ns" | "us" | "ms" | "s" | "min" | "h" | "d"}`;

/** Bits per second: `"10Mbit/s"`, `"56kbit/s"`, `"1Gbit/s"`, `"9600bit/s"`, or a number. */
export type Rate = number | `${number}${"" | "k" | "M" | "G"}bit/s`;

const units: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", MICROSECOND],
  ["ms", MILLISECOND],
  ["s", SECOND],
  ["min", 60 * SECOND],
  ["h", 3_600 * SECOND],
  ["d", 86_400 * SECOND],
]);

/**
 * A time in nanoseconds.
 *
 * @param what the option, for a message
 * @throws RangeError if it is negative or no time
 */
export function nanoseconds(duration: Duration, what: string): number {
  const [number, unit] =
    typeof duration === "number"
      ? [duration, MILLISECOND]
      : split(duration, /^(\d+(?:\.\d+)?(?:e\d+)?)\s*(ns|us|ms|s|min|h|d)$/, units);
  const total = Math.round(number * unit);
  if (!(total >= 0))
    throw new RangeError(`${what} must be a time such as "20ms" or 20, not ${show(duration)}`);
  return total;
}

const prefixes: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
]);

/**
 * A rate in bits per second.
 *
 * @throws RangeError if it is not positive or no rate
 */
export function bitsPerSecond(rate: Rate, what: string): number {
  const [number, unit] =
    typeof rate === "number" ? [rate, 1] : split(rate, /^(\d+(?:\.\d+)?)\s*([kMG]?)bit\/s$/, prefixes);
  const total = number * unit;
  if (!(total > 0)) throw new RangeError(`${what} must be a rate such as "10Mbit/s", not ${show(rate)}`);
  return total;
}

/** NaN if the text does not match. */
function split(text: string, pattern: RegExp, known: ReadonlyMap<string, number>): readonly [number, number] {
  const match = pattern.exec(text);
  return [Number(match?.[1] ?? Number.NaN), known.get(match?.[2] ?? "") ?? Number.NaN];
}

const show = (value: unknown): string => (typeof value === "string" ? `"${value}"` : String(value));

/** A time for people: `1.5 s`. */
export function formatTime(at: number): string {
  if (at >= SECOND) return `${trim(at / SECOND)} s`;
  if (at >= MILLISECOND) return `${trim(at / MILLISECOND)} ms`;
  return at >= MICROSECOND ? `${trim(at / MICROSECOND)} us` : `${at} ns`;
}

const trim = (value: number): string => String(Number(value.toFixed(6)));
