import type { System } from "../system/system.ts";

/** Whether a call was interrupted by a signal before it did anything, so that it is made again. */
export function isInterrupted(system: System, returned: number): boolean {
  return returned < 0 && returned === -(system.errnos.EINTR ?? 0);
}
