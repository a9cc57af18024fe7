import type { System } from "../system/system.ts";

/** Whether a call returned EINTR, having done nothing. */
export function isInterrupted(system: System, returned: number): boolean {
  return returned < 0 && returned === -system.errnos.EINTR;
}
