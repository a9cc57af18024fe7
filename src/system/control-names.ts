import type { OptionNumber } from "./system.ts";

/**
 * Finds the C name of a control message by its level and number; undefined if it is not in the
 * table. `received` has the names of those that cannot be sent.
 */
export function controlNames(
  controls: Readonly<Record<string, OptionNumber>>,
  received: readonly (readonly [OptionNumber, string])[] = [],
): (level: number, number: number) => string | undefined {
  const sent = Object.entries(controls).map(([name, where]) => [where, name] as const);
  const names = new Map(
    [...sent, ...received].map(([where, name]) => [key(where.level, where.number), name]),
  );
  return (level, number) => names.get(key(level, number));
}

const key = (level: number, number: number): number => level * 2 ** 32 + number;
