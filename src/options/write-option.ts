import type { System } from "../system/system.ts";
import type { WritableOption } from "./option.ts";
import { missing } from "./read-option.ts";

/**
 * Sets an option for internal use. Returns 0 or a negative errno, -ENOPROTOOPT if the system lacks
 * the option.
 */
export function writeOption<Set>(
  system: System,
  fd: number,
  option: WritableOption<Set>,
  value: Set,
): number {
  const number = option.numberOn(system);
  if (number === undefined) return missing(system);
  option.write.encode(value, system.option, system);
  return system.setsockopt(fd, number.level, number.number, system.option);
}
