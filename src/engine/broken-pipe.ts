import type { System } from "../system/system.ts";

/**
 * What a failed send means: EPIPE may come after an error that an earlier call has taken and lost.
 */
export function causeOfFailedSend(system: System, fd: number, errno: number): number {
  return (system.errnoName(-errno) === "EPIPE" && system.lostError?.(fd)) || errno;
}
