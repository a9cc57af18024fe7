import { defined } from "../invariant.ts";
import type { System } from "../system/system.ts";
import type { ReadableOption } from "./option.ts";

/** The value of an option, for our own questions to a socket; undefined where it cannot be had. */
export function readOption<Get>(system: System, fd: number, option: ReadableOption<Get>): Get | undefined {
  return loadOption(system, fd, option) < 0 ? undefined : option.read.decode(system.option, system);
}

/**
 * Reads an option into `system.option`: 0, or a negative errno, which is -ENOPROTOOPT where the
 * system lacks it.
 */
export function loadOption(system: System, fd: number, option: ReadableOption<unknown>): number {
  const number = option.numberOn(system);
  if (number === undefined) return missing(system);
  system.option.length = option.read.size;
  return system.getsockopt(fd, number.level, number.number, system.option);
}

/** What a call gives for an option that the system lacks. */
export function missing({ errnos }: System): number {
  return -defined(errnos.ENOPROTOOPT, "every system has ENOPROTOOPT");
}
