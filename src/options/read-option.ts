import { defined } from "../invariant.ts";
import type { System } from "../system/system.ts";
import type { ReadableOption } from "./option.ts";

/** Reads an option for internal use; undefined if it is unavailable. */
export function readOption<Get>(system: System, fd: number, option: ReadableOption<Get>): Get | undefined {
  return loadOption(system, fd, option) < 0 ? undefined : option.read.decode(system.option, system);
}

/**
 * Reads an option into `system.option`: 0, or a negative errno, -ENOPROTOOPT if the system lacks
 * the option.
 */
export function loadOption(system: System, fd: number, option: ReadableOption<unknown>): number {
  const number = option.numberOn(system);
  if (number === undefined) return missing(system);
  system.option.length = Math.min(option.read.size, system.option.capacity);
  return system.getsockopt(fd, number.level, number.number, system.option);
}

/** The result of a call for an option that the system lacks. */
export function missing({ errnos }: System): number {
  return -defined(errnos.ENOPROTOOPT, "every system has ENOPROTOOPT");
}
