import type { System } from "../system/system.ts";

/** Whether a signal interrupted a call before it did anything. */
export function isInterrupted(system: System, returned: number): boolean {
  return returned < 0 && returned === -system.errnos.EINTR;
}
