import type { ReadableOption } from "../options/option.ts";
import type { System } from "../system/system.ts";

/** The value of an option, for our own questions to a socket; undefined where it cannot be had. */
export function readOption<Get>(system: System, fd: number, option: ReadableOption<Get>): Get | undefined {
  const number = option.numberOn(system);
  if (number === undefined) return undefined;
  system.option.length = option.read.size;
  const returned = system.getsockopt(fd, number.level, number.number, system.option);
  return returned < 0 ? undefined : option.read.decode(system.option, system);
}
