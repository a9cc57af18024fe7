import type { System } from "../system/system.ts";

/** Takes the socket's pending error, as a negative errno; 0 if there is none. */
export function pendingError(system: System, fd: number): number {
  const { option, options } = system;
  const error = options.SO_ERROR;
  if (error === undefined) return 0;
  option.ints[0] = 0;
  option.length = 4;
  const returned = system.getsockopt(fd, error.level, error.number, option);
  return returned < 0 ? returned : 0 - (option.ints[0] ?? 0);
}
