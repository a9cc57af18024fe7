import { int } from "../options/codecs.ts";
import { readOnly } from "../options/option.ts";
import { loadOption } from "../options/read-option.ts";
import type { System } from "../system/system.ts";

/** For programs, the option SO.ERROR returns an Error instead of a number. */
const errno = readOnly("SO_ERROR", int);

/** Fetches and clears the socket's pending error: a negative errno, or 0 if there is none. */
export function pendingError(system: System, fd: number): number {
  const returned = loadOption(system, fd, errno);
  // Not a unary minus, which would turn 0 into -0.
  return returned < 0 ? returned : 0 - errno.read.decode(system.option, system);
}
